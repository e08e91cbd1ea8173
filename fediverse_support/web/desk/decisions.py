"""One decision explained: by which rules, on which facts, what became of it, and what would be said today."""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from fediverse_support.core.errors import Missing
from fediverse_support.database import decisions, policy_benches, policy_versions
from fediverse_support.database.decisions import Decided
from fediverse_support.database.policy_benches import Became
from fediverse_support.moderation import explaining
from fediverse_support.moderation.explaining import Explained, Matched
from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.document import INSTANCE
from fediverse_support.policy.replay import worded
from fediverse_support.policy.scopes import GROUP
from fediverse_support.web.desk import arrival_words, rule_words, sheets, traffic, tries
from fediverse_support.web.desk.benches import Bench, both
from fediverse_support.web.desk.overview import number_in
from fediverse_support.web.desk.sheets import render
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

LONGEST_WORDS = 5_000
HOLDS: dict[str, str] = {
    "waiting": N_("It waits for a moderator."),
    "returned": N_("Its author was asked to change it."),
    "accepted": N_("A moderator has let it in."),
    "amended": N_("A moderator has changed something about it and let it in."),
    "refused": N_("A moderator has not let it in."),
    "withdrawn": N_("Its author has taken it back."),
}
POSTS: dict[str, str] = {
    "live": N_("It is shown."),
    "held": N_("It is held: only its author and moderators see it."),
    "hidden": N_("It is hidden."),
    "deleted": N_("It was deleted."),
}
NOT_KEPT = N_("It did not come in. Nothing of it is kept but this record.")
DONE = N_("It was processed, and left no post here.")


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy in force would say."""

    is_same: bool
    outcome: str
    words: str
    reason: str
    rules: tuple[str, ...]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that matched; `url` leads to it where it is still on this bench."""

    name: str
    sentence: str
    url: str


async def show(visit: Visit, bench: Bench) -> Response:
    """One decision. In a group only those about what was for it; of others there is nothing."""
    decided = await decisions.by_id(visit.db, number_in(visit))
    if decided is None or (bench.group is not None and decided.group_name != bench.name):
        raise Missing
    explained = await explaining.explain(visit.db, decided, visit.services.policy(), visit.text)
    became = await policy_benches.became(visit.db, decided)
    return render(
        visit,
        bench,
        "desk/decision.html",
        decided=decided,
        title=arrival_words.kind_of(visit, decided.activity_type),
        outcome=visit.text(rule_words.OUTCOMES.get(decided.outcome, decided.outcome)),
        amendments=traffic.amended(visit, decided),
        matched=await _rules(visit, bench, explained.rules),
        has_version=await _has_version(visit, bench, decided.policy_version),
        today=_today(visit, explained),
        words_gone=explained.without_words,
        became=_became(visit, decided, became),
        post_url=_post_url(bench, became),
        hold_url=f"{bench.base}/holds/{became.hold_id}" if became.hold_state == "waiting" else "",
        facts=arrival_words.facts(visit, explained.arrival) if explained.arrival else [],
        words=_words(bench, decided, explained.arrival),
    )


async def _rules(visit: Visit, bench: Bench, matched: tuple[Matched, ...]) -> list[Rule]:
    sheet = await sheets.sheet_of(visit, bench)
    numbers = {f"{rule.scope}: {rule.name}": number for number, rule in enumerate(sheet.rules, 1)}
    return [Rule(name=one.name, sentence=one.sentence, url=_url(bench, one.name, numbers)) for one in matched]


def _url(bench: Bench, name: str, numbers: Mapping[str, int]) -> str:
    """Where what matched can be changed: a rule of this bench; at the desk, a server or a group too."""
    if name in numbers:
        return f"{bench.policy}/rules/{numbers[name]}"
    kind, _, rest = name.partition(" ")
    if bench.group is not None:
        return ""
    if kind in ("domain", "allow-list:"):
        return f"/desk/domains/look-up?domain={quote(rest.partition(':')[0])}"
    if kind.startswith(GROUP):
        return f"/groups/{quote(kind.removeprefix(GROUP).removesuffix(':'))}/policy"
    return ""


async def _has_version(visit: Visit, bench: Bench, number: int) -> bool:
    version = await policy_versions.by_number(visit.db, number)
    return version is not None and bench.scope in (INSTANCE, version.scope)


def _today(visit: Visit, explained: Explained) -> Today | None:
    if explained.today is None:
        return None
    then, now = explained.decided, explained.today
    is_same = then.outcome == now.outcome.word and set(then.amendments) == now.amendments
    return Today(
        is_same=is_same,
        outcome=now.outcome.word,
        words=tries.told(visit, worded(now)),
        reason=now.reason,
        rules=now.rules,
    )


def _became(visit: Visit, decided: Decided, became: Became) -> str:
    if became.hold_state in HOLDS:
        return visit.text(HOLDS[became.hold_state])
    if decided.outcome in ("refuse", "block"):
        return visit.text(NOT_KEPT)
    if became.post_state in POSTS:
        return visit.text(POSTS[became.post_state])
    return visit.text(DONE)


def _post_url(bench: Bench, became: Became) -> str:
    if became.post_id is None or became.public_id is None or became.post_state in (None, "deleted"):
        return ""
    return traffic.post_url(bench, became.post_id, became.public_id, became.post_state)


def _words(bench: Bench, decided: Decided, arrival: Arrival | None) -> str:
    """The words, but for what was written to single people: those are no moderator's business."""
    if not decided.words or arrival is None or (arrival.visibility == "direct" and not arrival.group):
        return ""
    return decided.words[:LONGEST_WORDS]


ROUTES: list[Route] = both("/decisions/{id}", show)

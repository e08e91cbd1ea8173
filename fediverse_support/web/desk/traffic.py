"""What came and what was decided: everything at the desk, what was for it in each group; with filters."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from fediverse_support.core import clock
from fediverse_support.database import decisions, policy_benches
from fediverse_support.database.decisions import Decided, Wanted
from fediverse_support.database.policy_benches import Found
from fediverse_support.policy import sentences
from fediverse_support.web.desk import rule_words
from fediverse_support.web.desk.arrival_words import KINDS, kind_of
from fediverse_support.web.desk.benches import Bench, both
from fediverse_support.web.desk.sheets import render
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

AT_ONCE = 50
SPANS = (("1", N_("a day")), ("7", N_("7 days")), ("30", N_("30 days")))
_LONGEST = {"host": 260, "outcome": 10, "kind": 60, "group": 60, "rule": 300, "actor": 2048, "days": 2}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One decision, as the list shows it."""

    id: int
    outcome: str
    words: str
    what: str
    at: datetime
    actor: str
    group: str
    reason: str
    rules: tuple[str, ...]
    amendments: tuple[str, ...]
    post_url: str


async def show(visit: Visit, bench: Bench) -> Response:
    """A page of decisions, the newest first."""
    query = visit.request.query_params
    asked = {name: query.get(name, "").strip()[:longest] for name, longest in _LONGEST.items()}
    asked["host"] = asked["host"].lower()
    if bench.group is not None:
        asked["group"] = ""
    before, after = _number(query.get("before", "")), _number(query.get("after", ""))
    found, is_older, is_newer = await _found(visit, bench, asked, before, after)
    here = await policy_benches.posts_here(visit.db, [one.object_uri for one in found if one.object_uri])
    return render(
        visit,
        bench,
        "desk/arrivals.html",
        lines=[_line(visit, bench, one, here.get(one.object_uri)) for one in found],
        asked=asked,
        is_filtered=any(asked.values()),
        older=_address(visit, asked, "before", found[-1].id) if is_older else "",
        newer=_address(visit, asked, "after", found[0].id) if is_newer else "",
        outcomes=[(word, visit.text(said)) for word, said in rule_words.OUTCOMES.items()],
        kinds=[(kind, visit.text(said)) for kind, said in KINDS.items()],
        spans=[("", visit.text(N_("all that is kept"))), *((days, visit.text(said)) for days, said in SPANS)],
    )


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else None


async def _found(
    visit: Visit, bench: Bench, asked: Mapping[str, str], before: int | None, after: int | None
) -> tuple[list[Decided], bool, bool]:
    """A page of decisions, and whether there are older and newer ones."""
    wanted = Wanted(
        host=asked["host"],
        outcome=asked["outcome"],
        kind=asked["kind"],
        group=bench.name or asked["group"],
        rule=_whole_name(bench, asked["rule"]),
        actor=asked["actor"],
        since=clock.now() - timedelta(days=int(asked["days"])) if asked["days"] in dict(SPANS) else None,
        before=before,
        limit=AT_ONCE + 1,
    )
    if after is None:
        found = await decisions.traffic(visit.db, wanted)
        return found[:AT_ONCE], len(found) > AT_ONCE, before is not None
    found = await policy_benches.newer(visit.db, wanted, after)
    return found[-AT_ONCE:], True, len(found) > AT_ONCE


def _whole_name(bench: Bench, given: str) -> str:
    """The name of a rule as decisions have it; what was typed without its scope is one of this bench."""
    is_whole = given.startswith(("instance: ", "group:", "domain ", "allow-list: "))
    return f"{bench.scope}: {given}" if given and not is_whole else given


def _address(visit: Visit, asked: Mapping[str, str], way: str, number: int) -> str:
    fields = {name: value for name, value in asked.items() if value}
    return f"{visit.request.url.path}?{urlencode({**fields, way: number})}"


def _line(visit: Visit, bench: Bench, decided: Decided, post: Found | None) -> Line:
    return Line(
        id=decided.id,
        outcome=decided.outcome,
        words=visit.text(rule_words.OUTCOMES.get(decided.outcome, decided.outcome)),
        what=kind_of(visit, decided.activity_type),
        at=decided.decided_at,
        actor=decided.actor_uri,
        group=decided.group_name,
        reason=decided.reason,
        rules=tuple(bench.called(rule) for rule in decided.rules),
        amendments=amended(visit, decided),
        post_url=post_url(bench, post.id, post.public_id, post.state) if post else "",
    )


def amended(visit: Visit, decided: Decided) -> tuple[str, ...]:
    """What was changed about it, in words."""
    if decided.outcome not in ("accept", "hold") or not decided.amendments:
        return ()
    return (sentences.of_amendments(decided.amendments, visit.text),)


def post_url(bench: Bench, number: int, public_id: str, state: str) -> str:
    """Where a post can be seen from this bench; who looks after a group sees there what is shown."""
    if bench.group is None:
        return f"/desk/posts/{number}"
    return f"/posts/{public_id}" if state == "live" else ""


ROUTES: list[Route] = both("/arrivals", show)

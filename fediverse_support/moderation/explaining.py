"""Why something was decided as it was: the rules as sentences, and what would be decided about it today."""

from collections.abc import Callable

import msgspec

from fediverse_support.core.models import LEVELS
from fediverse_support.database import policy_versions
from fediverse_support.database.decisions import Decided
from fediverse_support.database.pool import Connection
from fediverse_support.policy import sentences
from fediverse_support.policy.arrivals import Arrival, of_facts
from fediverse_support.policy.decisions import Decision
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import Policy, judge
from fediverse_support.policy.levels import level_of
from fediverse_support.policy.replay import asks_for_words

_DOMAIN = "domain "


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that matched. `rule` is its text in the version that decided; None for the ladder."""

    name: str
    sentence: str
    rule: RuleText | None


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with its reasons.

    `arrival`: the facts; None where they are of a form that is not read any more. `today`: what the policy in
    force would decide about them. `without_words`: the words are gone, and a rule of today asks for words.
    """

    decided: Decided
    rules: tuple[Matched, ...]
    arrival: Arrival | None
    today: Decision | None
    without_words: bool


async def explain(
    db: Connection, decided: Decided, policy: Policy, translate: Callable[[str], str] = str
) -> Explained:
    """What stands behind a decision. `policy` is the one in force, `translate` makes the sentences."""
    document = await policy_versions.document(db, decided.policy_version)
    in_force = await policy_versions.document(db)
    arrival = _arrival(decided)
    return Explained(
        decided=decided,
        rules=tuple(_matched(name, document, translate) for name in decided.rules),
        arrival=arrival,
        today=None if arrival is None else judge(policy, arrival),
        without_words=_lacks_words(arrival) and asks_for_words(in_force),
    )


def _arrival(decided: Decided) -> Arrival | None:
    try:
        return of_facts(decided.facts, decided.words)
    except msgspec.ValidationError:
        return None


def _lacks_words(arrival: Arrival | None) -> bool:
    return arrival is not None and arrival.length > 0 and not arrival.text


def _matched(name: str, document: Document, translate: Callable[[str], str]) -> Matched:
    rule = next((one for one in document.rules if f"{one.scope}: {one.name}" == name), None)
    if rule is not None:
        return Matched(name=name, sentence=sentences.of_rule(rule, translate), rule=rule)
    return Matched(name=name, sentence=_of_ladder(name, translate), rule=None)


def _of_ladder(name: str, translate: Callable[[str], str]) -> str:
    """The sentence for `domain NAME: LEVEL`; empty for what is neither a rule nor a level."""
    word = name.rpartition(": ")[2]
    if not name.startswith(_DOMAIN) or word not in (*LEVELS, "no-media", "no-reports"):
        return ""
    text = level_of(word)
    return sentences.of_level(text.level, text.no_media, text.no_reports, translate)

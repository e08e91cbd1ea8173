"""The ladder in words: what a level is called, where it comes from, and why it and nothing else holds."""

from collections.abc import Mapping, Sequence

import msgspec

from fediverse_support.core.models import LEVELS, Level
from fediverse_support.database import domain_lists, domains
from fediverse_support.database.domain_lists import Statement
from fediverse_support.database.pool import Connection
from fediverse_support.policy import sentences
from fediverse_support.policy.document import DomainText, Mode
from fediverse_support.policy.precedence import ALLOWS, Effective, nearest
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

SHOWN = (
    ("open", N_("in full")),
    ("partly", N_("in part, so that it cannot be found by searching")),
    ("hidden", N_("only as one of a number")),
)
"""How the public page names a domain."""

_NOTHING = N_("Nothing is said about this server, so it is met with the usual care.")
_NOT_LISTED = N_("Only servers on the list are let in, and this one is not on it.")
_NOT_ADMITTED = N_("But only servers on the list are let in, and nothing puts this one on it.")
_ABOVE = N_("Nothing is said about this name itself. What is said about %(name)s holds for all below it.")
_BY_HAND = N_("It was set by hand.")
_BEFORE_LISTS = N_("It was set by hand, and that goes before every list.")
_EXCLUDED = N_("No list may say anything about %(name)s.")
_ONLY_LIST = N_("Only the list %(list)s speaks of it.")
_HIGHER = N_("The list %(list)s goes before the others: its priority is %(priority)s.")
_TOGETHER = N_("Lists that count together agree on it; %(list)s is one of them.")
_MILDER = N_("Several lists of the same priority speak of it. Letting in goes before blocking.")
_MORE_SEVERE = N_("Several lists of the same priority speak of it. The most severe counts.")


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """All that speaks of one domain: what holds, what was set by hand, what lists say, what shields it."""

    name: str
    mode: Mode
    holds: Effective | None
    by_hand: Mapping[str, DomainText]
    said: Sequence[Statement]
    excluded: str | None
    lists: Mapping[int, str]

    @property
    def level(self) -> Level:
        """The level that counts, the way to let in included."""
        if self.mode == "allow-list" and (self.holds is None or not self.holds.admits):
            return "blocked"
        return self.holds.level if self.holds else "default"

    @property
    def entry(self) -> DomainText | None:
        """What was set by hand for this very name."""
        return self.by_hand.get(self.name)


async def known(db: Connection, name: str) -> Known:
    """Everything that is said about a domain."""
    found = await domains.effective(db, [name])
    above = nearest(name, found)
    excludes = {one.domain for one in await domains.excludes(db)}
    names = [name, *_above(name)]
    return Known(
        name=name,
        mode=await domains.mode(db),
        holds=found[above] if above else None,
        by_hand=await domains.entries(db, names),
        said=await domain_lists.statements(db, name),
        excluded=nearest(name, excludes),
        lists={one.id: one.name for one in await domain_lists.listed(db)},
    )


def _above(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[first:]) for first in range(1, len(labels))]


def meaning(visit: Visit, found: Known) -> str:
    """What the level that holds means for this server."""
    holds = found.holds
    if holds is None:
        return sentences.of_level(found.level, translate=visit.text)
    return sentences.of_level(found.level, holds.no_media, holds.no_reports, visit.text)


def why(visit: Visit, found: Known) -> str:
    """Why this level holds and no other, in one to three sentences."""
    holds = found.holds
    if holds is None:
        return visit.text(_NOT_LISTED if found.mode == "allow-list" else _NOTHING)
    parts = [visit.text(_ABOVE) % {"name": holds.domain}] if holds.domain != found.name else []
    parts.append(_decides(visit, found, holds))
    if found.mode == "allow-list" and not holds.admits and holds.level != "blocked":
        parts.append(visit.text(_NOT_ADMITTED))
    return " ".join(parts)


def _decides(visit: Visit, found: Known, holds: Effective) -> str:
    said = [one for one in found.said if one.domain == holds.domain]
    if holds.domain in found.by_hand:
        return visit.text(_BEFORE_LISTS if said else _BY_HAND)
    if holds.list_id is None:
        return visit.text(_EXCLUDED) % {"name": found.excluded or holds.domain}
    name = found.lists.get(holds.list_id, "")
    winner = next((one for one in said if one.list_name == name), None)
    others = [one for one in said if one.list_name != name]
    if winner is not None and winner.together:
        return visit.text(_TOGETHER) % {"list": name}
    if winner is None or not others:
        return visit.text(_ONLY_LIST) % {"list": name}
    if all(one.priority < winner.priority for one in others):
        return visit.text(_HIGHER) % {"list": name, "priority": winner.priority}
    return visit.text(_MILDER if holds.level in ALLOWS else _MORE_SEVERE)


def choices(visit: Visit) -> list[tuple[str, str]]:
    """Every level with what it means, for a form."""
    return [(level, sentences.of_level(level, translate=visit.text)) for level in LEVELS]


def shown(visit: Visit) -> list[tuple[str, str]]:
    """How the public page may name a domain, for a form."""
    return [(way, visit.text(said)) for way, said in SHOWN]

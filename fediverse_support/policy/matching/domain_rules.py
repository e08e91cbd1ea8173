"""What the ladder says to an arrival: the level and the flags of every host that has a part in it."""

import msgspec

from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.decisions import Outcome, Verdict
from fediverse_support.policy.ladder import Ladder, Rung

_LEVELS: dict[str, tuple[Outcome, frozenset[str], str]] = {
    "trusted": (Outcome.ACCEPT, frozenset(), "This community trusts {domain}."),
    "allowed": (Outcome.ACCEPT, frozenset(), "This community accepts what comes from {domain}."),
    "limited": (
        Outcome.ACCEPT,
        frozenset({"quiet"}),
        "This community keeps what comes from {domain} out of public view.",
    ),
    "held": (
        Outcome.HOLD,
        frozenset(),
        "A moderator looks at everything from {domain} before it is shown.",
    ),
    "blocked": (Outcome.BLOCK, frozenset(), "This community does not exchange anything with {domain}."),
}
_NO_MEDIA = "This community does not take pictures, sounds and films from {domain}."
_NO_REPORTS = "This community does not take reports from {domain}."
_NOT_ON_LIST = "This community exchanges only with servers that are on its list, and {domain} is not."


class Said(msgspec.Struct, frozen=True):
    """What the ladder says: what counts whatever rules say (blocked, not on the list, no-media, no-reports),
    and the levels, which stand among the rules at priority 0.

    `ends_search`: the ladder accepts on purpose, as an `accept` rule does. It does so only if every host is
    trusted or allowed: nothing comes in more easily because somebody else boosts it.
    """

    always: tuple[Verdict, ...] = ()
    by_level: tuple[Verdict, ...] = ()
    ends_search: bool = False


_NOTHING = Said()


def said(ladder: Ladder, arrival: Arrival) -> Said:
    """What `ladder` says to `arrival`, each of its domains once."""
    rungs = [(host, ladder.of(host)) for host in arrival.hosts]
    if ladder.mode == "open" and all(rung is None for _, rung in rungs):
        return _NOTHING
    always: dict[str, Verdict] = {}
    by_level: dict[str, Verdict] = {}
    welcome = 0
    for host, rung in rungs:
        if rung is not None and rung.level == "blocked":
            always[rung.domain] = _of_level(rung)
        elif not ladder.lets_in(host):
            always[host] = Verdict(Outcome.BLOCK, f"allow-list: {host}", _NOT_ON_LIST.format(domain=host))
        elif rung is not None:
            always.update(_of_flags(rung, arrival))
            welcome += rung.level in ("trusted", "allowed")
            if rung.level != "default":
                by_level[rung.domain] = _of_level(rung)
    return Said(tuple(always.values()), tuple(by_level.values()), 0 < welcome == len(rungs))


def _of_level(rung: Rung) -> Verdict:
    outcome, amendments, sentence = _LEVELS[rung.level]
    reason = rung.public_reason or sentence.format(domain=rung.domain)
    return Verdict(outcome, f"domain {rung.domain}: {rung.level}", reason, amendments)


def _of_flags(rung: Rung, arrival: Arrival) -> dict[str, Verdict]:
    found = {}
    if rung.no_media and arrival.activity_type != "Flag":
        name = f"domain {rung.domain}: no-media"
        reason = _NO_MEDIA.format(domain=rung.domain)
        found[name] = Verdict(Outcome.ACCEPT, name, reason, frozenset({"no-media"}))
    if rung.no_reports and arrival.activity_type == "Flag":
        name = f"domain {rung.domain}: no-reports"
        reason = rung.public_reason or _NO_REPORTS.format(domain=rung.domain)
        found[name] = Verdict(Outcome.REFUSE, name, reason)
    return found

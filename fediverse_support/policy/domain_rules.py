"""What the ladder says to an arrival: the level and the flags of every host that has a part in it."""

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


def always_said(ladder: Ladder, arrival: Arrival) -> list[Verdict]:
    """What counts whatever rules say: blocked or not on the allow-list, no-media, no-reports."""
    found: dict[str, Verdict] = {}
    for host in arrival.hosts:
        rung = ladder.of(host)
        if rung is not None and rung.level == "blocked":
            found[rung.domain] = _of_level(rung)
        elif not ladder.lets_in(host):
            found[host] = Verdict(Outcome.BLOCK, f"allow-list: {host}", _NOT_ON_LIST.format(domain=host))
        elif rung is not None and (rung.no_media or rung.no_reports):
            found.update(_of_flags(rung, arrival))
    return list(found.values())


def said_by_level(ladder: Ladder, arrival: Arrival) -> list[Verdict]:
    """What the levels of the hosts say, those that block left out: they count always."""
    rungs = {rung.domain: rung for host in arrival.hosts if (rung := ladder.of(host)) is not None}
    return [_of_level(rung) for rung in rungs.values() if rung.level not in ("default", "blocked")]


def ends_search(ladder: Ladder, arrival: Arrival) -> bool:
    """Whether the ladder accepts on purpose, as an `accept` rule at priority 0 does.

    Only if every host is trusted or allowed: nothing comes in more easily because somebody else boosts it.
    """
    hosts = arrival.hosts
    return bool(hosts) and all(ladder.level(host) in ("trusted", "allowed") for host in hosts)


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

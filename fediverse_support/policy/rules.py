"""Rules: functions from one arrival to a verdict, or to None where they have nothing to say."""

from collections.abc import Callable

from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.decisions import Outcome, Verdict
from fediverse_support.policy.ladder import Ladder, Rung

Rule = Callable[[Arrival], Verdict | None]

_WHAT_A_LEVEL_MEANS = {
    "allowed": (Outcome.ACCEPT, frozenset[str](), "This community accepts what comes from {domain}."),
    "limited": (
        Outcome.ACCEPT,
        frozenset({"quiet"}),
        "This community keeps what comes from {domain} out of public view.",
    ),
    "held": (
        Outcome.HOLD,
        frozenset[str](),
        "A moderator looks at everything from {domain} before it is shown.",
    ),
    "blocked": (Outcome.BLOCK, frozenset[str](), "This community does not exchange anything with {domain}."),
}


def by_domain(ladder: Ladder) -> Rule:
    """The rule that reads the ladder for every host that has a part in the arrival."""

    def rule(arrival: Arrival) -> Verdict | None:
        rungs = [rung for host in arrival.hosts if (rung := ladder.of(host)) is not None]
        verdicts = sorted((_verdict(rung) for rung in rungs), key=lambda found: (found.outcome, found.rule))
        if not verdicts:
            return None
        worst = verdicts[-1]
        amendments = frozenset[str]().union(*(found.amendments for found in verdicts))
        return Verdict(worst.outcome, worst.rule, worst.reason, amendments)

    return rule


def _verdict(rung: Rung) -> Verdict:
    outcome, amendments, sentence = _WHAT_A_LEVEL_MEANS[rung.level]
    reason = rung.public_reason or sentence.format(domain=rung.domain)
    return Verdict(outcome, f"domain {rung.domain}: {rung.level}", reason, amendments)

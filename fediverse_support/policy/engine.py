"""The one way in: `judge(policy, arrival)`."""

from collections.abc import Iterable

import msgspec

from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.decisions import Decision, combine
from fediverse_support.policy.ladder import Ladder, Rung, ladder_of
from fediverse_support.policy.rules import Rule, by_domain


class Policy(msgspec.Struct, frozen=True):
    """One version of a community's policy, compiled."""

    version: int
    ladder: Ladder
    rules: tuple[Rule, ...]


def compile_policy(version: int, rungs: Iterable[Rung]) -> Policy:
    """The policy of `version` with this ladder."""
    ladder = ladder_of(rungs)
    return Policy(version, ladder, (by_domain(ladder),))


def judge(policy: Policy, arrival: Arrival) -> Decision:
    """What `policy` says to `arrival`: every rule is asked, see `decisions.combine`."""
    verdicts = [verdict for rule in policy.rules if (verdict := rule(arrival)) is not None]
    return combine(verdicts, policy.version)

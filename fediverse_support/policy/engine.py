"""The one way in: `judge(policy, arrival)`.

A policy is compiled once for each version and never changes. How it decides is told in
docs/concepts/policy.md.
"""

from collections.abc import Iterable

import msgspec

from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.decisions import Decision, Outcome, Verdict, combine
from fediverse_support.policy.document import INSTANCE, Document
from fediverse_support.policy.ladder import Ladder, Rung, ladder_of
from fediverse_support.policy.matching.compiling import Compiled, checked_rule, compile_rules
from fediverse_support.policy.matching.domain_rules import said
from fediverse_support.policy.matching.features import Features
from fediverse_support.policy.matching.rules import GROUP, BadRule

__all__ = ["ONLY_BLOCKED", "BadRule", "Policy", "checked_rule", "compile_policy", "judge", "verdicts"]

ONLY_BLOCKED = frozenset({"Delete", "Undo", "Accept", "Reject", "Remove", "Block", "Leave", "Move", "Flag"})
"""Kinds of activity that no rule holds or refuses, only the ladder: they take something back, answer us, or
report. To lose one would leave what somebody deleted."""


class Policy(msgspec.Struct, frozen=True):
    """One version of a community's policy, compiled."""

    version: int
    ladder: Ladder
    rules: Compiled


def compile_policy(version: int, rungs: Iterable[Rung], document: Document = Document()) -> Policy:  # noqa: B008
    """The policy of `version` with this ladder and these rules.

    Raises `BadRule` for a rule or word list that cannot be used, `Malformed` for too many of them.
    """
    return Policy(version, ladder_of(rungs, document.mode), compile_rules(document))


def judge(policy: Policy, arrival: Arrival) -> Decision:
    """What `policy` says to `arrival`. Pure: the same again for the same two."""
    return combine(verdicts(policy, arrival), policy.version)


def verdicts(policy: Policy, arrival: Arrival) -> list[Verdict]:
    """All that is said to `arrival`: by the ladder, by the rules of the instance, by those of its group.

    The two scopes are asked apart and what they say is joined, so that a group can only add to what the
    instance says. If the ladder blocks, nothing else is asked.
    """
    ladder = said(policy.ladder, arrival)
    found = list(ladder.always)
    if arrival.activity_type in ONLY_BLOCKED or any(one.outcome is Outcome.BLOCK for one in found):
        return found
    rules = policy.rules
    features = Features(arrival, policy.ladder, rules.phrases, rules.patterns)
    index = rules.scopes.get(INSTANCE)
    if index is None:
        found += ladder.by_level
    else:
        by_rules, end = index.verdicts(features, floor=0 if ladder.ends_search else None)
        found += by_rules
        if end is None or end <= 0:
            found += ladder.by_level
    if arrival.group:
        of_group = rules.scopes.get(f"{GROUP}{arrival.group.casefold()}")
        if of_group is not None:
            found += of_group.verdicts(features)[0]
    return found

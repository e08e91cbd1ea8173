"""The one way in: `judge(policy, arrival)`.

A policy is compiled once for each version and never changes. How it decides is told in
docs/concepts/policy.md.
"""

from collections.abc import Iterable

import msgspec

from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.compiling import Compiled, checked_rule, compile_rules
from fediverse_support.policy.decisions import Decision, Outcome, Verdict, combine
from fediverse_support.policy.document import INSTANCE, Document
from fediverse_support.policy.domain_rules import always_said, ends_search, said_by_level
from fediverse_support.policy.features import Features
from fediverse_support.policy.ladder import Ladder, Rung, ladder_of
from fediverse_support.policy.rules import GROUP, BadRule

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
    found = always_said(policy.ladder, arrival)
    if _is_beyond_rules(arrival) or any(one.outcome is Outcome.BLOCK for one in found):
        return found
    features = Features(arrival, policy.ladder, policy.rules.phrases, policy.rules.patterns)
    found += _of_instance(policy, features)
    if arrival.group:
        index = policy.rules.scopes.get(f"{GROUP}{arrival.group.casefold()}")
        if index is not None:
            found += index.verdicts(features)[0]
    return found


def _is_beyond_rules(arrival: Arrival) -> bool:
    """Whether only the ladder stops it: also an actor that describes itself, perhaps with a new key."""
    if arrival.activity_type == "Update" and arrival.object_uri == arrival.actor_uri:
        return True
    return arrival.activity_type in ONLY_BLOCKED


def _of_instance(policy: Policy, features: Features) -> list[Verdict]:
    """The levels of the hosts stand among the rules of the instance, at priority 0."""
    by_level = said_by_level(policy.ladder, features.arrival)
    index = policy.rules.scopes.get(INSTANCE)
    if index is None:
        return by_level
    found, end = index.verdicts(features, floor=0 if ends_search(policy.ladder, features.arrival) else None)
    return found if end is not None and end > 0 else found + by_level

"""Outcomes from mild to severe, and how verdicts add up to one decision."""

import enum
from collections.abc import Sequence

import msgspec

from fediverse_support.policy.wording import N_


class Outcome(enum.IntEnum):
    """What happens to an arrival. The larger, the more severe."""

    ACCEPT = 0
    HOLD = 1
    REFUSE = 2
    BLOCK = 3

    @property
    def word(self) -> str:
        """The outcome as moderators and the database write it."""
        return self.name.lower()


WARN = "warn:"
"""How the amendment begins that adds a warning: `warn:` and a code of `policy/warnings.py`, or any words."""

AMENDMENTS = frozenset({"quiet", "sensitive", "no-media", "no-previews"})
"""What an accepted arrival may be given along: no public timelines and no discovery; folded pictures; no
pictures; no previews of links. And any number of warnings."""


class Verdict(msgspec.Struct, frozen=True):
    """What one rule says. `reason` is a sentence that the person concerned may be shown."""

    outcome: Outcome
    rule: str
    reason: str
    amendments: frozenset[str] = frozenset()
    answers: bool = False


class Decision(msgspec.Struct, frozen=True):
    """What policy decided about one arrival, and why.

    `rules` are all that matched, the most severe first: `domain NAME: LEVEL`, `instance: RULE` or
    `group:NAME: RULE`. `answers`: the community wants the sender's server to be told of the refusal.
    """

    outcome: Outcome
    rules: tuple[str, ...]
    reason: str
    amendments: frozenset[str]
    policy_version: int
    answers: bool = False

    @property
    def lets_in(self) -> bool:
        """Whether the arrival is stored: accepted, or held for a moderator."""
        return self.outcome <= Outcome.HOLD

    @property
    def is_held(self) -> bool:
        """Whether a moderator has to look first."""
        return self.outcome is Outcome.HOLD

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings to add: codes or words, in order."""
        return tuple(sorted(one.removeprefix(WARN) for one in self.amendments if one.startswith(WARN)))

    @property
    def is_quiet(self) -> bool:
        """Whether it is kept out of public timelines and discovery, and follows need approval."""
        return "quiet" in self.amendments


def combine(verdicts: Sequence[Verdict], policy_version: int) -> Decision:
    """One decision of several verdicts: amendments add up, the most severe outcome wins.

    The order of `verdicts` never changes the outcome or the amendments; the reason is that of the
    most severe verdict, by rule name where several are equal.
    """
    if not verdicts:
        return Decision(Outcome.ACCEPT, (), N_("No rule speaks against it."), frozenset(), policy_version)
    ranked = sorted(verdicts, key=lambda verdict: (-verdict.outcome, verdict.rule))
    amendments: frozenset[str] = frozenset().union(*(verdict.amendments for verdict in ranked))
    first = ranked[0]
    return Decision(
        first.outcome,
        tuple(verdict.rule for verdict in ranked),
        first.reason,
        amendments,
        policy_version,
        first.answers,
    )

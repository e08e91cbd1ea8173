"""What a compiled rule is, and what is said when a rule cannot be one."""

from collections.abc import Callable
from datetime import date

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.policy.decisions import Outcome, Verdict
from fediverse_support.policy.document import INSTANCE, RuleText
from fediverse_support.policy.matching.features import Features
from fediverse_support.policy.wording import N_

Check = Callable[[Features], bool]
"""Whether one condition holds for what arrived."""

GROUP = "group:"
"""How the scope of one group begins."""

OUTCOMES = {"accept": Outcome.ACCEPT, "hold": Outcome.HOLD, "refuse": Outcome.REFUSE}

_REASONS = {
    "accept": N_("This community accepts this."),
    "hold": N_("A moderator looks at this first."),
    "refuse": N_("This community does not take this."),
}
"""What is said for a rule that gives no reason."""


class BadRule(Malformed):
    """A rule cannot be used as it is written. `where`: the word in it, such as `when.sender` or `then`."""

    def __init__(self, message: str, *, rule: str, scope: str = INSTANCE, where: str = "") -> None:
        place = f"{scope}: {rule}" + (f", {where}" if where else "")
        super().__init__(f"{place}: {message}")
        self.what = message
        self.rule = rule
        self.scope = scope
        self.where = where


class Rule(msgspec.Struct, frozen=True, gc=False):
    """One rule, compiled: it matches where every check holds and, if there are exceptions, not all of those.

    `last_day` is the last day (UTC) on which it matches. The check that the index has made already is not
    among `checks`.
    """

    priority: int
    verdict: Verdict
    checks: tuple[Check, ...]
    exceptions: tuple[Check, ...]
    last_day: date | None

    def matches(self, features: Features) -> bool:
        """Whether the rule has something to say."""
        for check in self.checks:
            if not check(features):
                return False
        if self.exceptions and all(check(features) for check in self.exceptions):
            return False
        return self.last_day is None or features.day <= self.last_day


def verdict_of(rule: RuleText) -> Verdict:
    """What the rule says where it matches."""
    return Verdict(
        OUTCOMES[rule.then],
        f"{rule.scope}: {rule.name}",
        rule.reason or _REASONS[rule.then],
        frozenset(rule.amendments),
        rule.answers,
    )

"""Which rules can match at all: rules are found by the condition of theirs that holds most rarely.

Asking 10,000 rules in turn would cost the more the more rules there are. So each rule is filed under the
values of *one* of its conditions (a domain, a term, a hashtag …), or under the bound of a number; an arrival
has a few values and so leads to a few rules, whose other conditions are then asked.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from fediverse_support.policy.decisions import Outcome, Verdict
from fediverse_support.policy.matching.features import Features
from fediverse_support.policy.matching.predicates import Hours, Limit, Wanted, check_of
from fediverse_support.policy.matching.rules import Check, Rule

Asked = Wanted | Limit | Hours

_SHARES: dict[str, float] = {
    "actor": 0.0005,
    "terms": 0.001,
    "domain": 0.001,
    "link_to": 0.001,
    "patterns": 0.002,
    "hashtag": 0.002,
    "group": 0.01,
    "software": 0.1,
    "warning": 0.01,
    "language": 0.1,
    "media_type": 0.05,
    "thread_of": 0.2,
    "activity": 0.3,
    "object": 0.3,
    "visibility": 0.4,
    "from": 0.6,
}
"""About how many of a thousand arrivals have one value of a feature. Only speed depends on it."""

_SHARES_OF_VALUES: dict[tuple[str, object], float] = {
    ("sender", "moderator"): 0.03,
    ("sender", "warned"): 0.02,
    ("sender", "stranger"): 0.1,
    ("sender", "newcomer"): 0.2,
    ("sender", "known"): 0.8,
    ("has_media", False): 0.8,
    ("reply", True): 0.6,
    ("accepted_before", True): 0.9,
    ("moderator_here", True): 0.3,
}
_RARE, _COMMON, _OTHER = 0.1, 0.9, 0.3
"""For flags that are set, that are not set, and for all others."""


class Planned(msgspec.Struct, frozen=True):
    """A rule on its way into the index."""

    priority: int
    name: str
    verdict: Verdict
    when: tuple[Asked, ...]
    unless: tuple[Asked, ...]
    last_day: date | None


class _Bounds(msgspec.Struct, frozen=True):
    """The rules filed under the bounds of one number, by bound."""

    feature: str
    side: str
    bounds: list[float]
    places: list[int]

    def reached(self, value: float) -> list[int]:
        """The places of the rules whose bound `value` is over, or under."""
        if self.side == "over":
            return self.places[: bisect_left(self.bounds, value)]
        return self.places[bisect_right(self.bounds, value) :]


class Index(msgspec.Struct, frozen=True):
    """The rules of one scope, by priority (the highest first) and name, and where to find them."""

    rules: tuple[Rule, ...]
    by_value: tuple[tuple[str, dict[object, tuple[int, ...]]], ...]
    by_bound: tuple[_Bounds, ...]
    always: tuple[int, ...]

    def verdicts(self, features: Features, floor: int | None = None) -> tuple[list[Verdict], int | None]:
        """What the rules that match say, and the priority at which the search ended, if it did.

        An `accept` rule ends it: what has a lower priority is not asked. `floor` is such an end from outside.
        """
        found: list[Verdict] = []
        rules = self.rules
        end = floor
        for place in sorted(self._candidates(features)):
            rule = rules[place]
            if end is not None and rule.priority < end:
                break
            if rule.matches(features):
                found.append(rule.verdict)
                if rule.verdict.outcome is Outcome.ACCEPT and (end is None or rule.priority > end):
                    end = rule.priority
        return found, end

    def _candidates(self, features: Features) -> set[int]:
        places = set(self.always)
        for feature, of_value in self.by_value:
            for value in features.values(feature):
                if value in of_value:
                    places.update(of_value[value])
        for bounds in self.by_bound:
            places.update(bounds.reached(features.number(bounds.feature)))
        return places


def index_of(planned: Iterable[Planned]) -> Index:
    """The index of the rules of one scope."""
    ranked = sorted(planned, key=lambda rule: (-rule.priority, rule.name))
    checks = _Checks()
    keys = [_key(rule.when) for rule in ranked]
    rules = tuple(checks.rule(rule, key) for rule, key in zip(ranked, keys, strict=True))
    always = tuple(place for place, key in enumerate(keys) if key is None)
    return Index(rules, _by_value(keys), tuple(_by_bound(keys)), always)


def _key(when: Sequence[Asked]) -> Wanted | Limit | None:
    """The condition that holds most rarely; None if none can be looked up."""
    usable = [asked for asked in when if not isinstance(asked, Hours)]
    return min(usable, key=_share, default=None)


def _share(asked: Wanted | Limit) -> float:
    if isinstance(asked, Limit):
        return _OTHER
    return sum(_share_of(asked.feature, value) for value in asked.values)


def _share_of(feature: str, value: object) -> float:
    known = _SHARES.get(feature) or _SHARES_OF_VALUES.get((feature, value))
    if known is not None:
        return known
    return _OTHER if not isinstance(value, bool) else _RARE if value else _COMMON


def _by_value(
    keys: Sequence[Wanted | Limit | None],
) -> tuple[tuple[str, dict[object, tuple[int, ...]]], ...]:
    places: dict[str, dict[object, list[int]]] = {}
    for place, key in enumerate(keys):
        if isinstance(key, Wanted):
            for value in key.values:
                places.setdefault(key.feature, {}).setdefault(value, []).append(place)
    return tuple(
        (feature, {value: tuple(found) for value, found in of_value.items()})
        for feature, of_value in sorted(places.items())
    )


def _by_bound(keys: Sequence[Wanted | Limit | None]) -> Iterator[_Bounds]:
    filed: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for place, key in enumerate(keys):
        if isinstance(key, Limit):
            filed.setdefault((key.feature, key.side), []).append((key.bound, place))
    for (feature, side), pairs in sorted(filed.items()):
        pairs.sort()
        yield _Bounds(feature, side, [bound for bound, _ in pairs], [place for _, place in pairs])


class _Checks:
    """Makes the checks of rules; the same condition is the same check, however many rules have it."""

    def __init__(self) -> None:
        self._made: dict[Asked, Check] = {}

    def rule(self, planned: Planned, key: Asked | None) -> Rule:
        """The compiled rule. What the index has asked already is not asked again."""
        rest = [asked for asked in planned.when if asked is not key]
        return Rule(
            planned.priority,
            planned.verdict,
            tuple(self._check(asked) for asked in sorted(rest, key=_cost)),
            tuple(self._check(asked) for asked in sorted(planned.unless, key=_cost)),
            planned.last_day,
        )

    def _check(self, asked: Asked) -> Check:
        made = self._made.get(asked)
        if made is None:
            made = self._made[asked] = check_of(asked)
        return made


def _cost(asked: Asked) -> bool:
    """The words last: the text need not be read if something else does not hold."""
    return isinstance(asked, Wanted) and asked.feature in ("terms", "patterns")

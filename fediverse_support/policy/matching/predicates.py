"""From the words of a rule to predicates: every condition of `conditions.py`, checked and understood.

`read_condition` turns `{ domain = "b.example" }` into a `Wanted` (some of these values), a `Limit` (a number
over or under a bound) or a `Span` of the day. `check_of` makes of it what is asked for each arrival.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.policy import warnings
from fediverse_support.policy.conditions import CONDITIONS, Condition
from fediverse_support.policy.document import INSTANCE
from fediverse_support.policy.ladder import plain_host
from fediverse_support.policy.matching import patterns
from fediverse_support.policy.matching.features import Features, language_names, plain_hashtag
from fediverse_support.policy.matching.phrases import folded_phrase

LONGEST_PHRASE = 200
MOST_VALUES = 10_000
"""So many names, domains, phrases or patterns may stand in one condition."""

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"([1-9][0-9]{0,5})([mhdw])")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


class Wanted(msgspec.Struct, frozen=True):
    """It holds where the feature has one of these values."""

    feature: str
    values: frozenset[str] | frozenset[bool] | frozenset[int]


class Limit(msgspec.Struct, frozen=True):
    """It holds where the number is over (or under) the bound."""

    feature: str
    side: Literal["over", "under"]
    bound: float


class Hours(msgspec.Struct, frozen=True):
    """It holds from the first minute to before the last, over midnight where the last is earlier."""

    first: int
    last: int


class Words(msgspec.Struct, frozen=True):
    """It holds where one of these folded phrases is in the text."""

    phrases: frozenset[str]


class Lists(msgspec.Struct, frozen=True):
    """It holds where a phrase of one of these word lists is in the text."""

    names: frozenset[str]


class Matching(msgspec.Struct, frozen=True):
    """It holds where one of these patterns fits the text."""

    patterns: tuple[str, ...]


Read = Wanted | Limit | Hours | Words | Lists | Matching


def read_condition(name: str, value: Any, scope: str = INSTANCE) -> Read:
    """The condition `name = value` of a rule of `scope`, understood.

    Raises `Malformed` with what was expected, and with a suggestion for a word that is not known.
    """
    condition = CONDITIONS.get(name)
    if condition is None:
        raise Malformed(f"there is no condition “{name}”{nearest(name, CONDITIONS)}")
    return _READERS[condition.kind](condition, value, scope)


def check_of(read: Wanted | Limit | Hours) -> Callable[[Features], bool]:
    """What asks an arrival whether the condition holds."""
    match read:
        case Wanted(feature, values):
            none_of = values.isdisjoint
            return lambda features: not none_of(features.values(feature))
        case Limit(feature, "over", bound):
            return lambda features: features.number(feature) > bound
        case Limit(feature, _, bound):
            return lambda features: features.number(feature) < bound
        case Hours(first, last) if first <= last:
            return lambda features: first <= features.number("minute") < last
        case Hours(first, last):
            return lambda features: not last <= features.number("minute") < first


def nearest(word: str, known: Iterable[str]) -> str:
    """A suggestion, as the end of a sentence; empty if nothing is near.

    >>> nearest("strangr", ["stranger", "known"])
    '; did you mean “stranger”?'
    """
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean “{found[0]}”?" if found else ""


def _flag(condition: Condition, value: Any, scope: str) -> Read:
    if not isinstance(value, bool):
        raise Malformed(f"true or false is expected, not {_shown(value)}")
    return Wanted(condition.name, frozenset({value}))


def _number(condition: Condition, value: Any, scope: str) -> Read:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000_000:
        raise Malformed(f"a whole number from 0 is expected, not {_shown(value)}")
    name = condition.name
    if name == "accepted_under" and scope != INSTANCE:
        name = "accepted_in_group_under"
    return Limit(name, "under" if name.endswith("_under") else "over", value)


def _span(condition: Condition, value: Any, scope: str) -> Read:
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Malformed(f"a time such as 90m, 12h, 7d or 3w is expected, not {_shown(value)}")
    return Limit(condition.name, "under", int(found[1]) * _UNITS[found[2]])


def _hours(condition: Condition, value: Any, scope: str) -> Read:
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Malformed(f"hours such as 22:00-07:00 are expected, not {_shown(value)}")
    first, last = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
    if first == last:
        raise Malformed("these hours begin when they end; leave the condition out for the whole day")
    return Hours(first, last)


def _choice(condition: Condition, value: Any, scope: str) -> Read:
    chosen = _texts(value)
    _know(chosen, condition.choices)
    return Wanted(condition.name, frozenset(chosen))


def _names(condition: Condition, value: Any, scope: str) -> Read:
    names = _texts(value)
    if condition.name == "list":
        return Lists(frozenset(names))
    if condition.name == "warning":
        _know(names, warnings.WARNINGS)
    plain = _PLAIN_NAMES.get(condition.name, str.casefold)
    found = frozenset(plain(name) for name in names)
    if "" in found:
        raise Malformed("a name is empty")
    return Wanted(condition.name, found)


def _domains(condition: Condition, value: Any, scope: str) -> Read:
    found = set()
    for domain in _texts(value):
        plain = plain_host(domain.removeprefix("*."))
        if "/" in domain or not _DOMAIN.fullmatch(plain):
            raise Malformed(f"a domain such as b.example is expected, not {_shown(domain)}")
        found.add(plain)
    return Wanted(condition.name, frozenset(found))


def _phrases(condition: Condition, value: Any, scope: str) -> Read:
    return Words(read_phrases(_texts(value)))


def read_phrases(phrases: Collection[str]) -> frozenset[str]:
    """Phrases, folded. Raises `Malformed` for one that is too long, or of which nothing is left."""
    found = set()
    for phrase in phrases:
        folded = folded_phrase(phrase)
        if len(phrase) > LONGEST_PHRASE or not folded:
            raise Malformed(
                f"a phrase has 1 to {LONGEST_PHRASE} characters that can be seen, not {_shown(phrase)}"
            )
        found.add(folded)
    return frozenset(found)


def _patterns(condition: Condition, value: Any, scope: str) -> Read:
    return Matching(tuple(patterns.checked(pattern) for pattern in dict.fromkeys(_texts(value))))


def _texts(value: Any) -> tuple[str, ...]:
    """One text, or several, none of them empty."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise Malformed(f"a text or a list of texts is expected, not {_shown(value)}")
    if not texts or not all(text.strip() for text in texts):
        raise Malformed("nothing is named")
    if len(texts) > MOST_VALUES:
        raise Malformed(f"there may be {MOST_VALUES:,} of them; make it a word list, or several rules")
    return tuple(text.strip() for text in texts)


def _know(words: Iterable[str], known: Collection[str]) -> None:
    for word in words:
        if word not in known:
            expected = "" if len(known) > 12 else f" ({', '.join(known)})"
            raise Malformed(f"“{word[:60]}” is not known here{expected}{nearest(word, known)}")


def _shown(value: Any) -> str:
    match value:
        case str():
            return f"“{value[:60]}”"
        case bool():
            return str(value).lower()
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a table"
        case _:
            return str(value)[:60]


_DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9])?")

_PLAIN_NAMES: dict[str, Callable[[str], str]] = {
    "actor": lambda name: name.casefold().removeprefix("@"),
    "group": lambda name: name.casefold().removeprefix("!").removeprefix("@"),
    "hashtag": plain_hashtag,
    "language": lambda name: language_names(name)[0],
}
"""How the names of a condition are written where capitals are not all that does not matter."""

_READERS: dict[str, Callable[[Condition, Any, str], Read]] = {
    "flag": _flag,
    "choice": _choice,
    "names": _names,
    "domains": _domains,
    "phrases": _phrases,
    "patterns": _patterns,
    "number": _number,
    "span": _span,
    "hours": _hours,
}

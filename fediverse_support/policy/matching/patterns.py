"""Patterns in RE2: all of a policy in a few passes over a text, in time that only grows with its length.

RE2 never backtracks, so no pattern can be catastrophic; what would need too much memory is refused when it is
written. What RE2 leaves out: back references, and looking ahead or behind.

A pattern fits if it is found in the text as it was written or in the folded one (`folding.fold`), capitals or
not: so a pattern in plain letters sees through tricks, and one that names accents, Greek or Cyrillic still
finds them. `\\b` and `\\w` know ASCII only; `\\pL` is a letter of any script.
"""

from collections.abc import Iterable, Mapping, Sequence

import re2

from fediverse_support.core.errors import Malformed

LONGEST_PATTERN = 1000
MOST_PATTERNS = 2000
LARGEST_PATTERN = 512 << 10
"""Bytes that one compiled pattern may take."""
LARGEST_TOGETHER = 1_000_000
"""Instructions that all patterns of a policy may have: about 16 MB."""

_LOOSE_TOGETHER = 16
"""So many patterns without any fixed letters are looked for in one pass. With more, a text could be made that
leads RE2 from one state to the next and makes it forget those that it has computed."""
_LOOSE_MEMORY = 2 << 20

_SENTINEL = "zq policy sentinel qz"
"""Stands behind every text, for a pattern that always fits. Where that is not found, RE2 ran out of memory in
a pass and would have us believe that nothing fits."""


def checked(pattern: str) -> str:
    """`pattern` if it can be used. Raises `Malformed` saying what RE2 does not like about it."""
    if not pattern or len(pattern) > LONGEST_PATTERN:
        raise Malformed(f"a pattern has 1 to {LONGEST_PATTERN:,} characters")
    try:
        _compiled(pattern)
    except re2.error as error:
        raise Malformed(f"the pattern “{pattern[:60]}” cannot be used: {_said(error)}") from None
    except UnicodeEncodeError:
        raise Malformed("the pattern has half a character in it, and cannot be used") from None
    return pattern


class Patterns:
    """The patterns of a policy. Immutable once built; may be used from several threads.

    Most patterns have some letters that must be there. One pass finds those of all of them, and only patterns
    whose letters are there are then asked.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        """Compile them. Raises `Malformed` for more than can be held, or one that `checked` refuses."""
        if len(patterns) > MOST_PATTERNS:
            raise Malformed(f"A policy may have {MOST_PATTERNS:,} patterns; this one has {len(patterns):,}.")
        self._compiled = tuple(_compiled(checked(pattern)) for pattern in patterns)
        if sum(compiled.programsize for compiled in self._compiled) > LARGEST_TOGETHER:
            raise Malformed("The patterns of this policy would take too much memory together.")
        self._filter = _filter_of(patterns)
        loose = self._hinted(b"") or []
        self._loose = tuple(
            _Loose({at: patterns[at] for at in loose[first : first + _LOOSE_TOGETHER]})
            for first in range(0, len(loose), _LOOSE_TOGETHER)
        )
        self._firm = frozenset(range(len(patterns))) - frozenset(loose)

    def found(self, text: str, folded: str) -> frozenset[int]:
        """The places (in the sequence given) of the patterns that fit `text` or what it is folded to."""
        if not self._compiled:
            return frozenset()
        found = self._in(folded.encode(errors="replace"))
        if text != folded and not (text.isascii() and text.lower() == folded):
            found |= self._in(text.encode(errors="replace"))
        return frozenset(found)

    def _in(self, text: bytes) -> set[int]:
        hinted = self._hinted(text)
        candidates = self._firm if hinted is None else self._firm.intersection(hinted)
        found = {place for place in candidates if self._compiled[place].search(text) is not None}
        for loose in self._loose:
            found.update(loose.found(text))
        return found

    def _hinted(self, text: bytes) -> list[int] | None:
        """The patterns whose letters are in `text`, and those without any; None if that is not known."""
        places = self._filter.Match(text + _SENTINEL.encode(), potential=True) or []
        return [place - 1 for place in places if place > 0] if 0 in places else None


class _Loose:
    """Some patterns without any fixed letters, looked for in one pass."""

    def __init__(self, patterns: Mapping[int, str]) -> None:
        self._places = tuple(patterns)
        self._compiled = tuple(_compiled(pattern) for pattern in patterns.values())
        self._together = _set_of(patterns.values())

    def found(self, text: bytes) -> list[int]:
        """The places of the patterns that fit."""
        matched = None if self._together is None else self._together.Match(text)
        if matched:
            # The empty pattern in front fits any text: without it, the pass was given up.
            return [self._places[number - 1] for number in matched if number > 0]
        return [place for place, one in zip(self._places, self._compiled, strict=True) if one.search(text)]


def _filter_of(patterns: Sequence[str]) -> re2.Filter:
    found = re2.Filter()
    for pattern in (re2.escape(_SENTINEL), *patterns):
        found.Add(pattern, _options(LARGEST_PATTERN))
    found.Compile()
    return found


def _set_of(patterns: Iterable[str]) -> re2.Set | None:
    together = re2.Set.SearchSet(_options(_LOOSE_MEMORY))
    for pattern in ("", *patterns):
        together.Add(pattern)
    try:
        together.Compile()
    except re2.error:
        return None
    return together


def _compiled(pattern: str) -> re2._Regexp:
    return re2.compile(pattern.encode(), _options(LARGEST_PATTERN))


def _options(memory: int) -> re2.Options:
    options = re2.Options()
    options.max_mem = memory
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    return options


_IN_OTHER_WORDS = {
    "invalid perl operator": "RE2 cannot look ahead or behind, and knows no such group",
    "invalid escape sequence": "RE2 knows no such escape, and no references back",
    "invalid repetition size": "a repetition may go up to 1000",
    "pattern too large": "it would take too much memory; repeat less, or split it",
    "missing )": "a bracket ) is missing",
    "unexpected )": "there is a ) too much",
    "missing ]": "a bracket ] is missing",
    "no argument for repetition operator": "there is nothing to repeat",
}


def _said(error: re2.error) -> str:
    """The words of RE2, and what they mean where that helps."""
    said = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
    for begins, meaning in _IN_OTHER_WORDS.items():
        if said.startswith(begins):
            return f"{meaning} ({said})"
    return said

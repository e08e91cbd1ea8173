"""Patterns in RE2: all of a policy in a few passes over a text, in time that only grows with its length.

RE2 never backtracks, so no pattern can be catastrophic; what would need too much memory is refused when it is
written. What RE2 leaves out: back references, and looking ahead or behind.

A pattern fits if it is found in the text as it was written or in the folded one (`folding.fold`), capitals or
not: so a pattern in plain letters sees through tricks, and one that names accents, Greek or Cyrillic still
finds them. `\\b` and `\\w` know ASCII only; `\\pL` is a letter of any script.
"""

from collections.abc import Sequence

import re2

from fediverse_support.core.errors import Malformed

LONGEST_PATTERN = 1000
MOST_PATTERNS = 2000
MEMORY = 1 << 20
"""Bytes that one compiled pattern may take."""
TOGETHER = 64
"""So many patterns are looked for in one pass: more would cost memory, fewer time."""
MEMORY_TOGETHER = 4 << 20


def checked(pattern: str) -> str:
    """`pattern` if it can be used. Raises `Malformed` saying what RE2 does not like about it."""
    if not pattern or len(pattern) > LONGEST_PATTERN:
        raise Malformed(f"a pattern has 1 to {LONGEST_PATTERN:,} characters")
    try:
        _compiled(pattern)
    except re2.error as error:
        raise Malformed(f"the pattern “{pattern[:60]}” cannot be used: {_said(error)}") from None
    return pattern


class Patterns:
    """The patterns of a policy. Immutable once built; may be used from several threads."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Compile them. Raises `Malformed` for more than 2,000, or one that `checked` refuses."""
        if len(patterns) > MOST_PATTERNS:
            raise Malformed(f"A policy may have {MOST_PATTERNS:,} patterns; this one has {len(patterns):,}.")
        parts = [patterns[at : at + TOGETHER] for at in range(0, len(patterns), TOGETHER)]
        self._parts = tuple(_Part(part) for part in parts)

    def found(self, text: str, folded: str) -> frozenset[int]:
        """The places (in the sequence given) of the patterns that fit `text` or what it is folded to."""
        forms = [folded.encode(errors="replace")]
        if text != folded and not (text.isascii() and text.lower() == folded):
            forms.append(text.encode(errors="replace"))
        found: set[int] = set()
        for number, part in enumerate(self._parts):
            for form in forms:
                found.update(number * TOGETHER + place for place in part.found(form))
        return frozenset(found)


class _Part:
    """Some patterns that are looked for in one pass; one by one where that would take too much memory."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = tuple(patterns)
        self._together = _set_of(patterns)

    def found(self, text: bytes) -> list[int]:
        """The places of the patterns that fit."""
        matched = None if self._together is None else self._together.Match(text)
        if matched:
            # The empty pattern in front is found in any text: without it, the pass was given up.
            return [place - 1 for place in matched if place > 0]
        return [place for place, pattern in enumerate(self._patterns) if _fits(pattern, text)]


def _set_of(patterns: Sequence[str]) -> re2.Set | None:
    together = re2.Set.SearchSet(_options(MEMORY_TOGETHER))
    for pattern in ("", *patterns):
        together.Add(pattern)
    try:
        together.Compile()
    except re2.error:
        return None
    return together


def _fits(pattern: str, text: bytes) -> bool:
    return re2.compile(pattern.encode(), _options(MEMORY)).search(text) is not None


def _compiled(pattern: str) -> None:
    re2.compile(pattern.encode(), _options(MEMORY))


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

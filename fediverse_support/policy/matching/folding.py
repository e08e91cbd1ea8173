"""One form for all the ways in which a word can be written, so that a rule cannot be dodged by spelling.

`fold` undoes capitals and other forms of letters (`Ｓ`, `𝓼`), marks on letters (`ş`, and heaps of them),
invisible characters between letters, letters of other alphabets that look alike, and letters set apart
(`s.u.i.c.i.d.e`). The phrases of a rule are folded in the same way, so words in Cyrillic or Greek still find
themselves. What is left as it is: digits (`su1cide`), and the marks of scripts in which they are vowels or
make another letter (Devanagari, Thai, Kana).
"""

import re
import unicodedata
from functools import lru_cache

from fediverse_support.policy.matching.lookalikes import LOOKALIKES

_MARKS = (
    # Those that go with letters of any alphabet, Latin, Greek and Cyrillic above all.
    *((0x300, 0x36F), (0x483, 0x489), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F)),
    # The points of Hebrew, the vowel signs of Arabic and what stretches it: mostly left out in writing.
    *((0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5), (0x5C7, 0x5C7)),
    *((0x610, 0x61A), (0x640, 0x640), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6DC), (0x6DF, 0x6ED)),
)
_UNSEEN = (
    # Invisible, though Unicode does not call them format characters: fillers, selectors of a variant, an
    # empty Braille cell, the place of an object.
    *((0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFFC, 0xFFFC), (0xE0100, 0xE01EF)),
)
_SPACES = frozenset(at for at in range(0x3001) if chr(at).isspace()) - {0x0A, 0x20}
_CHARACTERS = (*range(0x20000), *range(0xE0000, 0xE0200))
"""Where all characters are that are not Han or of private use."""

_SEPARATORS = " .-_*·\n"
_LETTER = r"[^\W\d_]"
_HINTS = {
    sign: re.compile(rf"{re.escape(sign)}{_LETTER}{re.escape(sign)}{_LETTER}{re.escape(sign)}")
    for sign in _SEPARATORS
}
"""What every run of letters set apart has in it: found much faster, as it begins with a fixed sign."""
_APART = re.compile(
    rf"(?<![^\W_]){_LETTER}([{re.escape(_SEPARATORS)}]){_LETTER}(?:\1{_LETTER}){{2,}}(?![^\W_])"
)


def _by_kind() -> dict[str, frozenset[int]]:
    """The format and control characters, halves of characters, and marks of Unicode."""
    found: dict[str, set[int]] = {"Cf": set(), "Cc": set(), "Cs": set(), "Mn": set(), "Me": set()}
    for at in _CHARACTERS:
        kind = unicodedata.category(chr(at))
        if kind in found:
            found[kind].add(at)
    return {kind: frozenset(at for at in ats if not chr(at).isspace()) for kind, ats in found.items()}


_KINDS = _by_kind()
_DROPPED = (
    _KINDS["Cf"]
    | _KINDS["Cc"]
    | _KINDS["Cs"]
    | {at for a, z in (*_MARKS, *_UNSEEN) for at in range(a, z + 1)}
)
_TABLE: dict[int, str | None] = {**dict.fromkeys(_DROPPED), **dict.fromkeys(_SPACES, " "), **LOOKALIKES}
_STRAYS = "".join(chr(at) for at in sorted((_KINDS["Mn"] | _KINDS["Me"]) - _DROPPED))
"""Marks of other scripts, which say nothing behind a plain letter."""
_STRAY = frozenset(_STRAYS)
_ASCII = {at: _TABLE.get(at, chr(at).lower()) for at in range(128)}
_OTHERS = re.compile(r"[^\n -~]+")
"""Runs of whatever is not plain text already."""
_SHORT = 32


def fold(text: str) -> str:
    """`text` in the form in which words are compared. Folding twice changes nothing more.

    All that is left of spaces are blanks and line feeds.

    >>> fold("Ｓ.u.ı.с.í.d.E \u200bnote")
    'suicide note'
    """
    plain = text.translate(_ASCII) if text.isascii() else _OTHERS.sub(_folded_run, text.lower())
    if any(sign in plain and hint.search(plain) is not None for sign, hint in _HINTS.items()):
        plain = _APART.sub(lambda found: found[0].replace(found[1], ""), plain)
    return plain


def _folded_run(found: re.Match[str]) -> str:
    run = found[0]
    # The same few runs come again and again: a curly apostrophe, an emoji, a letter with an accent.
    folded = _folded_before(run) if len(run) <= _SHORT else _folded(run)
    first = found.start()
    if folded[:1] in _STRAY and first > 0 and _is_plain_letter(found.string[first - 1]):
        return folded.lstrip(_STRAYS)
    return folded


def _folded(run: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", run).casefold()).translate(_TABLE)
    if not plain.isascii() and not _STRAY.isdisjoint(plain):
        plain = _without_strays(plain)
    return unicodedata.normalize("NFC", plain)


_folded_before = lru_cache(maxsize=4096)(_folded)


def _without_strays(text: str) -> str:
    kept: list[str] = []
    for character in text:
        if not (character in _STRAY and kept and _is_plain_letter(kept[-1])):
            kept.append(character)
    return "".join(kept)


def _is_plain_letter(character: str) -> bool:
    return "a" <= character <= "z"

"""Thousands of words and phrases in one pass over a text (an Aho-Corasick automaton), as whole words.

Every phrase of every rule and word list of a policy is in one automaton. A phrase belongs to *terms*: numbers
that stand for one rule's words or for one word list. Text and phrases are folded (`folding.fold`), and any
space counts as one blank.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping

from ahocorasick_rs import BytesAhoCorasick, Implementation

from fediverse_support.policy.matching.folding import fold

_IMPLEMENTATION = Implementation.ContiguousNFA
"""A third of the speed of a DFA, in a hundredth of its memory."""

_AT_A_TIME = 16 << 10
"""Bytes of text after which what was found is gone through: a text may be made so that very much is found."""

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")
_IS_PLAIN = bytes(byte in _PLAIN for byte in range(256))
"""For `bytes.translate`: 1 for each byte that is a plain letter or digit. Between two of them is the inside
of a word, by far the most frequent case."""

_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x312F),  # Han radicals, kana, bopomofo
    (0x31A0, 0x31FF),  # more bopomofo and kana
    (0x3400, 0x9FFF),  # Han
    (0xA9E0, 0xA9FF),  # Myanmar
    (0xAA60, 0xAA7F),  # Myanmar
    (0xF900, 0xFAFF),  # Han
    (0x1AFF0, 0x1B16F),  # kana
    (0x20000, 0x323AF),  # Han
)
"""Scripts whose words are not set apart: there, a word may begin and end anywhere."""


def folded_phrase(phrase: str) -> str:
    """A phrase as it is looked for; empty where nothing is left that could be."""
    return " ".join(fold(phrase).split())


class Phrases:
    """The automaton. Immutable once built; may be used from several threads."""

    def __init__(self, terms: Mapping[int, Iterable[str]]) -> None:
        """Build it of the folded phrases of each term. Costs about 10 µs for each phrase."""
        of_phrase: dict[str, tuple[int, ...]] = {}
        shared: dict[tuple[int, ...], tuple[int, ...]] = {}
        for term, phrases in terms.items():
            for phrase in set(phrases):
                terms_of_it = (*of_phrase.get(phrase, ()), term)
                of_phrase[phrase] = shared.setdefault(terms_of_it, terms_of_it)
        # In order: what begins alike then lies close together in memory, where a text will need it.
        phrases_in_order = sorted(of_phrase)
        self._terms = tuple(of_phrase[phrase] for phrase in phrases_in_order)
        self._longest = max((len(phrase.encode()) for phrase in phrases_in_order), default=0)
        self._automaton = (
            BytesAhoCorasick([one.encode() for one in phrases_in_order], implementation=_IMPLEMENTATION)
            if of_phrase
            else None
        )

    def found(self, folded: str) -> frozenset[int]:
        """The terms of which some phrase is in `folded` (a text as `fold` gives it), as whole words."""
        if self._automaton is None or not folded:
            return frozenset()
        text = folded.replace("\n", " ")
        if "  " in text:
            text = " ".join(text.split())
        written = text.encode()
        # With a byte on either side, so that the characters that meet at `at` are at `at` and `at + 1`.
        plain = b"\0" + written.translate(_IS_PLAIN) + b"\0"
        found: set[int] = set()
        for first in range(0, len(written), _AT_A_TIME):
            piece = written[first : first + _AT_A_TIME + self._longest]
            for place, start, end in self._automaton.find_matches_as_indexes(piece, overlapping=True):
                start += first
                end += first
                if (plain[start] and plain[start + 1]) or (plain[end] and plain[end + 1]):
                    continue
                terms = self._terms[place]
                if not found.issuperset(terms) and stands_alone(written, start, end):
                    found.update(terms)
        return frozenset(found)


def stands_alone(text: bytes, start: int, end: int) -> bool:
    """Whether `text[start:end]` (UTF-8) neither begins nor ends in the middle of a word."""
    return not (_is_inside(text, start) or _is_inside(text, end))


def _is_inside(text: bytes, at: int) -> bool:
    """Whether a word goes on between the two characters that meet at `at`."""
    if at == 0 or at == len(text):
        return False
    if text[at - 1] < 0x80 and text[at] < 0x80:
        return text[at - 1] in _PLAIN and text[at] in _PLAIN
    before = text[max(0, at - 4) : at].decode(errors="ignore")[-1]
    after = text[at : at + 4].decode(errors="ignore")[0]
    return (
        _is_of_word(before) and _is_of_word(after) and not (_needs_no_space(before) or _needs_no_space(after))
    )


def _is_of_word(character: str) -> bool:
    # Marks are neither letters nor digits, yet a word never ends before one.
    return character.isalnum() or (character > "\u02ff" and unicodedata.category(character)[0] == "M")


def _needs_no_space(character: str) -> bool:
    if character < "\u0e00":
        return False
    at = bisect_right(_FIRSTS, ord(character)) - 1
    return ord(character) <= _WITHOUT_SPACES[at][1]


_FIRSTS = [first for first, _ in _WITHOUT_SPACES]

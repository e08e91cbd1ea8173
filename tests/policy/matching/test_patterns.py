"""Patterns in RE2: what fits, what is refused with clear words, and that none can be catastrophic."""

import pytest

from fediverse_support.core.errors import Malformed
from fediverse_support.policy.matching import patterns
from fediverse_support.policy.matching.folding import fold
from fediverse_support.policy.matching.patterns import Patterns, checked


def fits(pattern: str, text: str) -> bool:
    return Patterns([pattern]).found(text, fold(text)) == {0}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"free\s+pills\d+", "FREE\nPills99"),
        (r"VIAGRA", "vìàgrа now"),
        (r"résumé", "my RÉSUMÉ"),
        (r"привет", "Привет всем"),
        (r"^re:", "Re: hello"),
        (r"(?m)^buy$", "first\nbuy\nlast"),
        (r"\pL{3}-\d{3}", "abc-123"),
        (r"\d{10,}", "call 01234567890"),
        (r"[^ -~]{5}", "мммммм"),
        (r"suicide", "s.u.i.c.i.d.e"),
    ],
)
def test_a_pattern_fits_what_is_written_or_what_it_folds_to(pattern: str, text: str) -> None:
    assert fits(pattern, text)


def test_a_pattern_that_does_not_fit() -> None:
    assert not fits(r"^re:", "in re: hello")
    assert not fits(r"qz$", "hello")
    assert not fits("zq policy", "hello")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", r"a bracket \) is missing"),
        ("a)", "too much"),
        ("[a", "missing"),
        ("*a", "nothing to repeat"),
        (r"(?=x)", "ahead or behind"),
        (r"(?<!x)y", "ahead or behind"),
        (r"(a)\1", "references back"),
        ("(a{1000}){1000}", "up to 1000"),
        (r"\pL{1000}", "too much memory"),
        ("", "1 to 1,000"),
        ("x" * 1001, "1 to 1,000"),
        ("\ud800", "cannot be used"),
    ],
)
def test_what_cannot_be_used_is_refused_in_clear_words(pattern: str, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        checked(pattern)


def test_patterns_that_are_catastrophic_elsewhere_are_harmless() -> None:
    many = Patterns([r"(a+)+$", r"(a|aa)+b", r"(.*a){20}c", r"(x+x+)+y"])
    text = "a" * 20_000 + "x" * 20_000 + "!"
    assert many.found(text, text) == frozenset()


def test_many_patterns_are_told_apart() -> None:
    many = [rf"word{number}\b" for number in range(300)] + [rf"\d{{{number}}}-" for number in range(1, 40)]
    found = Patterns(many).found("word7, word299 and 12345-x", "word7, word299 and 12345-x")
    assert found == {7, 299, 300, 301, 302, 303, 304}


def test_a_pass_that_is_given_up_is_made_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """RE2 says that nothing fits when it runs out of memory."""

    class GivenUp:
        def Match(self, text: bytes, potential: bool = False) -> None:
            return None

    both = Patterns([r"firm\d", r"\d+"])
    assert len(both._loose) == 1
    both._filter = GivenUp()
    both._loose[0]._together = GivenUp()
    assert both.found("firm1", "firm1") == {0, 1}
    assert both.found("firm", "firm") == frozenset()


def test_too_many_patterns_and_too_large_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Malformed, match="2,000 patterns"):
        Patterns(["a"] * 2001)
    monkeypatch.setattr(patterns, "LARGEST_TOGETHER", 100)
    with pytest.raises(Malformed, match="too much memory together"):
        Patterns([r"\pL{20}"])


def test_no_patterns_fit_nothing() -> None:
    assert Patterns([]).found("a", "a") == frozenset()

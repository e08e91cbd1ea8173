"""Words and phrases as whole words, in any script, many at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.policy.matching.folding import fold
from fediverse_support.policy.matching.phrases import Phrases, folded_phrase


def finds(phrase: str, text: str) -> bool:
    return Phrases({7: [folded_phrase(phrase)]}).found(fold(text)) == {7}


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("kill myself", "I want to KILL\nmyself."),
        ("kill myself", "kill   myself"),
        ("kill myself", "(kill\u00a0myself)"),
        ("suicide", "#suicide"),
        ("suicide", "suicide_note"),
        ("suicide", "non-suicide!"),
        ("don't", "I don’t"),
        ("c++", "I like C++."),
        (":(", "sad :( today"),
        ("🔪", "with a🔪here"),
        ("смерть", "о Смерть, где"),
        ("自殺", "我想自殺了"),
        ("自殺", "suicide自殺suicide"),
        ("死にたい", "もう死にたいです"),
        ("ตาย", "อยากตายมาก"),
        ("မရှိ", "ကမရှိဘူး"),
        ("स्वयं", "यह स्वयं है"),
        ("18+", "18+ only"),
    ],
)
def test_a_phrase_is_found(phrase: str, text: str) -> None:
    assert finds(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("die", "soldier"),
        ("die", "diet"),
        ("die", "Indie"),
        ("die", "die2"),
        ("kill myself", "skill myself"),
        ("kill myself", "kill myselfish"),
        ("смерт", "смерть"),
        ("कुल", "कुलपति"),
        ("क", "की"),
        ("קל", "קלה"),
        ("자살", "자살골"),
    ],
)
def test_a_part_of_a_word_is_no_match(phrase: str, text: str) -> None:
    assert not finds(phrase, text)


def test_phrases_that_overlap_are_all_found() -> None:
    phrases = Phrases({1: ["self harm"], 2: ["harm"], 3: ["harm scars"], 4: ["self"], 5: ["scar"]})
    assert phrases.found("self harm scars") == {1, 2, 3, 4}


def test_a_phrase_of_several_lists_is_found_for_each() -> None:
    phrases = Phrases({1: ["a", "b"], 2: ["b"], 3: ["c"]})
    assert phrases.found("x b") == {1, 2}


def test_a_later_whole_word_counts_after_one_in_the_middle_of_a_word() -> None:
    assert finds("die", "soldier, diet, die")


def test_without_phrases_or_text_nothing_is_found() -> None:
    assert Phrases({}).found("anything") == frozenset()
    assert Phrases({1: ["a"]}).found("") == frozenset()


def test_a_phrase_is_found_wherever_it_is_in_a_long_text() -> None:
    phrases = Phrases({1: ["kill myself"], 2: ["自殺"], 3: ["ill"]})
    for before in range(16_370, 16_390):
        assert phrases.found("x" * before + " kill myself x") == {1}
        assert phrases.found("é" * (before // 2) + "自殺") == {2}


def test_a_text_made_to_match_everywhere_is_gone_through_piece_by_piece() -> None:
    phrases = Phrases({number: ["a" * number] for number in range(1, 40)})
    assert phrases.found("a" * 20_000) == frozenset()
    assert phrases.found("a" * 20_000 + " aaa") == {3}


words = st.text(alphabet="abπ中ก \u093f'-", min_size=1, max_size=6)


@given(st.lists(words, min_size=1, max_size=6), words, words)
def test_it_agrees_with_looking_at_every_place(phrases: list[str], before: str, after: str) -> None:
    folded = {number: one for number, phrase in enumerate(phrases) if (one := folded_phrase(phrase))}
    text = fold(before + phrases[0] + after)
    plain = " ".join(text.split()) if "  " in text else text
    expected = {number for number, one in folded.items() if _is_there(one, plain)}
    assert Phrases({number: [one] for number, one in folded.items()}).found(text) == expected


def _is_there(phrase: str, text: str) -> bool:
    def inside(before: str, after: str) -> bool:
        both = before + after
        return (
            all(c.isalnum() or c == "\u093f" for c in both) and not set(both) & {"中", "ก"} and len(both) == 2
        )

    return any(
        text.startswith(phrase, at)
        and not inside(text[at - 1 : at] if at else "", phrase[0])
        and not inside(phrase[-1], text[at + len(phrase) : at + len(phrase) + 1])
        for at in range(len(text))
    )

"""Looking for the words that somebody asked to be warned of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.community.reading.filters import Filters, hides, texts_of
from fediverse_support.database.filters import Filter, Keyword, Named


def filters(*words: str, whole: bool = True, action: str = "warn", posts: tuple[int, ...] = ()) -> Filters:
    one = Filter(
        id=7,
        title="Not today",
        contexts=("home", "public"),
        action=action,
        ends_at=None,
        keywords=tuple(Keyword(id=at, keyword=word, whole_word=whole) for at, word in enumerate(words)),
        posts=tuple(Named(id=at, post_id=post) for at, post in enumerate(posts)),
    )
    return Filters([one])


def found(text: str, *words: str, whole: bool = True) -> tuple[str, ...]:
    results = filters(*words, whole=whole).results(1, [text])
    return results[0].keywords if results else ()


@pytest.mark.parametrize(
    ("text", "word", "is_in"),
    [
        ("I went on a diet.", "diet", True),
        ("A DIET", "diet", True),
        ("dietary", "diet", False),
        ("undiet", "diet", False),
        ("my diet-plan", "diet", True),
        ("d.i.e.t today", "diet", True),
        ("dіet", "diet", True),  # a Cyrillic i
        ("di\u200bet", "diet", True),
        ("Diät", "diat", True),
        ("eating\n  disorder", "eating disorder", True),
        ("eating disorders", "eating disorder", False),
        ("#diet", "#diet", True),
        ("#dieting", "#diet", False),
        ("C++ and C", "C++", True),
        ("減肥的方法", "減肥", True),
        ("", "diet", False),
        ("diet", "   ", False),
        ("a.*b", ".*", True),
        ("anything", ".*", False),
        ("(((((((((", "(", True),
    ],
)
def test_a_whole_word_is_found_however_it_is_spelled_and_nowhere_inside_of_another(
    text: str, word: str, is_in: bool
) -> None:
    assert bool(found(text, word)) is is_in


def test_a_part_of_a_word_is_found_where_that_was_asked_for() -> None:
    assert found("dietary things", "diet", whole=False) == ("diet",)
    assert found("die Tat", "diet", whole=False) == ()


def test_each_filter_says_what_it_found_and_which_post_it_names() -> None:
    both = filters("Diet", "weight", "sleep", posts=(1, 2))
    (one,) = both.results(1, ["My weight and my diet"])
    assert (one.keywords, one.posts, one.filter.id) == (("Diet", "weight"), (1,), 7)
    assert both.results(2, ["nothing"])[0].keywords == ()
    assert both.results(3, ["nothing"]) == []
    assert Filters([]).is_empty
    assert Filters([]).results(1, ["diet"]) == []


def test_only_a_hiding_filter_hides_and_only_in_its_contexts() -> None:
    warned = filters("diet").results(1, ["diet"])
    hidden = filters("diet", action="hide").results(1, ["diet"])
    blurred = filters("diet", action="blur").results(1, ["diet"])
    assert [hides(one, "home") for one in (warned, hidden, blurred, [])] == [False, True, False, False]
    assert [hides(hidden, context) for context in ("public", "thread", "account")] == [True, False, False]


def test_everything_that_is_read_is_looked_through() -> None:
    texts = list(
        texts_of(
            "a warning",
            "A title",
            "<p>some <b>wo</b>rds</p><p>more</p>",
            [{"alt": "a picture"}, {"alt": None}, {}],
            ["an answer"],
        )
    )
    for word in ("warning", "title", "words", "more", "picture", "answer"):
        assert filters(word).results(1, texts), word
    assert not filters("wordsmore").results(1, texts)
    # Without words to look for, nothing is taken apart.
    assert filters(posts=(1,)).results(1, (1 / 0 for _ in "x"))[0].posts == (1,)


@given(st.text(max_size=80), st.text(max_size=12))
def test_any_text_and_any_word_are_compared_without_trouble(text: str, word: str) -> None:
    whole, part = found(text, word), found(text, word, whole=False)
    assert not whole or part
    assert found(f"{text} {word} {text}", word, whole=False) == (
        (word,) if found(word, word, whole=False) else ()
    )

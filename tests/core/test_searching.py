"""What somebody typed into a search box."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.searching import Query, is_worth_looking, parse


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("  sleep  well ", Query(words="sleep well")),
        ('"sleep well" -work', Query(words='"sleep well"', without="work")),
        ('-"at work" - -x y', Query(words="- y", without='"at work" or x')),
        ("from:me", Query(author="me")),
        ("FROM:@Rosa@Peer.Example x", Query(author="rosa@peer.example", words="x")),
        ("in:night_owls tea", Query(group="night_owls", words="tea")),
        ("in:!owls@peer.example", Query(group="owls@peer.example")),
        ("in:library", Query(is_own=True)),
        ("in:public tea", Query(words="tea")),
        ("has:media -has:poll is:reply", Query(has_media=True, has_poll=False, is_reply=True)),
        ("before:2026-02-01", Query(until=datetime(2026, 2, 1, tzinfo=UTC))),
        ("after:2026-02-01", Query(since=datetime(2026, 2, 2, tzinfo=UTC))),
        (
            "during:2026-12-31",
            Query(since=datetime(2026, 12, 31, tzinfo=UTC), until=datetime(2027, 1, 1, tzinfo=UTC)),
        ),
        ("language:DE", Query(language="de")),
        ("減肥 x", Query(words='"減肥" x')),
        # Words with a colon are words.
        ("12:30", Query(words="12:30")),
        ("has:feelings", Query(words="has:feelings")),
        ("before:yesterday", Query(words="before:yesterday")),
        ("from:@", Query(words="from:@")),
        ("-from:ada", Query(without="from:ada")),
        ("after:9999-12-31", Query(words="after:9999-12-31")),
        ("https://peer.example/x", Query(words="https://peer.example/x")),
        ('"open', Query(words='"open')),
    ],
)
def test_words_and_what_narrows_them_down_are_told_apart(text: str, query: Query) -> None:
    assert parse(text) == query


def test_without_words_it_must_say_whose_or_where() -> None:
    assert parse("from:me").is_narrow
    assert parse("in:library").is_narrow
    assert not parse("has:media before:2026-01-01").is_narrow
    assert not parse("").is_narrow
    assert is_worth_looking("a")
    assert is_worth_looking("減")
    assert not is_worth_looking("-- '; %_\\")


@given(st.text(max_size=500))
def test_any_text_is_some_query(text: str) -> None:
    query = parse(text)
    assert "\x00" not in query.words
    assert len(query.words) + len(query.without) <= 4 * 400

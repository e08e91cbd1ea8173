import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol import synchronisation
from fediverse_support.protocol.synchronisation import NOBODY, Synchronisation, digest, parse, render, toggled

SAID = Synchronisation(
    collection="https://here.example/groups/tea/followers",
    url="https://here.example/groups/tea/followers_synchronization",
    digest="ab" * 32,
)
people = st.lists(st.text(min_size=1, max_size=30), unique=True, max_size=12)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        'collectionId="a"',
        'collectionId="a", url="b"',
        'collectionId="a", url="b", digest="short"',
        'collectionId="a", url="b", digest="' + "g" * 64 + '"',
        'collectionId="", url="b", digest="' + "a" * 64 + '"',
        'collectionId="a", collectionId="c", url="b", digest="' + "a" * 64 + '"',
        'collectionId="a" url="b" digest="' + "a" * 64 + '"',
        'collectionId="a\\"", url="b", digest="' + "a" * 64 + '"',
        'collectionId="a\n", url="b", digest="' + "a" * 64 + '"',
        "collectionId=a, url=b, digest=" + "a" * 64,
        'collectionId="a", url="b", digest="' + "a" * 64 + '", ' + 'x="' + "y" * 6_000 + '"',
    ],
)
def test_a_header_that_is_not_whole_is_refused(header: str) -> None:
    with pytest.raises(Malformed):
        parse(header)


@pytest.mark.parametrize(
    "bad", ['https://here.example/"', "https://here.example/\r\nX: y", "https://höre.example/"]
)
def test_what_would_break_out_of_the_header_is_not_written(bad: str) -> None:
    with pytest.raises(Malformed):
        render(Synchronisation(collection=bad, url=SAID.url, digest=NOBODY))


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        said = parse(text)
    except Malformed:
        return
    assert len(said.digest) == 64


def test_what_is_written_is_read_back() -> None:
    assert parse(render(SAID)) == SAID


def test_mastodons_spelling_is_read() -> None:
    header = f'collectionId="{SAID.collection}", digest="{SAID.digest.upper()}", url="{SAID.url}"'
    assert parse(header) == SAID


def test_what_is_not_known_in_the_header_is_passed_over() -> None:
    assert parse(render(SAID) + ', more="x"') == SAID


def test_one_follower_has_the_sha_256_of_their_id() -> None:
    uri = "https://there.example/users/ann"
    assert digest([uri]) == hashlib.sha256(uri.encode()).hexdigest()


def test_nobody_has_the_digest_of_zeros() -> None:
    assert digest([]) == NOBODY


@given(people)
def test_the_order_of_followers_does_not_matter(uris: list[str]) -> None:
    shuffled = sorted(uris, key=lambda uri: hashlib.sha256(uri.encode()).digest())
    assert digest(uris) == digest(reversed(uris)) == digest(shuffled)


@given(people, st.text(min_size=1, max_size=30))
def test_coming_and_going_leaves_what_was(uris: list[str], uri: str) -> None:
    before = digest(uris)
    assert toggled(toggled(before, uri), uri) == before


@given(people, st.text(min_size=31, max_size=40))
def test_coming_gives_the_digest_of_all(uris: list[str], uri: str) -> None:
    assert toggled(digest(uris), uri) == digest([*uris, uri])


@given(people, people)
def test_two_lists_have_one_digest_only_if_they_are_the_same(one: list[str], other: list[str]) -> None:
    assert (synchronisation.digest(one) == synchronisation.digest(other)) == (set(one) == set(other))

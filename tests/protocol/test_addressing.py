"""Who a thing is for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.protocol.addressing import (
    Audience,
    Visibility,
    audience_for_announce,
    audience_for_group_post,
    is_for_group,
    is_public,
    is_quiet,
    visibility,
)
from fediverse_support.protocol.vocabulary import PUBLIC

GROUP = "https://us.example/groups/g"
FOLLOWERS = f"{GROUP}/followers"
ANA = "https://peer.example/u/ana"
REACHES: tuple[Visibility, ...] = ("open", "quiet", "members", "direct")


@pytest.mark.parametrize(
    ("to", "cc", "expected"),
    [
        ((), (), "direct"),
        ((ANA,), (), "direct"),
        ((ANA, GROUP), (), "direct"),
        ((f"{ANA}/followers",), (), "members"),
        ((GROUP,), (FOLLOWERS,), "members"),
        ((FOLLOWERS,), (PUBLIC,), "quiet"),
        ((PUBLIC,), (FOLLOWERS,), "open"),
        ((PUBLIC,), (PUBLIC,), "open"),
        (("https://evil.example/followers",), (), "direct"),
    ],
)
def test_how_far_a_thing_reaches(to: tuple[str, ...], cc: tuple[str, ...], expected: Visibility) -> None:
    assert visibility(to, cc, f"{ANA}/followers", FOLLOWERS, None) == expected
    assert is_public(to, cc) == (expected in ("open", "quiet"))
    assert is_quiet(to, cc) == (expected == "quiet")


def test_l2_a_missing_followers_collection_widens_nothing() -> None:
    assert visibility((), (), None) == "direct"


@pytest.mark.parametrize("reach", ["members", "direct"])
def test_l2_what_is_not_public_names_public_nowhere(reach: Visibility) -> None:
    for found in (
        audience_for_group_post(GROUP, FOLLOWERS, reach, [ANA]),
        audience_for_announce(GROUP, FOLLOWERS, reach, ANA),
    ):
        assert not is_public(found.to, found.cc)


def test_l2_a_direct_post_names_only_people() -> None:
    assert audience_for_group_post(GROUP, FOLLOWERS, "direct", [ANA]) == Audience(to=(ANA,))
    assert audience_for_group_post(GROUP, FOLLOWERS, "direct") == Audience(to=(GROUP,))
    assert audience_for_announce(GROUP, FOLLOWERS, "direct", ANA) == Audience(to=(GROUP,), audience=GROUP)


@given(
    st.sampled_from(REACHES[:3]), st.lists(st.sampled_from([ANA, GROUP, FOLLOWERS, PUBLIC + "x"]), max_size=4)
)
def test_what_we_address_is_read_back_as_it_was_meant(reach: Visibility, people: list[str]) -> None:
    for found in (
        audience_for_group_post(GROUP, FOLLOWERS, reach, people),
        audience_for_announce(GROUP, FOLLOWERS, reach, ANA),
    ):
        assert visibility(found.to, found.cc, FOLLOWERS) == reach
        assert is_for_group(GROUP, found.to, found.cc)
        assert found.audience == GROUP
        assert len({*found.to, *found.cc}) == len(found.to) + len(found.cc)


def test_a_group_is_addressed_in_any_of_the_lists() -> None:
    assert is_for_group(GROUP, (), (ANA,), (GROUP,))
    assert not is_for_group(GROUP, (FOLLOWERS,), (ANA,))

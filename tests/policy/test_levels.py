import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import LEVELS
from fediverse_support.policy import domain_names
from fediverse_support.policy.domain_names import UnfitName, read_name
from fediverse_support.policy.levels import level_of, word_of


@pytest.mark.parametrize("word", ["", "annoyed", "held+limited", "held+", "no-fun", "held no-media"])
def test_a_word_that_is_no_level_is_refused(word):
    with pytest.raises(Malformed):
        level_of(word)


@given(st.sampled_from(LEVELS), st.booleans(), st.booleans())
def test_a_level_is_read_as_it_was_written(level, no_media, no_reports):
    found = level_of(word_of(level, no_media, no_reports))
    assert (found.level, found.no_media, found.no_reports) == (level, no_media, no_reports)


def test_levels_may_be_written_in_several_ways():
    assert level_of(" No_Media + HELD ") == level_of("held+no-media")
    assert word_of("default", True, True) == "no-media+no-reports"
    assert word_of("default") == "default"


@pytest.mark.parametrize(
    ("name", "why"),
    [("ba*.example", "hidden"), ("127.0.0.1", "address"), ("::1", "address"), ("", "name"), ("a b", "name"),
     ("https://x.example", "name"), ("user@x.example", "name"), ("x.example/path", "name"), ("..", "name"),
     ("xn--zz.example", "name")],
)  # fmt: skip
def test_a_name_that_is_none_says_why(name, why):
    with pytest.raises(UnfitName) as refusal:
        read_name(name)
    assert refusal.value.why == why


def test_a_suffix_for_everybody_is_told_from_a_domain():
    names = ("com", "co.uk", "example", "x.co.uk", "github.io", "social")
    assert [domain_names.is_suffix(name) for name in names] == [True, True, True, False, False, True]
    assert domain_names.unfit("example", ("a.example:80",)) == "own"
    assert domain_names.unfit("b.example", ("a.example",)) is None

"""Titles as parts of an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.slugs import is_slug, slug_of


@pytest.mark.parametrize("text", ["", "-a", "A", "a/b", "..", "a b", "ä", "a" * 81, "a\n"])
def test_what_is_no_slug(text):
    assert not is_slug(text)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("First steps", "first-steps"),
        ("  Größe & Mut! ", "grosse-mut"),
        ("a" * 200, "a" * 80),
        ("¿Qué?", "que"),
    ],
)
def test_a_title_in_latin_letters_can_be_read_in_its_address(title, slug):
    assert slug_of(title) == slug


def test_titles_in_another_script_have_addresses_of_their_own():
    assert len({slug_of("Первые шаги"), slug_of("Вторые шаги"), slug_of("最初の一歩")}) == 3


@given(st.text(max_size=120))
def test_every_title_has_an_address_and_always_the_same(title):
    assert is_slug(slug_of(title))
    assert slug_of(title) == slug_of(title.strip())

"""What changed between two versions."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.comparing import MOST_LINES, Change, around_changes, items, lines

TEXTS = st.lists(st.sampled_from(["", "a", "b", "c", "one line", "#"]), max_size=12).map("\n".join)


class Item(msgspec.Struct, frozen=True):
    title: str
    details: str = ""


ITEMS = st.lists(st.sampled_from("abcdef"), max_size=8, unique=True).map(
    lambda titles: [Item(title) for title in titles]
)


@given(TEXTS, TEXTS)
def test_both_versions_can_be_read_from_a_comparison(old, new):
    found = lines(old, new)
    assert "\n".join(line.text for line in found if line.kind != "gone") == new
    assert "\n".join(line.text for line in found if line.kind != "new") == old


def test_only_the_line_that_changed_is_marked():
    found = [(line.kind, line.text) for line in lines("one\ntwo\nthree", "one\n2\nthree")]
    assert found == [("same", "one"), ("gone", "two"), ("new", "2"), ("same", "three")]


def test_a_text_of_equal_lines_is_compared_in_little_time():
    old, new = "\n" * 40_000, "x" + "\n" * 30_000 + "y"
    found = lines(old, new)
    assert len(found) > MOST_LINES
    assert "\n".join(line.text for line in found if line.kind != "gone") == new


def test_what_stayed_is_shown_around_what_changed_and_counted_elsewhere():
    text = "\n".join(map(str, range(20)))
    found = around_changes(lines(text, text.replace("10", "ten")), 2)
    assert [(line.kind, line.text) for line in found] == [
        *[("same", "0"), ("same", "1"), ("skipped", "6"), ("same", "8"), ("same", "9")],
        *[("gone", "10"), ("new", "ten"), ("same", "11"), ("same", "12"), ("skipped", "5")],
        *[("same", "18"), ("same", "19")],
    ]


@given(TEXTS, TEXTS)
def test_no_change_is_left_out(old, new):
    found = lines(old, new)
    assert [line for line in around_changes(found, 1) if line.kind in ("new", "gone")] == [
        line for line in found if line.kind in ("new", "gone")
    ]


@given(ITEMS, ITEMS)
def test_every_item_that_came_or_went_is_named_once(old, new):
    found = items(old, new)
    before, after = {one.title for one in old}, {one.title for one in new}
    named_now = [change.now for change in found if change.now]
    named_before = [change.was for change in found if change.was]
    assert len(set(named_now)) == len(named_now)
    assert len(set(named_before)) == len(named_before)
    assert {new[place - 1].title for place in named_now} >= after - before
    assert {old[place - 1].title for place in named_before} >= before - after


@given(ITEMS)
def test_nothing_has_changed_between_the_same(some):
    assert items(some, some) == []


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("ab", "acb", [Change("new", None, 2)]),
        ("abc", "ac", [Change("gone", 2, None)]),
        ("abc", "axc", [Change("reworded", 2, 2)]),
        ("abc", "bca", [Change("moved", 1, 3)]),
    ],
)
def test_what_became_of_an_item(old, new, changes):
    assert items([Item(title) for title in old], [Item(title) for title in new]) == changes


def test_an_item_with_the_same_title_and_other_details_is_reworded():
    assert items([Item("a", "x")], [Item("a", "y")]) == [Change("reworded", 1, 1)]

"""The tolerant readers, one looseness of the wire at a time."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol import accessors
from fediverse_support.protocol.urls import OPEN_NETWORK
from fediverse_support.protocol.vocabulary import PUBLIC

ANA = "https://peer.example/u/ana"
BEN = "https://peer.example/u/ben"


@pytest.mark.parametrize(
    "value", [None, "", 5, True, [ANA], {"id": ANA}, [], {}, "u/ana", "http://peer.example/"]
)
def test_o6_an_id_that_is_not_one_url_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        accessors.own_id({"id": value}, OPEN_NETWORK)


@pytest.mark.parametrize("value", [None, [], [ANA, BEN], [ANA, ANA], 5, {"id": 5}, [{"name": "x"}], "Public"])
def test_o6_an_actor_that_is_none_or_several_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        accessors.only_reference(value, OPEN_NETWORK)


@pytest.mark.parametrize("value", [ANA, [ANA], {"id": ANA, "type": "Person"}, [{"id": ANA}], [None, ANA]])
def test_an_actor_may_be_text_or_object_or_array_of_one(value: object) -> None:
    assert accessors.only_reference(value, OPEN_NETWORK) == ANA


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, ()),
        (ANA, (ANA,)),
        ({"id": ANA}, (ANA,)),
        ({"type": "Link", "href": ANA}, (ANA,)),
        ([ANA, 2, None, {"id": BEN}, "nobody", ANA, ["x"]], (ANA, BEN)),
        (2, ()),
        ("as:Public", (PUBLIC,)),
        (["Public", PUBLIC, ANA], (PUBLIC, ANA)),
    ],
)
def test_addressees_in_every_form(value: object, found: tuple[str, ...]) -> None:
    assert accessors.addressees({"to": value}, "to", OPEN_NETWORK) == found


def test_d2_addressees_are_cut_at_a_thousand() -> None:
    many = [f"https://peer.example/u/{number}" for number in range(1500)]
    assert accessors.addressees({"cc": many}, "cc", OPEN_NETWORK) == tuple(many[:1000])


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "",
        "soon",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "99999-01-01T00:00:00Z",
        "2026-01-01T25:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "2026-01-01T00:00:00+99:00",
        "2026-01-01T00:00:00+25:00",
        "٢٠٢٦-01-01T00:00:00Z",
        ["2026-01-01T00:00:00Z"],
        "2026-01-01T00:00:00Z" + " " * 99,
    ],
)
def test_what_is_no_date_is_none(value: object) -> None:
    assert accessors.moment(value) is None


@pytest.mark.parametrize(
    "value",
    [
        *("2026-11-22T06:47:25Z", "2026-11-22T06:47:25.000000000Z", "2026-11-22T06:47:25+00:00"),
        *(
            "2026-11-22t06:47:25z",
            "2026-11-22 06:47:25",
            "2026-11-22T07:47:25+01:00",
            "2026-11-22T01:47:25-0500",
        ),
    ],
)
def test_dates_in_every_form(value: str) -> None:
    assert accessors.moment(value) == datetime(2026, 11, 22, 6, 47, 25, tzinfo=UTC)


def test_nine_decimals_and_leap_seconds_are_dates() -> None:
    assert accessors.moment("2026-11-22T07:34:24.443864435Z") == datetime(
        2026, 11, 22, 7, 34, 24, 443864, UTC
    )
    assert accessors.moment("2016-12-31T23:59:60Z") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert accessors.moment("2026-11-22") == datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (True, True),
        ("true", True),
        (" False ", False),
        ("yes", None),
        (1, None),
        (None, None),
        ([True], None),
    ],
)
def test_truth_may_be_written_as_text(value: object, found: bool | None) -> None:
    assert accessors.flag(value) is found


@pytest.mark.parametrize(
    ("value", "found"),
    [(3, 3), (3.0, 3), (-7, 0), (10**18, 2**31 - 1), (3.5, None), ("3", None), (True, None), (None, None)],
)
def test_o6_counts_are_never_below_zero(value: object, found: int | None) -> None:
    assert accessors.count(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        *(("en", "en"), ("EN", "en"), ("pt_BR", "pt-BR"), ({"identifier": "de", "name": "Deutsch"}, "de")),
        *(
            ([{"identifier": "fr"}], "fr"),
            ("und", None),
            ("x y", None),
            (5, None),
            (None, None),
            ("e" * 50, None),
        ),
    ],
)
def test_languages_in_every_form(value: object, found: str | None) -> None:
    assert accessors.language(value) == found


def test_text_comes_out_of_language_maps_too() -> None:
    assert accessors.text({"name": None, "nameMap": {"en": 5, "de": "Titel"}}, "name", 100) == "Titel"
    assert accessors.text({"name": ["a", "b"]}, "name", 100) == "a"
    assert accessors.text({"name": "abcdef"}, "name", 3) == "abc"
    assert accessors.text({"name": ""}, "name", 3) is None


def test_of_several_types_the_known_one_counts() -> None:
    assert accessors.type_of({"type": ["as:Person", "sec:Key"]}) == "Person"
    assert accessors.type_of({"type": ["x:Bot", "Person"]}, {"Person"}) == "Person"
    for value in (None, 5, [], [5], "", {"id": "Note"}, "x" * 101):
        with pytest.raises(Malformed):
            accessors.type_of({"type": value})


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(anything)
def test_no_value_makes_a_tolerant_reader_raise(value: Any) -> None:
    document = {"x": value, "xMap": value, "type": value}
    accessors.moment(value)
    accessors.flag(value)
    accessors.count(value)
    accessors.language(value)
    accessors.reference(value, OPEN_NETWORK)
    accessors.references(value, OPEN_NETWORK)
    accessors.addressees(document, "x", OPEN_NETWORK)
    accessors.text(document, "x", 10)
    accessors.types_of(document)
    accessors.is_a(value, ("Note",))
    accessors.embedded(value)

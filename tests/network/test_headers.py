from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_support.network.headers import MediaType, media_type, retry_after

NOW = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "text",
        "text/html, a/b",
        "a/b; c=1; c=2",
        "a/b c=d",
        "a/b; c",
        'a/b; c="x',
        "a/b; c=1,d/e",
        "/",
        "a/",
    ],
)
def test_o3_an_ambiguous_type_is_no_type(value: str) -> None:
    assert media_type(value) is None


def test_a_type_is_read_with_its_parameters() -> None:
    found = media_type('Application/LD+json;Profile="a b"; charset=utf-8;')
    assert found == MediaType("application/ld+json", {"profile": "a b", "charset": "utf-8"})


@given(st.text(max_size=60))
@settings(derandomize=True, max_examples=300)
def test_any_text_is_read_without_an_error(value: str) -> None:
    found = media_type(value)
    assert found is None or found.name.count("/") == 1
    seconds = retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Tue, 01 Sep 2026 10:02:00 GMT", 120.0),
        ("Tue, 01 Sep 2026 09:00:00 GMT", 0.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("99999999999999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds

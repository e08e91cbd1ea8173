from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed, Unauthenticated
from fediverse_support.protocol.signatures.windows import (
    http_date,
    read_http_date,
    read_timestamp,
    require_recent,
    require_unexpired,
)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1), max_value=datetime(2999, 1, 1)))
def test_a_date_is_written_as_the_standard_library_does_and_read_back(moment):
    moment = moment.replace(microsecond=0)
    assert http_date(moment) == format_datetime(moment, usegmt=True)
    assert read_http_date(http_date(moment)) == moment.timestamp()


@given(st.text(max_size=40))
def test_any_other_text_is_malformed(text):
    with pytest.raises(Malformed):
        read_http_date(text)
    with pytest.raises(Malformed):
        read_timestamp(text)


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday, 01-Sep-26 10:00:00 GMT",
        "Tue Sep  1 10:00:00 2026",
        "Tue, 1 Sep 2026 10:00:00 GMT",
        "Tue, 01 Sep 2026 10:00:00 +0000",
        "Tue, 01 Sep 2026 10:00:00 GMT ",
        "Tue, 01 Foo 2026 10:00:00 GMT",
        "Tue, 01 Sep 2026 25:00:00 GMT",
        "Tue, ٠١ Sep 2026 10:00:00 GMT",
    ],
)
def test_only_the_one_form_of_a_date_is_read(text):
    with pytest.raises(Malformed):
        read_http_date(text)


@pytest.mark.parametrize(
    "text",
    ["2026-09-01T10:00:00", "2026-09-01", "20260901T100000Z", "2026-13-01T10:00:00Z", 1788256800, None],
)
def test_a_timestamp_needs_its_full_form_and_a_time_zone(text):
    with pytest.raises(Malformed):
        read_timestamp(text)


def test_timestamps_are_read_with_their_zone_and_fraction():
    assert read_timestamp("2026-09-01T12:00:00.25+02:00") == read_timestamp("2026-09-01T10:00:00Z") + 0.25


def test_o8_the_window_is_one_hour_each_way():
    require_recent(0, 3600)
    require_recent(3600, 0)
    for made, now in ((0, 3601), (3601, 0)):
        with pytest.raises(Unauthenticated):
            require_recent(made, now)


def test_o8_no_expiry_lasts_longer_than_twelve_hours():
    far = 10 * 24 * 3600
    require_unexpired(0, far, 12 * 3600 + 3600)
    with pytest.raises(Unauthenticated):
        require_unexpired(0, far, 12 * 3600 + 3601)
    require_unexpired(None, None, far)

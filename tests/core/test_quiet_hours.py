"""The hours in which nobody is rung, by the clock on the wall."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.quiet_hours import quiet_until


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "end", "zone", "now", "until"),
    [
        ("22:00", "07:00", "UTC", "2026-05-01 21:59", None),
        ("22:00", "07:00", "UTC", "2026-05-01 22:00", "2026-05-02 07:00"),
        ("22:00", "07:00", "UTC", "2026-05-02 06:59", "2026-05-02 07:00"),
        ("22:00", "07:00", "UTC", "2026-05-02 07:00", None),
        ("12:00", "14:00", "UTC", "2026-05-02 13:00", "2026-05-02 14:00"),
        ("12:00", "14:00", "UTC", "2026-05-02 14:00", None),
        ("00:00", "06:00", "UTC", "2026-05-02 00:00", "2026-05-02 06:00"),
        ("22:00", "07:00", "America/New_York", "2026-05-02 02:00", "2026-05-02 11:00"),
        ("22:00", "07:00", "Pacific/Auckland", "2026-05-02 10:00", "2026-05-02 19:00"),
        # The night in which the clock jumps forward, and the one in which it jumps back.
        ("22:00", "07:00", "Europe/Berlin", "2026-03-28 22:00", "2026-03-29 05:00"),
        ("22:00", "07:00", "Europe/Berlin", "2026-10-24 22:00", "2026-10-25 06:00"),
        # Half past two does not come in the one night, and comes twice in the other.
        ("22:00", "02:30", "Europe/Berlin", "2026-03-29 00:59", "2026-03-29 01:30"),
        ("22:00", "02:30", "Europe/Berlin", "2026-10-25 00:10", "2026-10-25 00:30"),
    ],
)
def test_it_is_quiet_from_one_time_to_the_other(
    begin: str, end: str, zone: str, now: str, until: str | None
) -> None:
    found = quiet_until(time.fromisoformat(begin), time.fromisoformat(end), zone, at(now))
    assert found == (at(until) if until else None)


@given(
    st.times(),
    st.times(),
    st.sampled_from(("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu")),
    st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)),
)
def test_quiet_ends_within_about_a_day_and_never_before_it_is(
    begin: time, end: time, zone: str, now: datetime
) -> None:
    moment = now.replace(tzinfo=UTC)
    found = quiet_until(begin, end, zone, moment)
    if found is None:
        return
    assert moment <= found <= moment + timedelta(hours=26)
    assert begin != end

"""Clocks on walls, and the one time that all servers share."""

from datetime import UTC, datetime

import pytest

from fediverse_support.core.local_times import is_time_zone, moment_of, time_zones


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "Europe/berlin", "../../etc/passwd", "localtime", "Europe"]
)
def test_what_is_no_time_zone_is_refused(name):
    assert not is_time_zone(name)


def test_there_are_time_zones_to_choose_from():
    assert time_zones()[0] == "UTC"
    assert {"Europe/Berlin", "America/New_York", "Asia/Kolkata"} <= set(time_zones())


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ((2026, 7, 1, 19, 0), (2026, 7, 1, 17, 0)),
        ((2026, 12, 1, 19, 0), (2026, 12, 1, 18, 0)),
        ((2026, 3, 29, 2, 30), (2026, 3, 29, 1, 30)),  # left out: the clock shows 3:30 then
        ((2026, 10, 25, 2, 30), (2026, 10, 25, 0, 30)),  # comes twice: the first time
    ],
)
def test_a_clock_in_berlin_means_a_moment(local, utc):
    assert moment_of(datetime(*local), "Europe/Berlin") == datetime(*utc, tzinfo=UTC)

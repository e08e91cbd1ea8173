"""Between the clock on somebody's wall and the one time that all servers share."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_CONTINENTS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """The names of the time zones that people may choose from: UTC, then those of places, by name."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(_CONTINENTS)))


def is_time_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    return name in time_zones()


def moment_of(local: datetime, time_zone: str) -> datetime:
    """The moment, in UTC, when the clock on the wall in `time_zone` shows `local` (which names no zone).

    An hour that comes twice in autumn means the first time; one that is left out in spring, an hour later.
    """
    return local.replace(tzinfo=ZoneInfo(time_zone), fold=0).astimezone(UTC)

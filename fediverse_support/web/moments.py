"""Times as people say them: what an organiser means by "seven in the evening", and when a poll ends."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta

from fediverse_support.core.errors import Malformed
from fediverse_support.core.events import Event
from fediverse_support.core.local_times import is_time_zone, moment_of
from fediverse_support.web.rendering import N_

_NOT_A_TIME = N_("Please give day and time, as 2026-11-30 19:00.")


def when(event: Event, language: str) -> str:
    """The day and the time of an event on the clock of its own time zone, with the name of that zone."""
    zone = ZoneInfo(event.time_zone)
    start = event.starts_at.astimezone(zone)
    line = said(event.starts_at, event.time_zone, language)
    if event.ends_at is not None:
        end = event.ends_at.astimezone(zone)
        same_day = end.date() == start.date()
        until = format_time(end, "short", locale=language) if same_day else _day_and_time(end, language)
        line = f"{line} – {until}"
    return f"{line} ({event.time_zone.replace('_', ' ')})"


def said(moment: datetime, time_zone: str, language: str) -> str:
    """A moment on the clock of a time zone: "Monday, November 30, 2026, 7:00 PM"."""
    return _day_and_time(moment.astimezone(ZoneInfo(time_zone)), language)


def in_a_while(moment: datetime, now: datetime, language: str) -> str:
    """How far away a moment is: "in 3 days"."""
    return format_timedelta(moment - now, add_direction=True, locale=language)


def read_moment(text: str, time_zone: str) -> datetime:
    """What a `datetime-local` field says, on the clock of a time zone. Raises `Malformed`."""
    if not is_time_zone(time_zone):
        raise Malformed("Please choose a time zone from the list.")
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Malformed(_NOT_A_TIME) from None
    if found.tzinfo is not None or not 2000 <= found.year <= 2200:
        raise Malformed(_NOT_A_TIME)
    return moment_of(found, time_zone)


def read_time(text: str) -> time:
    """What a `time` field says. Raises `Malformed`."""
    try:
        return time.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        raise Malformed("Please give a time, as 19:00.") from None


def written(moment: datetime, time_zone: str) -> str:
    """A moment as a `datetime-local` field wants it."""
    return moment.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%dT%H:%M")


def weekdays(language: str) -> list[str]:
    """The names of the days of the week, Monday first."""
    return [format_date(date(2024, 1, day), "EEEE", locale=language) for day in range(1, 8)]


def machine(moment: datetime) -> str:
    """A moment for the attribute `datetime`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def _day_and_time(local: datetime, language: str) -> str:
    day = format_date(local.date(), "full", locale=language)
    return f"{day}, {format_time(local, 'short', locale=language)}"

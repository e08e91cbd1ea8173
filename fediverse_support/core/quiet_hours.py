"""The hours of the day in which somebody does not want to be rung."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fediverse_support.core.local_times import moment_of


def quiet_until(begin: time, end: time, time_zone: str, now: datetime) -> datetime | None:
    """When the quiet that it is at `now` ends; None if it is not quiet.

    The hours are those of the clock in `time_zone`, and may go over midnight. Where the clock jumps, the end
    is what the clock says, so that a night may be an hour shorter or longer.

    >>> quiet_until(time(22), time(7), "UTC", datetime(2026, 1, 1, 23, tzinfo=UTC))
    datetime.datetime(2026, 1, 2, 7, 0, tzinfo=datetime.timezone.utc)
    """
    local = now.astimezone(ZoneInfo(time_zone))
    clock = local.time().replace(tzinfo=None)
    over_midnight = begin > end
    is_quiet = (clock >= begin or clock < end) if over_midnight else begin <= clock < end
    if not is_quiet:
        return None
    days = 1 if over_midnight and clock >= begin else 0
    ends = moment_of(datetime.combine(local.date() + timedelta(days=days), end), time_zone)
    # In autumn an hour comes twice: what ended the first time it came is over.
    return ends if ends > now else now.astimezone(UTC)

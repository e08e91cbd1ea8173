"""When a member's devices ring, and what a ring says: their own choice, for all of their applications."""

from datetime import datetime, time

from fediverse_support.core.errors import Malformed
from fediverse_support.core.local_times import is_time_zone
from fediverse_support.database import push, push_jobs
from fediverse_support.database.pool import Connection
from fediverse_support.database.push import Wishes


async def choose(
    db: Connection,
    account_id: int,
    *,
    shows_words: bool,
    quiet: tuple[time, time] | None,
    time_zone: str,
    now: datetime,
) -> None:
    """Keep what a member wants; `quiet` is from when to when, None for never. Safe to run twice.

    What waits for the end of the hours there were rings as soon as the new ones allow.

    Raises `Malformed` for hours without length and for a time zone that there is not.
    """
    if not is_time_zone(time_zone):
        raise Malformed("Please choose a time zone from the list.")
    begin, end = (part.replace(second=0, microsecond=0) for part in quiet) if quiet else (None, None)
    if begin is not None and begin == end:
        raise Malformed("Quiet hours begin and end at different times.")
    wishes = Wishes(shows_words=shows_words, quiet_from=begin, quiet_until=end, time_zone=time_zone)
    await push.put_wishes(db, account_id, wishes)
    await push_jobs.wake(db, account_id, now)

"""How old or new a signature may be (federation.md §3.3).

One hour either way, because real servers' clocks are wrong by minutes and Lemmy and PieFed use the same
hour. Replays within it are stopped by activity ids, not by clocks.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache

from fediverse_support.core.errors import Malformed, Unauthenticated

SKEW = 3600
"""Seconds by which another clock may differ from ours."""
LONGEST_LIFE = 12 * 3600
"""Seconds after which a signature is over, whatever its `expires` says (as Mastodon)."""

_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def require_recent(made: float, now: float) -> None:
    """`Unauthenticated` unless `made` (Unix seconds) is within the window around `now`."""
    if abs(now - made) > SKEW:
        raise Unauthenticated("The signature is too old, or from the future.")


def require_unexpired(created: int | None, expires: int | None, now: float) -> None:
    """`Unauthenticated` when a signature that says when it ends has ended; Unix seconds."""
    if expires is None:
        return
    if created is not None:
        if expires < created:
            raise Unauthenticated("The signature expires before it was made.")
        expires = min(expires, created + LONGEST_LIFE)
    if now > expires + SKEW:
        raise Unauthenticated("The signature has expired.")


@lru_cache(maxsize=1024)
def read_http_date(text: str) -> float:
    """Unix seconds of an IMF-fixdate like `Tue, 01 Sep 2026 10:00:00 GMT` (RFC 9110 §5.6.7).

    The two obsolete forms are refused: no server that federates sends them. Cached because a busy second
    brings the same text many times. Raises `Malformed`.
    """
    day, month, year, clock = text[5:7], _MONTHS.get(text[8:11]), text[12:16], text[17:25]
    hour, minute, second = clock[0:2], clock[3:5], clock[6:8]
    digits = day + year + hour + minute + second
    punctuation = text[3:5] + text[7:8] + text[11:12] + text[16:17] + clock[2:3] + clock[5:6] + text[25:]
    if punctuation != ",    :: GMT" or not (len(digits) == 12 and digits.isascii() and digits.isdigit()):
        raise Malformed("The Date header cannot be read.")
    try:
        moment = datetime(int(year), month or 0, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError as error:
        raise Malformed("The Date header cannot be read.") from error
    return moment.timestamp()


def read_timestamp(text: object) -> float:
    """Unix seconds of an XSD `dateTimeStamp`, which always has a time zone; `Malformed` otherwise."""
    if not isinstance(text, str) or len(text) > 40 or _TIMESTAMP.fullmatch(text) is None:
        raise Malformed("A time cannot be read.")
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise Malformed("A time cannot be read.") from error


def http_date(moment: datetime) -> str:
    """`moment` as IMF-fixdate. Not by `strftime`, whose day and month names follow the locale."""
    utc = moment.astimezone(UTC)
    day, month = _DAY_NAMES[utc.weekday()], _MONTH_NAMES[utc.month - 1]
    return f"{day}, {utc.day:02} {month} {utc.year:04} {utc.hour:02}:{utc.minute:02}:{utc.second:02} GMT"

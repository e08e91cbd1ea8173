"""Reading the few header values that decide something. Pure."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

_TYPE = re.compile(r"\s*([a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+)\s*((?:;.*)?)", re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([a-z0-9!#$&^_.+-]+)\s*=\s*("[^"\\]*"|[^\s;",]*)\s*', re.IGNORECASE)


class MediaType(msgspec.Struct, frozen=True):
    """A `Content-Type` in parts: `name` and the keys of `parameters` are in lower case."""

    name: str
    parameters: dict[str, str]


def media_type(value: str) -> MediaType | None:
    """The parts of a `Content-Type`, or None when it is missing or ambiguous.

    Two types in one header, a parameter twice, or anything left over is ambiguous: two readers would take
    it for two different things, which is how an uploaded file becomes somebody's post.
    """
    found = _TYPE.fullmatch(value)
    if found is None:
        return None
    pairs = _PARAMETER.findall(found[2])
    parameters = {name.lower(): text.strip('"') for name, text in pairs}
    if len(parameters) != len(pairs) or _PARAMETER.sub("", found[2]).strip("; "):
        return None
    return MediaType(found[1].lower(), parameters)


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` header (seconds or an HTTP date, RFC 9110 §10.2.3), never negative.

    None when there is none or it cannot be read.
    """
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())

"""Spans of time as people write them: `90m`, `12h`, `7d`, `3w`."""

import re
from datetime import timedelta

from fediverse_support.core.errors import Malformed

_SPAN = re.compile(r"([1-9]\d{0,3})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def span(text: str) -> timedelta:
    """The time that `text` names. Raises `Malformed`.

    >>> span("30d")
    datetime.timedelta(days=30)
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise Malformed(f"A time is written as 90m, 12h, 30d or 2w, not {text[:20]!r}.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})

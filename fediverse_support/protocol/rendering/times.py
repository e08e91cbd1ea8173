"""Times on the wire."""

from datetime import UTC, datetime

from fediverse_support.core.clock import wire_time


def precise_time(moment: datetime) -> str:
    """`moment` in RFC 3339 with `Z`, with its microseconds if it has any.

    For `updated`, which Mastodon wants strictly newer each time, and for an Announce, which Misskey drops
    if it is older than its post: whole seconds are not enough for either.
    """
    if not moment.microsecond:
        return wire_time(moment)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def day_of(moment: datetime) -> str:
    """The day of `moment`: when somebody joined is nobody's business to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT00:00:00Z")

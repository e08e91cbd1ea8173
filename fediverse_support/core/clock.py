"""The one place that reads the time, so that everything that depends on it can be given another."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


def wire_time(moment: datetime) -> str:
    """`moment` as RFC 3339 in UTC with `Z` and whole seconds, as every peer reads it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Times as apps read them: exactly three digits of a second and a Z; native ones fail on anything else."""

from datetime import UTC, datetime


def moment(at: datetime) -> str:
    """`2026-11-22T06:32:50.145Z`."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def maybe_moment(at: datetime | None) -> str | None:
    """The same, or None."""
    return moment(at) if at is not None else None


def day(at: datetime | None) -> str | None:
    """`2026-11-22`, or None."""
    return at.astimezone(UTC).date().isoformat() if at is not None else None

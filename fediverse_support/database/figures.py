"""The inbox in numbers, without names: for metrics."""

from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import reader


class InboxFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How many arrivals wait or are parked, and since when the oldest has waited."""

    waiting: int
    oldest_at: datetime | None
    parked: int


read = reader(InboxFigures)


async def of_inbox(db: Connection) -> InboxFigures:
    """The inbox just now. Reads what waits and what is parked, however much has been processed."""
    rows = await db.fetch(
        """
        select count(*) as waiting, min(received_at) as oldest_at,
               (select count(*) from inbox where state = 'parked') as parked
          from inbox where state in ('unverified', 'waiting')
        """
    )
    return read(rows[0])

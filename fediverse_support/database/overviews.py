"""The queues as those who look after the server see them: in numbers for metrics, in lists for commands."""

from datetime import datetime

import msgspec

from fediverse_support.database.deliveries import State
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class InboxFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How many arrivals wait or are parked, and since when the oldest has waited."""

    waiting: int
    oldest_at: datetime | None
    parked: int


class ListedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery, without what is said in it."""

    id: int
    activity_uri: str
    type: str
    host: str
    inbox_url: str
    state: State
    attempts: int
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    last_status: int | None
    last_error: str | None


read_figures = reader(InboxFigures)
read_delivery = reader(ListedDelivery)


async def of_inbox(db: Connection) -> InboxFigures:
    """The inbox just now. Reads what waits and what is parked, however much has been processed."""
    rows = await db.fetch(
        """
        select count(*) as waiting, min(received_at) as oldest_at,
               (select count(*) from inbox where state = 'parked') as parked
          from inbox where state in ('unverified', 'waiting')
        """
    )
    return read_figures(rows[0])


async def of_deliveries(
    db: Connection, *, host: str | None, state: State | None, limit: int
) -> list[ListedDelivery]:
    """The latest deliveries, of one host or state or all, the newest first."""
    rows = await db.fetch(
        """
        select d.*, a.uri as activity_uri, a.type
          from deliveries d join activities a on a.id = d.activity_id
         where ($1::text is null or d.host = $1) and ($2::text is null or d.state = $2)
         order by d.id desc limit $3
        """,
        host,
        state,
        limit,
    )
    return all_of(read_delivery, rows)

"""The table `stream_events`: what happened, for who follows along. Triggers fill it (migration 0035).

Numbers are given out before transactions end, so that one may come into view after a larger one. Whoever
reads on therefore keeps two things: the last number, and the *horizon*, the oldest transaction that had not
ended when they read. What is of that transaction or a later one is looked at again, and known by its number.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader

CHANNEL = "stream_events"


class StreamEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `stream_events`; `transaction` is the one that wrote it."""

    id: int
    transaction: int
    kind: str
    subject_id: int | None
    post_id: int | None
    actor_id: int | None
    details: dict[str, Any]


read = reader(StreamEvent)

_SELECT = """
    select e.id, e.txid::text::bigint as transaction, e.kind, e.subject_id, e.post_id, e.actor_id, e.details
      from stream_events e
"""
_SINCE = "".join(
    (
        _SELECT,
        """
         where e.txid >= $1::text::xid8 and e.txid < pg_snapshot_xmax(pg_current_snapshot())
           and e.id <> all($2::bigint[])
         order by e.id limit $3
        """,
    )
)
_AFTER = "".join(
    (
        _SELECT,
        """
         where (e.id > $1 or e.txid >= $2::text::xid8) and e.id <= $3
           and e.txid < pg_snapshot_xmax(pg_current_snapshot())
         order by e.id desc limit $4
        """,
    )
)


async def horizon(db: Connection) -> int:
    """The oldest transaction that has not ended: everything before it can be seen now."""
    return int(await db.fetchval("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))


async def since(db: Connection, horizon: int, known: Sequence[int], limit: int) -> list[StreamEvent]:
    """What has come into view of transactions from `horizon` on, but what is `known`, in order."""
    return all_of(read, await db.fetch(_SINCE, str(horizon), list(known), limit))


async def after(db: Connection, event_id: int, horizon: int, last: int, limit: int) -> list[StreamEvent]:
    """What who left off at `event_id` and `horizon` has missed, up to the number `last`, in order; if it is
    more than `limit`, the newest."""
    return all_of(read, await db.fetch(_AFTER, event_id, str(horizon), last, limit))[::-1]


async def last(db: Connection) -> int:
    """The largest number so far."""
    return int(await db.fetchval("select coalesce(max(id), 0) from stream_events"))


async def forget_old(db: Connection, before: datetime) -> None:
    """Forget what happened before then, at most 20,000 events at a time. Safe to run twice."""
    await db.execute(
        """
        delete from stream_events where id in (
            select id from stream_events where happened_at < $1 order by happened_at limit 20000)
        """,
        before,
    )

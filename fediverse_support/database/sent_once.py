"""The table `sent_once`: what apps send again because they heard no answer is done only once."""

from datetime import datetime, timedelta

import msgspec

from fediverse_support.database.pool import Connection

KEPT = timedelta(hours=1)


class Sent(msgspec.Struct, frozen=True):
    """What came of the first time: a post, or one that is scheduled."""

    post_id: int | None
    scheduled_id: int | None


async def begin(db: Connection, actor_id: int, key: str, now: datetime) -> Sent | None:
    """Take a key; what came of it if it was taken within the last hour, None for a new one.

    Whoever sends the same at the same moment waits until the first is done.
    """
    row = await db.fetchrow(
        """
        insert into sent_once as known (actor_id, key, sent_at) values ($1, $2, $3)
            on conflict (actor_id, key) do update
           set post_id = null, scheduled_id = null, sent_at = excluded.sent_at
         where known.sent_at < $4
        returning actor_id
        """,
        actor_id,
        key,
        now,
        now - KEPT,
    )
    if row is not None:
        return None
    found = await db.fetchrow(
        "select post_id, scheduled_id from sent_once where actor_id = $1 and key = $2", actor_id, key
    )
    return Sent(**found) if found is not None else None


async def end(db: Connection, actor_id: int, key: str, sent: Sent) -> None:
    """Say what came of it. Safe to run twice."""
    await db.execute(
        "update sent_once set post_id = $3, scheduled_id = $4 where actor_id = $1 and key = $2",
        actor_id,
        key,
        sent.post_id,
        sent.scheduled_id,
    )


async def forget(db: Connection, now: datetime) -> None:
    """Forget keys that count no more. Safe to run twice."""
    await db.execute("delete from sent_once where sent_at < $1", now - KEPT)

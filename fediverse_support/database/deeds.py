"""The table `deeds`: what moderators and admins did, to whom, and why. Only ever added to."""

from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection


class DeedLine(msgspec.Struct, frozen=True):
    """One deed as the desk shows it. `by` is empty for what the command line did."""

    by: str
    deed: str
    object: str
    reason: str
    done_at: datetime


async def add(
    db: Connection, *, deed_id: int, account_id: int | None, deed: str, about: str, reason: str, now: datetime
) -> None:
    """Record one deed, in the transaction that does it."""
    query = """
        insert into deeds (id, account_id, deed, object, reason, done_at)
        values ($1, $2, $3, $4, $5, $6)
    """
    await db.execute(query, deed_id, account_id, deed, about[:2048], reason[:5000], now)


async def latest(db: Connection, limit: int = 50) -> list[DeedLine]:
    """The last deeds, the newest first."""
    query = """
        select coalesce(p.name, '') as by, d.deed, d.object, d.reason, d.done_at
          from deeds d
          left join accounts a on a.id = d.account_id
          left join actors p on p.id = a.actor_id
         order by d.id desc
         limit $1
    """
    return [DeedLine(*row) for row in await db.fetch(query, limit)]

"""The table `deeds`: what moderators and admins did, to whom, and why. Only ever added to."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection


class DeedLine(msgspec.Struct, frozen=True):
    """One deed as the desk shows it. `by` is a name here, or the id of a moderator on another server; it is
    empty for what the command line did.
    """

    by: str
    deed: str
    object: str
    reason: str
    done_at: datetime


async def add(
    db: Connection,
    *,
    deed_id: int,
    account_id: int | None,
    deed: str,
    about: str,
    reason: str,
    now: datetime,
    by_uri: str = "",
    group_id: int | None = None,
) -> None:
    """Record one deed, in the transaction that does it."""
    query = """
        insert into deeds (id, account_id, deed, object, reason, done_at, by_uri, group_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
    """
    await db.execute(query, deed_id, account_id, deed, about[:2048], reason[:5000], now, by_uri, group_id)


async def latest(db: Connection, limit: int = 50) -> list[DeedLine]:
    """The last deeds, the newest first."""
    query = """
        select coalesce(p.name, d.by_uri) as by, d.deed, d.object, d.reason, d.done_at
          from deeds d
          left join accounts a on a.id = d.account_id
          left join actors p on p.id = a.actor_id
         order by d.id desc
         limit $1
    """
    return [DeedLine(*row) for row in await db.fetch(query, limit)]


async def why_hidden(db: Connection, uris: Sequence[str]) -> dict[str, str]:
    """Why these posts were hidden the last time: for their authors. Posts without a reason are left out."""
    rows = await db.fetch(
        """
        select distinct on (object) object, reason from deeds
         where object = any($1::text[]) and deed = 'hide post'
         order by object, id desc
        """,
        list(uris),
    )
    return {row["object"]: row["reason"] for row in rows if row["reason"]}

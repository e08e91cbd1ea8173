"""The table `read_marks`: how far a member has read each thread. Never shown to anybody else."""

from datetime import datetime

from fediverse_support.database.drafts import Draft
from fediverse_support.database.pool import Connection


async def set_to(db: Connection, account_id: int, root_id: int, read_at: datetime) -> None:
    """The member has read the thread as it was at `read_at`. Never moves backwards; safe to run twice."""
    query = """
        insert into read_marks (account_id, root_id, read_at)
        values ($1, $2, $3)
            on conflict (account_id, root_id)
            do update set read_at = greatest(read_marks.read_at, excluded.read_at)
    """
    await db.execute(query, account_id, root_id, read_at)


async def reading(
    db: Connection, account_id: int, root_id: int, read_at: datetime, place: str
) -> Draft | None:
    """The member reads a thread now: note how far, and return what they had begun to write at `place`.

    One round trip for both, because it is on the way of every thread page. Safe to run twice.
    """
    query = """
        with marked as (
            insert into read_marks (account_id, root_id, read_at)
            values ($1, $2, $3)
                on conflict (account_id, root_id)
                do update set read_at = excluded.read_at where read_marks.read_at < excluded.read_at)
        select place, title, source, saved_at from drafts where account_id = $1 and place = $4
    """
    row = await db.fetchrow(query, account_id, root_id, read_at, place)
    return Draft(*row) if row else None


async def of(db: Connection, account_id: int, root_ids: list[int]) -> dict[int, datetime]:
    """When the member last read each of these threads, for those that they have."""
    query = "select root_id, read_at from read_marks where account_id = $1 and root_id = any ($2::bigint[])"
    return {row["root_id"]: row["read_at"] for row in await db.fetch(query, account_id, root_ids)}

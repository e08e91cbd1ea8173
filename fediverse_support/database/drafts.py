"""The table `drafts`: words that were written and not sent, one draft for each place of each member."""

from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection


class Draft(msgspec.Struct, frozen=True):
    """Unsent words. `place` is the path of the form, for example `/groups/night_owls/write`."""

    place: str
    title: str
    source: str
    saved_at: datetime


async def save(db: Connection, account_id: int, place: str, title: str, source: str, now: datetime) -> None:
    """Keep these words; a draft for the same place is replaced. Safe to run twice."""
    query = """
        insert into drafts (account_id, place, title, source, saved_at)
        values ($1, $2, $3, $4, $5)
            on conflict (account_id, place)
            do update set title = excluded.title, source = excluded.source, saved_at = excluded.saved_at
    """
    await db.execute(query, account_id, place[:300], title[:400], source[:50_000], now)


async def at(db: Connection, account_id: int, place: str) -> Draft | None:
    """The draft for one place."""
    query = "select place, title, source, saved_at from drafts where account_id = $1 and place = $2"
    row = await db.fetchrow(query, account_id, place)
    return Draft(*row) if row else None


async def of_account(db: Connection, account_id: int) -> list[Draft]:
    """All drafts of a member, the newest first."""
    query = """
        select place, title, source, saved_at from drafts
         where account_id = $1 order by saved_at desc limit 50
    """
    return [Draft(*row) for row in await db.fetch(query, account_id)]


async def remove(db: Connection, account_id: int, place: str) -> None:
    """Throw a draft away, or forget it because it was sent."""
    await db.execute("delete from drafts where account_id = $1 and place = $2", account_id, place)

"""The tables `announcements`, `announcement_readers` and `announcement_reactions`."""

from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `announcements`: words for every member, in Markdown and in sanitised HTML."""

    id: int
    source: str
    html: str
    starts_at: datetime | None
    ends_at: datetime | None
    all_day: bool
    published_at: datetime
    updated_at: datetime


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """How many put this emoji to an announcement, and whether the reader is one of them."""

    announcement_id: int
    emoji: str
    number: int
    is_mine: bool


read = reader(Announcement)
_read_reaction = reader(Reaction)


async def every(db: Connection, limit: int) -> list[Announcement]:
    """All of them, the newest first: for the desk."""
    rows = await db.fetch("select * from announcements order by published_at desc, id desc limit $1", limit)
    return all_of(read, rows)


async def current(db: Connection, now: datetime) -> list[Announcement]:
    """Those that are published and not over, in the order in which they were published."""
    rows = await db.fetch(
        """
        select * from announcements
         where published_at <= $1 and (ends_at is null or ends_at > $1)
         order by published_at, id
        """,
        now,
    )
    return all_of(read, rows)


async def by_id(db: Connection, announcement_id: int) -> Announcement | None:
    """One of them, over or not."""
    row = await db.fetchrow("select * from announcements where id = $1", announcement_id)
    return read(row) if row else None


async def insert(
    db: Connection,
    *,
    source: str,
    html: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    all_day: bool,
    now: datetime,
) -> Announcement:
    """Publish one."""
    row = await db.fetchrow(
        """
        insert into announcements (source, html, starts_at, ends_at, all_day, published_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $6) returning *
        """,
        source,
        html,
        starts_at,
        ends_at,
        all_day,
        now,
    )
    assert row is not None
    return read(row)


async def update(db: Connection, to: Announcement) -> bool:
    """Change one; False if it is gone. Safe to run twice."""
    status = await db.execute(
        """
        update announcements set source = $2, html = $3, starts_at = $4, ends_at = $5, all_day = $6,
                                 updated_at = $7
         where id = $1
        """,
        to.id,
        to.source,
        to.html,
        to.starts_at,
        to.ends_at,
        to.all_day,
        to.updated_at,
    )
    return bool(changed(status))


async def remove(db: Connection, announcement_id: int) -> bool:
    """Take one back; False if it is gone. Safe to run twice."""
    return bool(changed(await db.execute("delete from announcements where id = $1", announcement_id)))


async def read_by(db: Connection, actor_id: int) -> set[int]:
    """Which ones somebody has put away."""
    rows = await db.fetch("select announcement_id from announcement_readers where actor_id = $1", actor_id)
    return {row["announcement_id"] for row in rows}


async def put_away(db: Connection, announcement_id: int, actor_id: int) -> None:
    """Note that somebody has read one. Safe to run twice."""
    await db.execute(
        """
        insert into announcement_readers (announcement_id, actor_id)
        select id, $2 from announcements where id = $1 on conflict do nothing
        """,
        announcement_id,
        actor_id,
    )


async def reactions(db: Connection, actor_id: int | None) -> list[Reaction]:
    """The emojis under all announcements, each where it stood first."""
    rows = await db.fetch(
        """
        select announcement_id, emoji, count(*) as number,
               coalesce(bool_or(actor_id = $1), false) as is_mine
          from announcement_reactions
         group by announcement_id, emoji
         order by announcement_id, min(reacted_at), emoji
        """,
        actor_id,
    )
    return all_of(_read_reaction, rows)


async def kinds_of_reactions(db: Connection, announcement_id: int) -> set[str]:
    """Which emojis stand under one. Holds it, so that not two add the last that fits."""
    await db.execute("select from announcements where id = $1 for update", announcement_id)
    rows = await db.fetch(
        "select distinct emoji from announcement_reactions where announcement_id = $1", announcement_id
    )
    return {row["emoji"] for row in rows}


async def react(db: Connection, announcement_id: int, actor_id: int, emoji: str, now: datetime) -> None:
    """Put an emoji under one. Safe to run twice."""
    await db.execute(
        """
        insert into announcement_reactions (announcement_id, actor_id, emoji, reacted_at)
        values ($1, $2, $3, $4) on conflict do nothing
        """,
        announcement_id,
        actor_id,
        emoji,
        now,
    )


async def take_back(db: Connection, announcement_id: int, actor_id: int, emoji: str) -> bool:
    """Take an emoji away again; False if it was not there. Safe to run twice."""
    status = await db.execute(
        """
        delete from announcement_reactions where announcement_id = $1 and actor_id = $2 and emoji = $3
        """,
        announcement_id,
        actor_id,
        emoji,
    )
    return bool(changed(status))

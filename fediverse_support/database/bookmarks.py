"""The tables `bookmarks` and `thread_mutes`, and one person's likes: what somebody keeps for themselves."""

from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class Kept(msgspec.Struct, frozen=True):
    """A post that somebody keeps or likes, and the number of that deed, by which pages are turned."""

    id: int
    post_id: int


_read = reader(Kept)


async def add(db: Connection, actor_id: int, post_id: int, now: datetime) -> None:
    """Keep a post. Safe to run twice."""
    await db.execute(
        """
        insert into bookmarks (actor_id, post_id, bookmarked_at) values ($1, $2, $3) on conflict do nothing
        """,
        actor_id,
        post_id,
        now,
    )


async def remove(db: Connection, actor_id: int, post_id: int) -> None:
    """Keep it no longer. Safe to run twice."""
    await db.execute("delete from bookmarks where actor_id = $1 and post_id = $2", actor_id, post_id)


async def page(
    db: Connection, actor_id: int, *, below: int | None, above: int | None, is_from_below: bool, limit: int
) -> list[Kept]:
    """What somebody keeps, the newest first, between two numbers of bookmarks; with `is_from_below` those
    next to `above`."""
    rows = await db.fetch(
        """
        select id, post_id from (
            select id, post_id from bookmarks
             where actor_id = $1 and id < coalesce($2, 9223372036854775807) and id > coalesce($3, 0)
             order by case when $4 then id end, id desc limit $5) as found
         order by id desc
        """,
        actor_id,
        below,
        above,
        is_from_below,
        limit,
    )
    return all_of(_read, rows)


async def likes(
    db: Connection, actor_id: int, *, below: int | None, above: int | None, is_from_below: bool, limit: int
) -> list[Kept]:
    """What somebody likes, in the same way."""
    rows = await db.fetch(
        """
        select id, post_id from (
            select r.id, p.id as post_id from reactions r join posts p on p.uri = r.object_uri
             where r.actor_id = $1 and r.kind = 'like' and p.state = 'live'
               and r.id < coalesce($2, 9223372036854775807) and r.id > coalesce($3, 0)
             order by case when $4 then r.id end, r.id desc limit $5) as found
         order by id desc
        """,
        actor_id,
        below,
        above,
        is_from_below,
        limit,
    )
    return all_of(_read, rows)


async def mute_thread(db: Connection, actor_id: int, root_id: int, now: datetime) -> None:
    """Let somebody hear nothing more of a thread. Safe to run twice."""
    await db.execute(
        "insert into thread_mutes (actor_id, root_id, muted_at) values ($1, $2, $3) on conflict do nothing",
        actor_id,
        root_id,
        now,
    )


async def unmute_thread(db: Connection, actor_id: int, root_id: int) -> None:
    """Let them hear of it again. Safe to run twice."""
    await db.execute("delete from thread_mutes where actor_id = $1 and root_id = $2", actor_id, root_id)

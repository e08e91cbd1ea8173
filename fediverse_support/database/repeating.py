"""The table `repeating_threads`: threads that a group's moderators let begin again and again."""

from datetime import datetime, time
from typing import Literal

import msgspec

from fediverse_support.core.models import STAFF
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

Frequency = Literal["daily", "weekly", "monthly"]
WhyPaused = Literal["", "by a moderator", "author", "refused"]


class Repeating(msgspec.Struct, frozen=True, kw_only=True):
    """One thread that repeats. `weekday` (Monday is 0) is for weekly ones, `day_of_month` for monthly ones.

    `why_paused` says why nothing is written: a moderator wanted a rest, the author does not look after the
    group any more, or the group did not take it.
    """

    id: int
    group_id: int
    author_id: int
    title: str
    source: str
    content_warning: str = ""
    frequency: Frequency
    weekday: int | None = None
    day_of_month: int | None = None
    at_time: time
    time_zone: str
    language: str = "en"
    next_at: datetime
    is_paused: bool = False
    why_paused: WhyPaused = ""
    last_post_id: int | None = None


read = reader(Repeating)


async def put(db: Connection, thread: Repeating) -> None:
    """Store a repeating thread, or change it. Safe to run twice."""
    await db.execute(
        """
        insert into repeating_threads (id, group_id, author_id, title, source, content_warning, frequency,
                                       weekday, day_of_month, at_time, time_zone, language, next_at,
                                       is_paused, why_paused)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            on conflict (id) do update
           set author_id = $3, title = $4, source = $5, content_warning = $6, frequency = $7, weekday = $8,
               day_of_month = $9, at_time = $10, time_zone = $11, language = $12, next_at = $13,
               is_paused = $14, why_paused = $15
        """,
        thread.id, thread.group_id, thread.author_id, thread.title, thread.source, thread.content_warning,
        thread.frequency, thread.weekday, thread.day_of_month, thread.at_time, thread.time_zone,
        thread.language, thread.next_at, thread.is_paused, thread.why_paused,
    )  # fmt: skip


async def of_group(db: Connection, group_id: int) -> list[Repeating]:
    """The repeating threads of a group, the oldest first."""
    rows = await db.fetch("select * from repeating_threads where group_id = $1 order by id", group_id)
    return all_of(read, rows)


async def locked(db: Connection, group_id: int, number: int) -> Repeating | None:
    """One of a group, which no worker writes from before the transaction ends."""
    row = await db.fetchrow(
        "select * from repeating_threads where group_id = $1 and id = $2 for update", group_id, number
    )
    return read(row) if row else None


async def due(db: Connection, now: datetime) -> Repeating | None:
    """One whose time has come, locked; those that another worker has in hand are left out."""
    row = await db.fetchrow(
        """
        select * from repeating_threads where next_at <= $1 and not is_paused
         order by next_at limit 1 for update skip locked
        """,
        now,
    )
    return read(row) if row else None


async def mark_written(db: Connection, number: int, post_id: int, next_at: datetime) -> None:
    """It was written, and when it is to be written again."""
    await db.execute(
        "update repeating_threads set last_post_id = $2, next_at = $3 where id = $1", number, post_id, next_at
    )


async def pause(db: Connection, number: int, why: WhyPaused) -> None:
    """Write no more of it until a moderator wants it again. Safe to run twice."""
    await db.execute(
        "update repeating_threads set is_paused = true, why_paused = $2 where id = $1", number, why
    )


async def remove(db: Connection, number: int) -> bool:
    """Forget it; what was written stays. False if there was none. Safe to run twice."""
    return bool(changed(await db.execute("delete from repeating_threads where id = $1", number)))


async def may_look_after(db: Connection, group_id: int, actor_id: int) -> bool:
    """Whether somebody here looks after a group, or after the whole community."""
    return bool(
        await db.fetchval(
            """
            select exists (
                select from accounts c join actors a on a.id = c.actor_id
                 where c.actor_id = $2 and c.state = 'active' and a.state = 'active'
                   and (c.role = any($3::text[])
                        or exists (select from group_moderators m
                                    where m.group_id = $1 and m.actor_id = $2)))
            """,
            group_id,
            actor_id,
            list(STAFF),
        )
    )

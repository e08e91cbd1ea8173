"""The `blocks` and `hidden_by_bans` tables: whom somebody, a group or a server does not want to hear from.

`target_uri` says from where: a group, a person (who blocked somebody for themselves), or a whole server, as
its origin with a slash (`https://there.example/`, the form of Lemmy and PieFed). A block from a server holds
for all its groups and people.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.models import Post
from fediverse_support.database import posts
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

MOST_HIDDEN = 2_000
"""Posts that one ban hides, the newest first."""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `blocks`; `ends_at` None is for good."""

    blocker_uri: str
    blocked_uri: str
    target_uri: str
    activity_uri: str
    reason: str
    ends_at: datetime | None
    created_at: datetime


read = reader(Block)


async def block(
    db: Connection,
    *,
    blocker_uri: str,
    blocked_uri: str,
    target_uri: str,
    activity_uri: str,
    reason: str,
    ends_at: datetime | None,
) -> None:
    """Store a block of one actor by another, from a target. Safe to run twice."""
    await db.execute(
        """
        insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri, reason, ends_at)
        values ($1, $2, $3, $4, $5, $6)
            on conflict (blocker_uri, blocked_uri, target_uri) do update
           set activity_uri = excluded.activity_uri, reason = excluded.reason, ends_at = excluded.ends_at
        """,
        blocker_uri,
        blocked_uri,
        target_uri,
        activity_uri,
        reason,
        ends_at,
    )


async def unblock(db: Connection, blocker_uri: str, activity_uri: str, blocked_uri: str | None) -> None:
    """End what somebody blocked for themselves, by its id or by whom it was of. Safe to run twice."""
    await db.execute(
        """
        delete from blocks
         where blocker_uri = $1 and (activity_uri = $2 or (blocked_uri = $3 and target_uri = $1))
        """,
        blocker_uri,
        activity_uri,
        blocked_uri,
    )


async def lift(db: Connection, blocked_uri: str, target_uri: str) -> bool:
    """End every block of an actor from a target, whoever made it; False when there was none."""
    return bool(
        changed(
            await db.execute(
                "delete from blocks where blocked_uri = $1 and target_uri = $2", blocked_uri, target_uri
            )
        )
    )


async def by_activity(db: Connection, blocker_uri: str, activity_uri: str) -> Block | None:
    """The block that an actor made under this id."""
    row = await db.fetchrow(
        "select * from blocks where blocker_uri = $1 and activity_uri = $2", blocker_uri, activity_uri
    )
    return read(row) if row else None


async def current(db: Connection, blocked_uri: str, target_uri: str, now: datetime) -> Block | None:
    """What keeps an actor out of a group, a person or a server now; of several, the one that ends last."""
    row = await db.fetchrow(
        """
        select * from blocks
         where blocked_uri = $1
           and target_uri in ($2, split_part($2, '/', 1) || '//' || split_part($2, '/', 3) || '/')
           and (ends_at is null or ends_at > $3)
         order by ends_at desc nulls first, target_uri limit 1
        """,
        blocked_uri,
        target_uri,
        now,
    )
    return read(row) if row else None


async def is_blocked(db: Connection, blocked_uri: str, target_uri: str, now: datetime) -> bool:
    """Whether an actor is kept out of a target (a group, or a person who blocked them) now."""
    return await current(db, blocked_uri, target_uri, now) is not None


async def from_target(db: Connection, target_uri: str, now: datetime, limit: int) -> list[Block]:
    """Who is kept out of a target now, the latest first; each actor once."""
    rows = await db.fetch(
        """
        select * from (
            select distinct on (blocked_uri) * from blocks
             where target_uri = $1 and blocker_uri <> $1 and (ends_at is null or ends_at > $2)
             order by blocked_uri, ends_at desc nulls first) as each
         order by created_at desc limit $3
        """,
        target_uri,
        now,
        limit,
    )
    return all_of(read, rows)


async def take_ended(db: Connection, now: datetime, limit: int) -> list[Block]:
    """Forget the blocks whose time is over, and give them back."""
    rows = await db.fetch(
        """
        delete from blocks where (blocker_uri, blocked_uri, target_uri) in (
            select blocker_uri, blocked_uri, target_uri from blocks
             where ends_at is not null and ends_at <= $1 order by ends_at limit $2)
        returning *
        """,
        now,
        limit,
    )
    return all_of(read, rows)


async def hide_posts(
    db: Connection, *, author_id: int, group_id: int | None, blocked_uri: str, target_uri: str, by: int
) -> list[Post]:
    """Hide what a banned person wrote in a group (None: in all of ours), and remember that the ban did it."""
    rows = await db.fetch(
        """
        with chosen as (
            select p.id from posts p
             where p.author_id = $1 and p.state = 'live'
               and case when $2::bigint is null
                        then p.group_id in (select actor_id from groups) else p.group_id = $2 end
             order by p.id desc limit $6
        ), hidden as (
            update posts p set state = 'hidden', hidden_by = $5 from chosen where p.id = chosen.id
            returning p.*
        ), noted as (
            insert into hidden_by_bans (post_id, blocked_uri, target_uri)
            select id, $3, $4 from hidden
                on conflict (post_id) do update
               set blocked_uri = excluded.blocked_uri, target_uri = excluded.target_uri
        )
        select * from hidden order by id
        """,
        author_id,
        group_id,
        blocked_uri,
        target_uri,
        by,
        MOST_HIDDEN,
    )
    return all_of(posts.read, rows)


async def show_posts(db: Connection, blocked_uri: str, target_uri: str) -> list[Post]:
    """Bring back what a ban had hidden and is hidden still."""
    rows = await db.fetch(
        """
        with noted as (
            delete from hidden_by_bans where blocked_uri = $1 and target_uri = $2 returning post_id
        )
        update posts p set state = 'live', hidden_by = null from noted
         where p.id = noted.post_id and p.state = 'hidden'
        returning p.*
        """,
        blocked_uri,
        target_uri,
    )
    return sorted(all_of(posts.read, rows), key=lambda post: post.id)


async def forget_hidden(db: Connection, post_ids: Sequence[int]) -> None:
    """These posts were shown or hidden one by one since: lifting the ban leaves them as they are."""
    await db.execute("delete from hidden_by_bans where post_id = any($1::bigint[])", list(post_ids))


async def refresh_threads(db: Connection, root_ids: Sequence[int]) -> None:
    """Recompute when these threads were last active, after several of their posts came or went."""
    await db.execute(
        """
        update posts r
           set active_at = greatest(r.published_at, (select max(p.published_at) from posts p
                                                      where p.root_id = r.id and p.state = 'live'))
         where r.id = any($1::bigint[])
        """,
        sorted(set(root_ids)),
    )

"""Holds with what they are about, for the pages and commands of moderators, and for the authors of posts.

Who asks has to be one of those who look after what is named: `moderation/holds.py` sees to it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, inbox, posts
from fediverse_support.database.holds import Hold, State
from fediverse_support.database.holds import read as read_hold
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import Row, all_of


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A hold, its post and who wrote it, its group, what is kept in the inbox, and its place in line.

    What is not there any more, or never was, is None. Only what waits has a place; of others it is 0.
    """

    hold: Hold
    post: Post | None
    author: Actor | None
    group: Actor | None
    arrived: Arrived | None
    place: int


async def listed(
    db: Connection,
    groups: Sequence[int] | None,
    state: State,
    group_id: int | None,
    after: int | None,
    limit: int,
) -> list[Line]:
    """What is in `state` in these groups (None: everywhere), in one of them if `group_id` is given.

    What was held first comes first; `after` is the number of the last hold of the page before.
    """
    rows = await db.fetch(
        """
        select * from holds h
         where h.state = $1 and ($2::bigint[] is null or h.group_id = any($2))
           and ($3::bigint is null or h.group_id = $3)
           and ($4::bigint is null or (h.held_at, h.id) > (select held_at, id from holds where id = $4))
         order by h.held_at, h.id limit $5
        """,
        state,
        list(groups) if groups is not None else None,
        group_id,
        after,
        limit,
    )
    return await _lines(db, rows)


async def by_id(db: Connection, hold_id: int) -> Line | None:
    """One hold, whatever its state."""
    rows = await db.fetch("select * from holds where id = $1", hold_id)
    return next(iter(await _lines(db, rows)), None)


async def of_author(
    db: Connection, actor_uri: str, refused_since: datetime, post_ids: Sequence[int] | None, limit: int
) -> list[Line]:
    """What of an author waits, was sent back, or was refused since then, the newest first.

    Only posts and edits, with `post_ids` only of these.
    """
    rows = await db.fetch(
        """
        select * from holds h
         where h.actor_uri = $1 and h.kind in ('post', 'edit')
           and (h.state in ('waiting', 'returned') or h.state = 'refused' and h.decided_at > $2)
           and ($3::bigint[] is null or h.post_id = any($3))
         order by h.id desc limit $4
        """,
        actor_uri,
        refused_since,
        list(post_ids) if post_ids is not None else None,
        limit,
    )
    return await _lines(db, rows)


async def number_waiting(db: Connection, groups: Sequence[int] | None) -> int:
    """How many holds wait in these groups (None: everywhere)."""
    return int(
        await db.fetchval(
            """
            select count(*) from holds
             where state = 'waiting' and ($1::bigint[] is null or group_id = any($1))
            """,
            list(groups) if groups is not None else None,
        )
    )


async def groups_with(db: Connection, groups: Sequence[int] | None) -> list[Actor]:
    """Those of these groups (None: of all) in which something waits, by their names."""
    rows = await db.fetch(
        """
        select * from actors
         where id in (select group_id from holds where state in ('waiting', 'returned'))
           and ($1::bigint[] is null or id = any($1))
         order by lower(coalesce(nullif(display_name, ''), name)), id
        """,
        list(groups) if groups is not None else None,
    )
    return all_of(actors.read, rows)


async def _lines(db: Connection, rows: Sequence[Row]) -> list[Line]:
    """The lines of these rows: what they are about is read in one statement for each kind."""
    held = all_of(read_hold, rows)
    places = await _places(db, [hold.id for hold in held if hold.state == "waiting"])
    people = {actor.uri: actor for actor in await actors.by_uris(db, [hold.actor_uri for hold in held])}
    about = {post.id: post for post in await _posts(db, [hold.post_id for hold in held])}
    groups = {actor.id: actor for actor in await _groups(db, [hold.group_id for hold in held])}
    kept = {one.id: one for one in await _arrivals(db, [hold.inbox_id for hold in held])}
    return [
        Line(
            hold=hold,
            post=about.get(hold.post_id or 0),
            author=people.get(hold.actor_uri),
            group=groups.get(hold.group_id or 0),
            arrived=kept.get(hold.inbox_id or 0),
            place=places.get(hold.id, 0),
        )
        for hold in held
    ]


async def _places(db: Connection, hold_ids: Sequence[int]) -> dict[int, int]:
    """Where these stand in the line of their group, from 1 on."""
    rows = await db.fetch(
        """
        select h.id, (select count(*) from holds e
                       where e.state = 'waiting' and e.group_id is not distinct from h.group_id
                         and (e.held_at, e.id) <= (h.held_at, h.id)) as place
          from holds h where h.id = any($1::bigint[])
        """,
        list(hold_ids),
    )
    return {row["id"]: row["place"] for row in rows}


async def _posts(db: Connection, ids: Sequence[int | None]) -> list[Post]:
    return all_of(posts.read, await db.fetch("select * from posts where id = any($1::bigint[])", list(ids)))


async def _groups(db: Connection, ids: Sequence[int | None]) -> list[Actor]:
    return all_of(actors.read, await db.fetch("select * from actors where id = any($1::bigint[])", list(ids)))


async def _arrivals(db: Connection, ids: Sequence[int | None]) -> list[Arrived]:
    return all_of(inbox.read, await db.fetch("select * from inbox where id = any($1::bigint[])", list(ids)))

"""The `follows` table: who follows whom. A membership of a group is a follow of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from fediverse_support.core.models import Actor
from fediverse_support.database import actors, recalls
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """That `follower` follows `followed`, or has asked to."""

    follower_id: int
    followed_id: int
    state: Literal["pending", "accepted"]
    activity_uris: tuple[str, ...]
    created_at: datetime


class FromElsewhere(msgspec.Struct, frozen=True):
    """Somebody on another server who follows one of ours or has asked to, and what runs on that server."""

    follower: Actor
    is_accepted: bool
    asked_as: str
    software: str | None
    version: str | None


read = reader(Follow)


async def ask(db: Connection, follower_id: int, followed_id: int, activity_uri: str) -> Follow:
    """Record that `follower` asks; keeps an earlier state. Safe to run twice."""
    rows = await db.fetch(
        """
        insert into follows as f (follower_id, followed_id, state, activity_uris)
        values ($1, $2, 'pending', array[$3])
            on conflict (follower_id, followed_id) do update
           set activity_uris = case when $3 = any(f.activity_uris) then f.activity_uris
                                    else array_append(f.activity_uris, $3) end
        returning *
        """,
        follower_id,
        followed_id,
        activity_uri,
    )
    return read(rows[0])


async def accept(db: Connection, follower_id: int, followed_id: int, now: datetime) -> bool:
    """Make a pending follow count; False when there is none. Safe to run twice.

    The request to join that it is about, if one is open, is approved with it.
    """
    return bool(
        changed(
            await db.execute(
                """
                with approved as (
                    update join_requests set state = 'approved', decided_at = $3
                     where group_id = $2 and actor_id = $1 and state in ('waiting', 'asked')
                )
                update follows set state = 'accepted', accepted_at = coalesce(accepted_at, $3)
                 where follower_id = $1 and followed_id = $2
                """,
                follower_id,
                followed_id,
                now,
            )
        )
    )


async def between(db: Connection, follower_id: int, followed_id: int) -> Follow | None:
    """The follow of one by the other."""
    row = await db.fetchrow(
        "select * from follows where follower_id = $1 and followed_id = $2", follower_id, followed_id
    )
    return read(row) if row else None


async def by_activity(db: Connection, follower_id: int, activity_uri: str) -> Follow | None:
    """The follow that `follower` asked for under this id."""
    row = await db.fetchrow(
        "select * from follows where follower_id = $1 and $2 = any(activity_uris)", follower_id, activity_uri
    )
    return read(row) if row else None


async def asked_as(db: Connection, activity_uri: str, followed_id: int) -> Follow | None:
    """The follow of `followed` that somebody asked for under this id."""
    row = await db.fetchrow(
        "select * from follows where followed_id = $2 and $1 = any(activity_uris)", activity_uri, followed_id
    )
    return read(row) if row else None


async def remove(db: Connection, follower_id: int, followed_id: int) -> bool:
    """End a follow; False when there was none. Safe to run twice.

    The request to join that it is about, if one is still open, is withdrawn with it, and what waits to be
    delivered to them as a member is taken back.
    """
    await recalls.end_membership(db, followed_id)
    status = await db.execute(
        """
        with withdrawn as (
            update join_requests set state = 'withdrawn', decided_at = now()
             where group_id = $2 and actor_id = $1 and state in ('waiting', 'asked')
        )
        delete from follows where follower_id = $1 and followed_id = $2
        """,
        follower_id,
        followed_id,
    )
    await recalls.from_former_member(db, follower_id, followed_id)
    return bool(changed(status))


async def of_ours(db: Connection, follower_id: int) -> list[Actor]:
    """Our groups and people that somebody follows, or has asked to."""
    rows = await db.fetch(
        """
        select a.* from follows f join actors a on a.id = f.followed_id
         where f.follower_id = $1 and a.is_local order by a.id
        """,
        follower_id,
    )
    return all_of(actors.read, rows)


async def remove_all_of(db: Connection, actor_id: int) -> None:
    """End every follow by and of an actor, and withdraw what they asked or were asked."""
    await db.execute(
        """
        with withdrawn as (
            update join_requests set state = 'withdrawn', decided_at = now()
             where (group_id = $1 or actor_id = $1) and state in ('waiting', 'asked')
        )
        delete from follows where follower_id = $1 or followed_id = $1
        """,
        actor_id,
    )
    await recalls.from_former_member(db, actor_id)


async def pending_for(db: Connection, followed_id: int) -> list[Actor]:
    """Who is waiting to be let in, the longest first."""
    rows = await db.fetch(
        """
        select a.* from follows f join actors a on a.id = f.follower_id
         where f.followed_id = $1 and f.state = 'pending'
         order by f.created_at limit 200
        """,
        followed_id,
    )
    return all_of(actors.read, rows)


async def followed_groups(db: Connection, follower_id: int) -> list[Actor]:
    """The groups, here and elsewhere, that someone is in, by title."""
    rows = await db.fetch(
        """
        select a.* from follows f join actors a on a.id = f.followed_id
         where f.follower_id = $1 and f.state = 'accepted' and a.type = 'Group' and a.state = 'active'
         order by lower(a.display_name), a.id
        """,
        follower_id,
    )
    return all_of(actors.read, rows)


async def has_local_followers(db: Connection, followed_id: int) -> bool:
    """Whether somebody here follows this actor."""
    return bool(
        await db.fetchval(
            """
            select exists (select from follows f join actors a on a.id = f.follower_id
                            where f.followed_id = $1 and f.state = 'accepted' and a.is_local)
            """,
            followed_id,
        )
    )


async def has_members_elsewhere(db: Connection) -> bool:
    """Whether somebody here is in a group of another server that keeps what is said among its members."""
    return bool(
        await db.fetchval(
            """
            select exists (select from follows f
                             join actors g on g.id = f.followed_id
                             join actors m on m.id = f.follower_id
                            where f.state = 'accepted' and m.is_local and not g.is_local
                              and g.type = 'Group' and g.approves_followers)
            """
        )
    )


async def local_followers(db: Connection, followed_id: int) -> list[Actor]:
    """The people here who follow this actor and were accepted."""
    rows = await db.fetch(
        """
        select a.* from follows f join actors a on a.id = f.follower_id
         where f.followed_id = $1 and f.state = 'accepted' and a.is_local
         order by a.id
        """,
        followed_id,
    )
    return all_of(actors.read, rows)


async def remove_accepted_before(
    db: Connection, followed_id: int, follower_ids: Sequence[int], moment: datetime
) -> int:
    """End these follows, as far as they counted before that moment; how many. Safe to run twice."""
    return changed(
        await db.execute(
            """
            delete from follows
             where followed_id = $1 and follower_id = any($2::bigint[]) and state = 'accepted'
               and coalesce(accepted_at, created_at) < $3
            """,
            followed_id,
            list(follower_ids),
            moment,
        )
    )


async def on_servers(db: Connection, pairs: Sequence[tuple[int, str]]) -> dict[tuple[int, str], list[str]]:
    """The ids of the accepted followers, for each (actor of ours, host of a server with followers).

    By the host of their ids: a handle may name another one. The same that `on_server` lists, page by page.
    """
    rows = await db.fetch(
        """
        select asked.followed_id, asked.host, a.uri
          from (select distinct * from unnest($1::bigint[], $2::text[]) as q (followed_id, host)) asked
          join actors a on split_part(a.uri, '/', 3) = asked.host and not a.is_local and a.state = 'active'
          join follows f on f.follower_id = a.id and f.followed_id = asked.followed_id
                        and f.state = 'accepted'
        """,
        [followed_id for followed_id, _ in pairs],
        [host for _, host in pairs],
    )
    found: dict[tuple[int, str], list[str]] = {pair: [] for pair in pairs}
    for row in rows:
        found[row["followed_id"], row["host"]].append(row["uri"])
    return found


async def on_server(db: Connection, followed_id: int, host: str, limit: int, offset: int = 0) -> list[str]:
    """The ids of the accepted followers of an actor of ours on one server, in order of their coming."""
    rows = await db.fetch(
        """
        select a.uri
          from actors a
          join follows f on f.follower_id = a.id and f.followed_id = $1 and f.state = 'accepted'
         where split_part(a.uri, '/', 3) = $2 and not a.is_local and a.state = 'active'
         order by a.id limit $3 offset $4
        """,
        followed_id,
        host,
        limit,
        offset,
    )
    return [row["uri"] for row in rows]


async def total_on_server(db: Connection, followed_id: int, host: str) -> int:
    """How many `on_server` lists in all."""
    return int(
        await db.fetchval(
            """
            select count(*)
              from actors a
              join follows f on f.follower_id = a.id and f.followed_id = $1 and f.state = 'accepted'
             where split_part(a.uri, '/', 3) = $2 and not a.is_local and a.state = 'active'
            """,
            followed_id,
            host,
        )
    )


async def groups_open_to(db: Connection, host: str, unable: Sequence[str], old_lemmy: str) -> list[int]:
    """The groups of ours with accepted followers on a server: whose members' words it may fetch.

    None if its software is one of `unable`, or a Lemmy whose version matches `old_lemmy`: that would show
    them to everybody (`protocol/peers.py`).
    """
    rows = await db.fetch(
        """
        select distinct f.followed_id
          from actors a
          join follows f on f.follower_id = a.id and f.state = 'accepted'
          join groups g on g.actor_id = f.followed_id and g.reach <> 'sealed'
          left join hosts h on h.name = $1
         where split_part(a.uri, '/', 3) = $1 and not a.is_local and a.state = 'active'
           and lower(coalesce(h.software, '')) <> all($2::text[])
           and not (lower(coalesce(h.software, '')) = 'lemmy' and coalesce(h.software_version, '') ~ $3)
        """,
        host,
        list(unable),
        old_lemmy,
    )
    return [row["followed_id"] for row in rows]


async def from_elsewhere(db: Connection, followed_id: int) -> list[FromElsewhere]:
    """Everybody on other servers who follows an actor of ours or has asked to."""
    rows = await db.fetch(
        """
        select a as actor, f.state = 'accepted' as is_accepted,
               coalesce(f.activity_uris[array_upper(f.activity_uris, 1)], '') as asked_as,
               h.software, h.software_version
          from follows f
          join actors a on a.id = f.follower_id and not a.is_local
          left join hosts h on h.name = split_part(a.uri, '/', 3)
         where f.followed_id = $1
         order by a.id
        """,
        followed_id,
    )
    return [
        FromElsewhere(
            actors.read(row["actor"]),
            row["is_accepted"],
            row["asked_as"],
            row["software"],
            row["software_version"],
        )
        for row in rows
    ]


async def let_wait(db: Connection, follower_id: int, followed_id: int) -> None:
    """A follow that counted is only asked for again, until somebody decides. Safe to run twice."""
    await db.execute(
        """
        update follows set state = 'pending', accepted_at = null
         where follower_id = $1 and followed_id = $2
        """,
        follower_id,
        followed_id,
    )


async def count_of(db: Connection, followed_id: int) -> int:
    """How many follow this actor (for the collection's total; never shown to people)."""
    return int(
        await db.fetchval(
            "select count(*) from follows where followed_id = $1 and state = 'accepted'", followed_id
        )
    )


async def count_by(db: Connection, follower_id: int) -> int:
    """How many this actor follows (for the collection's total); membership of a closed group is nobody's
    business, and so does not count.
    """
    return int(
        await db.fetchval(
            """
            select count(*)
              from follows f
              left join groups g on g.actor_id = f.followed_id
             where f.follower_id = $1 and f.state = 'accepted'
               and (g.actor_id is null or (g.seeing = 'everyone' and g.reach in ('open', 'quiet')))
            """,
            follower_id,
        )
    )

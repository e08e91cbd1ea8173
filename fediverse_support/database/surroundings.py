"""What a group's page shows beside its threads: who looks after it, who is in it, what is next door."""

from collections.abc import Sequence

import msgspec

from fediverse_support.core.models import Actor, Group, Viewer
from fediverse_support.database import actors, groups, threads
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed
from fediverse_support.database.threads import Shown


class Sister(msgspec.Struct, frozen=True):
    """A group next door: ours with its doors (`group`), or one of another server."""

    actor: Actor
    group: Group | None


class Surroundings(msgspec.Struct, frozen=True):
    """Who looks after a group, the longest-serving first, and the groups next door."""

    moderators: list[Actor]
    sisters: list[Sister]


async def of(db: Connection, group_id: int) -> Surroundings:
    """The surroundings of a group, as they are: whether a viewer may know of a sister is for the caller."""
    rows = await db.fetch(
        """
        select a.*, t.kind, g.*
          from (select m.actor_id as id, 'moderator' as kind, m.added_at
                  from group_moderators m where m.group_id = $1
                 union all
                select s.sister_id, 'sister', s.added_at from sister_groups s where s.group_id = $1) t
          join actors a on a.id = t.id
          left join groups g on g.actor_id = a.id and t.kind = 'sister'
         where a.state = 'active'
         order by t.added_at, a.id
        """,
        group_id,
    )
    moderators = [actors.read(row) for row in rows if row["kind"] == "moderator"]
    sisters = []
    for row in rows:
        if row["kind"] == "sister":
            actor = actors.read(row)
            ours = groups.of_row(actor, row) if row["joining"] is not None else None
            sisters.append(Sister(actor, ours))
    return Surroundings(moderators, sisters)


async def add_sister(db: Connection, group_id: int, sister_id: int) -> None:
    """Let a group stand next door. Safe to run twice."""
    await db.execute(
        "insert into sister_groups (group_id, sister_id) values ($1, $2) on conflict do nothing",
        group_id,
        sister_id,
    )


async def remove_sister(db: Connection, group_id: int, sister_id: int) -> bool:
    """Let a group stand next door no longer; False if it did not."""
    query = "delete from sister_groups where group_id = $1 and sister_id = $2"
    return bool(changed(await db.execute(query, group_id, sister_id)))


async def count_sisters(db: Connection, group_id: int) -> int:
    """How many groups stand next door."""
    return int(await db.fetchval("select count(*) from sister_groups where group_id = $1", group_id))


async def open_threads(
    db: Connection, viewer: Viewer, group_ids: Sequence[int], each: int
) -> dict[int, list[Shown]]:
    """The latest threads of these groups, `each` of every one: only what is open, for whoever looks."""
    rows = await db.fetch(
        """
        select p.*
          from unnest($1::bigint[]) as g (id)
         cross join lateral (
               select p.* from shown_posts p
                where p.group_id = g.id and p.root_id = p.id and p.state = 'live' and p.reach = 'open'
                  and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
                order by p.active_at desc, p.id desc
                limit $8) p
        """,
        list(group_ids),
        *viewer.sight,
        each,
    )
    found: dict[int, list[Shown]] = {}
    for row in rows:
        found.setdefault(row["group_id"], []).append(threads.read(row))
    return found


async def pinned(db: Connection, viewer: Viewer, group_id: int, limit: int) -> list[Shown]:
    """The posts at the top of a group that `viewer` may see, the latest pinned first."""
    rows = await db.fetch(
        """
        select p.*
          from pins n
          join shown_posts p on p.uri = n.object_uri
         where n.group_id = $1 and p.group_id = $1 and p.state = 'live'
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
           and is_on_show(p.reach, p.group_id, $2, $3)
         order by n.pinned_at desc, p.id desc
         limit $8
        """,
        group_id,
        *viewer.sight,
        limit,
    )
    return [threads.read(row) for row in rows]


async def members(db: Connection, group_id: int, after: str, limit: int) -> list[Actor]:
    """Who is in a group, by name, from the one called `after` on (see `sort_key`)."""
    rows = await db.fetch(
        """
        select a.* from follows f join actors a on a.id = f.follower_id
         where f.followed_id = $1 and f.state = 'accepted' and a.state = 'active'
           and lower(a.name) || '@' || a.host > $2
         order by lower(a.name) || '@' || a.host
         limit $3
        """,
        group_id,
        after,
        limit,
    )
    return all_of(actors.read, rows)


def sort_key(actor: Actor) -> str:
    """By what `members` sorts."""
    return f"{actor.name.lower()}@{actor.host}"


async def member(db: Connection, group_id: int, actor_id: int) -> Actor | None:
    """Somebody who is in a group."""
    row = await db.fetchrow(
        """
        select a.* from follows f join actors a on a.id = f.follower_id
         where f.followed_id = $1 and f.follower_id = $2 and f.state = 'accepted'
        """,
        group_id,
        actor_id,
    )
    return actors.read(row) if row else None

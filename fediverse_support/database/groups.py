"""The `groups` and `group_moderators` tables: our groups and who looks after them."""

from collections.abc import Sequence

from fediverse_support.core.models import Actor, Group, Post, Viewer
from fediverse_support.database import actors, posts
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import Row, all_of

_FIELDS = tuple(field for field in Group.__struct_fields__ if field != "actor")


def read(row: Row) -> Group:
    """A row of the view `our_groups`."""
    return of_row(actors.read(row), row)


def of_row(actor: Actor, row: Row) -> Group:
    """The group of `actor`, from a row with the columns of `groups`."""
    return Group(actor=actor, **{field: row[field] for field in _FIELDS})


async def insert(db: Connection, group: Group) -> None:
    """Store the four answers of a group whose actor is stored."""
    await db.execute(
        """
        insert into groups (actor_id, joining, seeing, speaking, reach, rules_source, rules_html,
                            default_reach)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        group.actor.id,
        group.joining,
        group.seeing,
        group.speaking,
        group.reach,
        group.rules_source,
        group.rules_html,
        group.default_reach,
    )


async def update(db: Connection, group: Group) -> None:
    """Change the four answers and the rules of a group."""
    await db.execute(
        """
        update groups
           set joining = $2, seeing = $3, speaking = $4, reach = $5, rules_source = $6, rules_html = $7,
               default_reach = $8
         where actor_id = $1
        """,
        group.actor.id,
        group.joining,
        group.seeing,
        group.speaking,
        group.reach,
        group.rules_source,
        group.rules_html,
        group.default_reach,
    )


async def time_zone(db: Connection, group_id: int) -> str:
    """The zone in which a group's days and nights are."""
    found = await db.fetchval("select time_zone from groups where actor_id = $1", group_id)
    return str(found or "UTC")


async def set_time_zone(db: Connection, group_id: int, name: str) -> None:
    """Say in which zone a group's days and nights are. Safe to run twice."""
    await db.execute("update groups set time_zone = $2 where actor_id = $1", group_id, name)


async def by_name(db: Connection, name: str) -> Group | None:
    """Our group of this name."""
    row = await db.fetchrow("select * from our_groups where is_local and name = $1", name.lower())
    return read(row) if row else None


async def by_actor(db: Connection, actor_id: int) -> Group | None:
    """Our group with this actor."""
    row = await db.fetchrow("select * from our_groups where id = $1", actor_id)
    return read(row) if row else None


async def named(db: Connection, name: str) -> tuple[Actor, Group | None] | None:
    """The person or group of ours with this name, whatever its state; a group with its own answers."""
    row = await db.fetchrow(
        """
        select a as actor, g as rules
          from actors a left join groups g on g.actor_id = a.id
         where a.is_local and a.name = $1
        """,
        name.lower(),
    )
    if row is None:
        return None
    actor = actors.read(row["actor"])
    return actor, of_row(actor, row["rules"]) if row["rules"] else None


async def with_rules(db: Connection, actor_id: int) -> tuple[Actor, Group | None] | None:
    """The group with this actor, ours or another server's; its answers are there if it is ours."""
    row = await db.fetchrow(
        "select a.*, g.* from actors a left join groups g on g.actor_id = a.id where a.id = $1", actor_id
    )
    if row is None:
        return None
    actor = actors.read(row)
    return actor, of_row(actor, row) if row["joining"] is not None else None


async def listed(db: Connection) -> list[Group]:
    """All our groups, in the community's own order."""
    rows = await db.fetch(
        "select * from our_groups where state = 'active' order by position, lower(display_name)"
    )
    return [read(row) for row in rows]


async def moderators(db: Connection, group_id: int) -> list[Actor]:
    """Who looks after a group, the longest-serving first."""
    rows = await db.fetch(
        """
        select a.* from group_moderators m join actors a on a.id = m.actor_id
         where m.group_id = $1 and a.state = 'active'
         order by m.added_at, a.id
        """,
        group_id,
    )
    return all_of(actors.read, rows)


async def owner(db: Connection, group_id: int) -> int | None:
    """The actor who decides about a group: who may hand over, archive, move and delete it."""
    found: int | None = await db.fetchval(
        """
        select m.actor_id from group_moderators m join actors a on a.id = m.actor_id
         where m.group_id = $1 and m.is_owner and a.is_local and a.state = 'active' limit 1
        """,
        group_id,
    )
    return found


async def is_moderator(db: Connection, group_id: int, actor_id: int) -> bool:
    """Whether an actor looks after a group."""
    return bool(
        await db.fetchval(
            "select exists (select from group_moderators where group_id = $1 and actor_id = $2)",
            group_id,
            actor_id,
        )
    )


async def add_moderator(db: Connection, group_id: int, actor_id: int) -> None:
    """Let someone look after a group. Safe to run twice."""
    await db.execute(
        "insert into group_moderators (group_id, actor_id) values ($1, $2) on conflict do nothing",
        group_id,
        actor_id,
    )


async def remove_moderator(db: Connection, group_id: int, actor_id: int) -> None:
    """End that. Safe to run twice."""
    await db.execute("delete from group_moderators where group_id = $1 and actor_id = $2", group_id, actor_id)


async def hold(db: Connection, group_id: int) -> None:
    """Let nobody change the doors, the rules or the questions of a group until the transaction ends."""
    await db.execute("select from groups where actor_id = $1 for share", group_id)


async def set_join_questions(db: Connection, group_id: int, questions: Sequence[str]) -> None:
    """What who asks to join is asked."""
    await db.execute("update groups set join_questions = $2 where actor_id = $1", group_id, list(questions))


async def pin(db: Connection, group_id: int, object_uri: str) -> None:
    """Keep a post at the top of a group. Safe to run twice."""
    await db.execute(
        "insert into pins (group_id, object_uri) values ($1, $2) on conflict do nothing", group_id, object_uri
    )


async def unpin(db: Connection, group_id: int, object_uri: str) -> None:
    """Let a post sink again. Safe to run twice."""
    await db.execute("delete from pins where group_id = $1 and object_uri = $2", group_id, object_uri)


async def pinned_uris(db: Connection, group_id: int) -> list[str]:
    """The ids of what a group keeps at the top, whoever may see it."""
    rows = await db.fetch(
        "select object_uri from pins where group_id = $1 order by pinned_at desc limit 1000", group_id
    )
    return [row["object_uri"] for row in rows]


async def pinned(db: Connection, viewer: Viewer, group_id: int, limit: int) -> list[Post]:
    """The posts at the top of a group that `viewer` may see, the latest pinned first: for `featured`."""
    rows = await db.fetch(
        """
        select p.* from pins n join posts p on p.uri = n.object_uri
         where n.group_id = $1 and p.group_id = $1
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
           and is_on_show(p.reach, p.group_id, $2, $3)
         order by n.pinned_at desc, p.id desc limit $8
        """,
        group_id,
        *viewer.sight,
        limit,
    )
    return all_of(posts.read, rows)

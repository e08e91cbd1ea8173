"""The tables `topics` and `group_topics`: the tree of what somebody may need, and the groups in it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `topics`: a need that people bring, perhaps below a wider one."""

    id: int
    parent_id: int | None
    slug: str
    name: str
    description: str = ""
    position: int = 0


read = reader(Topic)


async def topics(db: Connection) -> list[Topic]:
    """The whole tree, each level in its own order."""
    return all_of(read, await db.fetch("select * from topics order by position, lower(name), id"))


async def lock_topics(db: Connection) -> None:
    """Let nobody else change the tree until this transaction ends: two moves at once could make a circle."""
    await db.execute("lock table topics in share row exclusive mode")


async def topic_by_slug(db: Connection, slug: str) -> Topic | None:
    """The topic with this slug."""
    row = await db.fetchrow("select * from topics where slug = $1", slug)
    return read(row) if row else None


async def add_topic(
    db: Connection, *, slug: str, name: str, description: str, parent_id: int | None
) -> Topic | None:
    """Put a topic at the end of its level; None when the slug is taken."""
    row = await db.fetchrow(
        """
        insert into topics (id, parent_id, slug, name, description, position)
        values ($1, $2, $3, $4, $5,
                (select coalesce(max(position), 0) + 1 from topics where parent_id is not distinct from $2))
            on conflict (slug) do nothing
        returning *
        """,
        new_id(),
        parent_id,
        slug,
        name,
        description,
    )
    return read(row) if row else None


async def describe_topic(db: Connection, topic_id: int, *, slug: str, name: str, description: str) -> bool:
    """Rename a topic; False when another has this slug."""
    status = await db.execute(
        """
        update topics set slug = $2, name = $3, description = $4
         where id = $1 and not exists (select from topics where slug = $2 and id <> $1)
        """,
        topic_id,
        slug,
        name,
        description,
    )
    return bool(changed(status))


async def place_topic(db: Connection, topic_id: int, parent_id: int | None, position: int) -> None:
    """Put a topic below another, or at the top, at this place of its level."""
    await db.execute(
        "update topics set parent_id = $2, position = $3 where id = $1", topic_id, parent_id, position
    )


async def order_topics(db: Connection, topic_ids: Sequence[int]) -> None:
    """Let these topics of one level stand in this order."""
    await db.execute(
        """
        update topics t set position = o.place
          from unnest($1::bigint[]) with ordinality as o (id, place)
         where t.id = o.id
        """,
        list(topic_ids),
    )


async def remove_topic(db: Connection, topic: Topic) -> None:
    """Take a topic out of the tree; what stands below it and in it moves up to where it stood."""
    await db.execute("update topics set parent_id = $2 where parent_id = $1", topic.id, topic.parent_id)
    if topic.parent_id is not None:
        await db.execute(
            """
            insert into group_topics (group_id, topic_id) select group_id, $2 from group_topics
             where topic_id = $1 on conflict do nothing
            """,
            topic.id,
            topic.parent_id,
        )
    await db.execute("delete from topics where id = $1", topic.id)


async def places(db: Connection, group_ids: Sequence[int]) -> dict[int, list[int]]:
    """Under which topics each of these groups stands."""
    rows = await db.fetch(
        "select group_id, topic_id from group_topics where group_id = any($1::bigint[])", list(group_ids)
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row["group_id"], []).append(row["topic_id"])
    return found


async def put_group(db: Connection, group_id: int, topic_ids: Sequence[int]) -> None:
    """Let a group stand under these topics and no others. Safe to run twice."""
    await db.execute(
        "delete from group_topics where group_id = $1 and topic_id <> all($2::bigint[])",
        group_id,
        list(topic_ids),
    )
    await db.execute(
        """
        insert into group_topics (group_id, topic_id) select $1, t.id from topics t
         where t.id = any($2::bigint[]) on conflict do nothing
        """,
        group_id,
        list(topic_ids),
    )


async def matching(db: Connection, group_ids: Sequence[int], words: str) -> set[int]:
    """Which of these groups have every one of `words` (in small letters) in their title or description."""
    rows = await db.fetch(
        """
        select a.id from actors a
         where a.id = any($1::bigint[])
           and not exists (select from unnest(string_to_array($2, ' ')) as w (word)
                            where position(w.word in lower(a.display_name || ' ' || a.summary_source)) = 0)
        """,
        list(group_ids),
        words,
    )
    return {row["id"] for row in rows}


async def invited_to(db: Connection, handle: str, now: datetime) -> set[int]:
    """The groups that have invited this handle (`name@host`, in small letters) and still would let it in."""
    rows = await db.fetch(
        """
        select group_id from invitations
         where handle = $1 and revoked_at is null and expires_at > $2 and uses < most_uses
        """,
        handle,
        now,
    )
    return {row["group_id"] for row in rows}

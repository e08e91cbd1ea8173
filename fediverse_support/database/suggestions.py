"""What is asked of the database to point somebody to groups that may be for them."""

from collections.abc import Sequence
from datetime import datetime

from fediverse_support.database.pool import Connection


async def left_out(db: Connection, actor_id: int) -> set[int]:
    """Whom somebody is not pointed to: whom they follow or have asked to, and what they have dismissed."""
    rows = await db.fetch(
        """
        select followed_id as id from follows where follower_id = $1
         union
        select suggested_id from dismissed_suggestions where actor_id = $1
        """,
        actor_id,
    )
    return {row["id"] for row in rows}


async def dismiss(db: Connection, actor_id: int, suggested_id: int) -> None:
    """Do not point somebody there again. Safe to run twice."""
    await db.execute(
        """
        insert into dismissed_suggestions (actor_id, suggested_id)
        select $1, a.id from actors a where a.id = $2 on conflict do nothing
        """,
        actor_id,
        suggested_id,
    )


async def needs_of(db: Connection, actor_id: int) -> set[int]:
    """The topics of the groups that somebody is in."""
    rows = await db.fetch(
        """
        select distinct t.topic_id
          from follows f join group_topics t on t.group_id = f.followed_id
         where f.follower_id = $1 and f.state = 'accepted'
        """,
        actor_id,
    )
    return {row["topic_id"] for row in rows}


async def last_active(db: Connection, group_ids: Sequence[int]) -> dict[int, datetime]:
    """When somebody last wrote in each of these groups; nothing for those in which nobody has."""
    rows = await db.fetch(
        """
        select g.id, p.active_at
          from unnest($1::bigint[]) as g (id)
         cross join lateral (select active_at from posts
                              where group_id = g.id and root_id = posts.id and state = 'live'
                              order by active_at desc limit 1) as p
        """,
        list(group_ids),
    )
    return {row["id"]: row["active_at"] for row in rows}

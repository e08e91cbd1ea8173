"""What people keep at the top of their profiles. (That of groups is in `groups.py`: one table has both.)"""

from datetime import datetime

from fediverse_support.core.models import Post, Viewer
from fediverse_support.database import posts
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed


async def lock(db: Connection, actor_id: int) -> None:
    """Let nobody else change what is at the top of this profile before the transaction ends."""
    await db.execute("select from actors where id = $1 for no key update", actor_id)


async def of_person(db: Connection, actor_id: int) -> list[str]:
    """The ids of the live posts at the top of somebody's profile, the latest pinned first."""
    rows = await db.fetch(
        """
        select n.object_uri from pins n join posts p on p.uri = n.object_uri and p.state = 'live'
         where n.group_id = $1 order by n.pinned_at desc
        """,
        actor_id,
    )
    return [row["object_uri"] for row in rows]


async def add(db: Connection, actor_id: int, object_uri: str, now: datetime) -> None:
    """Put a post at the top. Safe to run twice."""
    await db.execute(
        "insert into pins (group_id, object_uri, pinned_at) values ($1, $2, $3) on conflict do nothing",
        actor_id,
        object_uri,
        now,
    )


async def remove(db: Connection, actor_id: int, object_uri: str) -> bool:
    """Let it sink; False if it was not there."""
    return bool(
        changed(
            await db.execute("delete from pins where group_id = $1 and object_uri = $2", actor_id, object_uri)
        )
    )


async def shown(db: Connection, viewer: Viewer, actor_id: int, limit: int) -> list[Post]:
    """What is at the top of somebody's profile, as far as `viewer` may see it, the latest pinned first."""
    rows = await db.fetch(
        """
        select p.* from pins n join posts p on p.uri = n.object_uri
         where n.group_id = $1 and p.author_id = $1
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
           and is_on_show(p.reach, p.group_id, $2, $3)
         order by n.pinned_at desc, p.id desc limit $8
        """,
        actor_id,
        *viewer.sight,
        limit,
    )
    return all_of(posts.read, rows)

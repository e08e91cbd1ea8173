"""The notices in `groups`, and the table `entry_notices_seen`: who has read what stands before a group."""

from datetime import datetime

from fediverse_support.core.models import Group
from fediverse_support.database.pool import Connection


async def replace(db: Connection, group: Group) -> None:
    """Let a group say what `group` says. Safe to run twice."""
    await db.execute(
        """
        update groups
           set entry_source = $2, entry_html = $3, posting_source = $4, posting_html = $5
         where actor_id = $1
        """,
        group.actor.id,
        group.entry_source,
        group.entry_html,
        group.posting_source,
        group.posting_html,
    )


async def has_seen(db: Connection, group_id: int, actor_id: int) -> bool:
    """Whether somebody has read the entry notice of a group as it is now."""
    return bool(
        await db.fetchval(
            "select exists (select from entry_notices_seen where group_id = $1 and actor_id = $2)",
            group_id,
            actor_id,
        )
    )


async def see(db: Connection, group_id: int, actor_id: int, now: datetime) -> None:
    """Somebody has read it. Safe to run twice."""
    await db.execute(
        """
        insert into entry_notices_seen (group_id, actor_id, seen_at) values ($1, $2, $3)
            on conflict do nothing
        """,
        group_id,
        actor_id,
        now,
    )


async def forget(db: Connection, group_id: int) -> None:
    """Nobody has read it, because it is another one now. Safe to run twice."""
    await db.execute("delete from entry_notices_seen where group_id = $1", group_id)

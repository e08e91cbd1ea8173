"""Locked posts: nobody but moderators answers one, nor anything below it."""

from datetime import datetime

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import changed


async def lock(db: Connection, post_id: int, by: int, now: datetime) -> bool:
    """Close a post and all below it for answers; False when it was closed."""
    return bool(
        changed(
            await db.execute(
                "update posts set locked_at = $3, locked_by = $2 where id = $1 and locked_at is null",
                post_id,
                by,
                now,
            )
        )
    )


async def unlock(db: Connection, post_id: int) -> bool:
    """Open a post for answers again; False when it was open."""
    return bool(
        changed(
            await db.execute(
                """
                update posts set locked_at = null, locked_by = null where id = $1 and locked_at is not null
                """,
                post_id,
            )
        )
    )


async def is_below_lock(db: Connection, post_id: int) -> bool:
    """Whether this post, or one above it, is locked. Bounded, and safe where `inReplyTo` goes round."""
    return bool(
        await db.fetchval("select is_below_lock(p.id, p.root_id) from posts p where p.id = $1", post_id)
    )

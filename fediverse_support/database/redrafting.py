"""A post is deleted to be written anew: its pictures outlive it by a day."""

from datetime import datetime

from fediverse_support.database.pool import Connection


async def let_go(db: Connection, post_id: int, now: datetime) -> None:
    """Let the pictures of a post of ours stand in no post. Call it just before the post is deleted.

    Safe to run twice.
    """
    await db.execute(
        """
        update media m set post_id = null, added_at = $2
          from actors a
         where m.post_id = $1 and m.purpose = 'post' and a.id = m.owner_id and a.is_local
        """,
        post_id,
        now,
    )

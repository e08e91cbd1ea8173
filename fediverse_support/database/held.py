"""The `held_activities` table: what brought a held post, for the group to announce when it is let in."""

from fediverse_support.database.pool import Connection


async def keep(db: Connection, post_id: int, body: str) -> None:
    """Keep the activity of a held post. Safe to run twice."""
    await db.execute(
        "insert into held_activities (post_id, body) values ($1, $2) on conflict do nothing", post_id, body
    )


async def is_kept(db: Connection, post_id: int) -> bool:
    """Whether the activity of a post is kept, because nobody was told of it yet."""
    return bool(await db.fetchval("select exists (select from held_activities where post_id = $1)", post_id))


async def take(db: Connection, post_id: int) -> str | None:
    """The activity of a held post, which is not kept any longer."""
    body: str | None = await db.fetchval(
        "delete from held_activities where post_id = $1 returning body", post_id
    )
    return body

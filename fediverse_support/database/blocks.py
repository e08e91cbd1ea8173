"""The `blocks` table: whom somebody, or a group, does not want to hear from."""

from datetime import datetime

from fediverse_support.database.pool import Connection


async def block(
    db: Connection,
    *,
    blocker_uri: str,
    blocked_uri: str,
    target_uri: str,
    activity_uri: str,
    reason: str,
    ends_at: datetime | None,
) -> None:
    """Store a block of one actor by another, from a target. Safe to run twice."""
    await db.execute(
        """
        insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri, reason, ends_at)
        values ($1, $2, $3, $4, $5, $6)
            on conflict (blocker_uri, blocked_uri, target_uri) do update
           set activity_uri = excluded.activity_uri, reason = excluded.reason, ends_at = excluded.ends_at
        """,
        blocker_uri,
        blocked_uri,
        target_uri,
        activity_uri,
        reason,
        ends_at,
    )


async def unblock(db: Connection, blocker_uri: str, activity_uri: str, blocked_uri: str | None) -> None:
    """End a block, by its id or by whom it was of. Safe to run twice."""
    await db.execute(
        "delete from blocks where blocker_uri = $1 and (activity_uri = $2 or blocked_uri = $3)",
        blocker_uri,
        activity_uri,
        blocked_uri,
    )


async def is_blocked(db: Connection, blocked_uri: str, target_uri: str, now: datetime) -> bool:
    """Whether an actor is kept out of a target (a group, or a person who blocked them) now."""
    return bool(
        await db.fetchval(
            """
            select exists (select from blocks
                            where blocked_uri = $1 and target_uri = $2 and (ends_at is null or ends_at > $3))
            """,
            blocked_uri,
            target_uri,
            now,
        )
    )

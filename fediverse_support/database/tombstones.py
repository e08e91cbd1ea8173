"""The `tombstones` and `undone` tables: what must not come back when it arrives late."""

from datetime import datetime

from fediverse_support.database.pool import Connection


async def mark_undone(db: Connection, activity_uri: str, by_uri: str) -> None:
    """Remember that an activity was undone, even if it has not arrived yet. Safe to run twice."""
    await db.execute(
        "insert into undone (activity_uri, by_uri) values ($1, $2) on conflict do nothing",
        activity_uri,
        by_uri,
    )


async def was_undone(db: Connection, activity_uri: str, by_uri: str) -> bool:
    """Whether its own actor has undone this activity."""
    return bool(
        await db.fetchval(
            "select exists (select from undone where activity_uri = $1 and by_uri = $2)", activity_uri, by_uri
        )
    )


async def bury(db: Connection, uri: str, by_uri: str, former_type: str, now: datetime) -> None:
    """Remember for ever that an object was deleted, and by whom. Safe to run twice.

    What its author wrote there is forgotten at once also where the words were kept to try policies on them.
    """
    await db.execute(
        """
        with forgotten as (
            update decisions set words = null
             where object_uri = $1 and object_uri <> '' and words is not null and actor_uri = $2
        )
        insert into tombstones (uri, by_uri, former_type, deleted_at) values ($1, $2, $3, $4)
            on conflict do nothing
        """,
        uri,
        by_uri,
        former_type,
        now,
    )


async def is_buried(db: Connection, uri: str, author_uri: str) -> bool:
    """Whether this object was deleted by its author, so that a late Create must not bring it back."""
    return bool(
        await db.fetchval(
            "select exists (select from tombstones where uri = $1 and by_uri = $2)", uri, author_uri
        )
    )


async def forget_strays(db: Connection, before: datetime) -> None:
    """Forget deletions of what never came, and what was undone, from before then; at most 5,000 of each.

    Strangers could otherwise fill our disk (reliability D8). Deletions of what was here stay for ever.
    """
    await db.execute(
        """
        delete from tombstones where (uri, by_uri) in (
            select uri, by_uri from tombstones t
             where deleted_at < $1 and not exists (select from posts p where p.uri = t.uri) limit 5000)
        """,
        before,
    )
    await db.execute(
        """
        delete from undone where (activity_uri, by_uri) in (
            select activity_uri, by_uri from undone where created_at < $1 limit 5000)
        """,
        before,
    )


async def tombstone(db: Connection, uri: str) -> tuple[str, datetime] | None:
    """(former type, when deleted) of something that was here."""
    row = await db.fetchrow(
        "select former_type, deleted_at from tombstones where uri = $1 order by deleted_at limit 1", uri
    )
    return (row["former_type"], row["deleted_at"]) if row else None

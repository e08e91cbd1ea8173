"""The `post_amendments` table: what policy or a moderator gave a post along, for its later versions."""

from collections.abc import Collection

from fediverse_support.database.pool import Connection


async def add(db: Connection, post_id: int, amendments: Collection[str]) -> None:
    """Remember more amendments of a post. Safe to run twice."""
    if not amendments:
        return
    await db.execute(
        """
        insert into post_amendments as known (post_id, amendments) values ($1, $2)
            on conflict (post_id) do update
           set amendments = array(select distinct unnest(known.amendments || excluded.amendments) order by 1)
        """,
        post_id,
        sorted(amendments),
    )


async def of_post(db: Connection, post_id: int) -> frozenset[str]:
    """What a post was given along."""
    found = await db.fetchval("select amendments from post_amendments where post_id = $1", post_id)
    return frozenset(found or ())

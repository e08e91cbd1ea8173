"""The table `group_tags`: the tags that a group offers for its posts."""

from collections.abc import Sequence

from fediverse_support.core.models import OfferedTag
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader

_read = reader(OfferedTag)


async def offered(db: Connection, group_id: int) -> list[OfferedTag]:
    """The tags of a group, in its own order."""
    rows = await db.fetch(
        "select name, label, tone from group_tags where group_id = $1 order by position, name", group_id
    )
    return all_of(_read, rows)


async def replace(db: Connection, group_id: int, tags: Sequence[OfferedTag]) -> None:
    """Let a group offer these tags and no others. What was said under another keeps it. Safe to run twice."""
    await db.execute("delete from group_tags where group_id = $1", group_id)
    await db.execute("update groups set offers_tags = $2 where actor_id = $1", group_id, bool(tags))
    await db.executemany(
        "insert into group_tags (group_id, name, label, tone, position) values ($1, $2, $3, $4, $5)",
        [(group_id, tag.name, tag.label, tag.tone, position) for position, tag in enumerate(tags, start=1)],
    )

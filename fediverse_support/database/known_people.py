"""Whom we know on another server: for who decides how to deal with it."""

from fediverse_support.core.models import Actor
from fediverse_support.database import actors
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of


async def at(db: Connection, host: str, limit: int) -> list[Actor]:
    """People and groups on one host, those whom we met last first."""
    rows = await db.fetch(
        """
        select * from actors
         where split_part(uri, '/', 3) = $1 and not is_local and state = 'active'
         order by id desc limit $2
        """,
        host,
        limit,
    )
    return all_of(actors.read, rows)

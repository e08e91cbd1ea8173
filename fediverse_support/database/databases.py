"""Several databases on one server, for programs that run several communities at once (the demo)."""

from collections.abc import Sequence

import asyncpg

from fediverse_support.core.errors import Misconfigured, Unavailable
from fediverse_support.database.pool import AWAY


async def make(server: str, names: Sequence[str]) -> None:
    """Create the databases called `names` on `server` (a DSN) where they are missing. Safe to run twice.

    Raises `Misconfigured` when the role may not, `Unavailable` when the server cannot be reached.
    """
    try:
        connection = await asyncpg.connect(server)
        try:
            for name in names:
                if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
                    # Only the server surely quotes right, and `create database` takes no parameters.
                    await connection.execute(
                        await connection.fetchval("select format('create database %I', $1::text)", name)
                    )
        finally:
            await connection.close()
    except (*AWAY, OSError) as error:
        raise Unavailable("The database cannot be reached just now.") from error
    except asyncpg.InsufficientPrivilegeError:
        raise Misconfigured("The database role may not create databases.") from None

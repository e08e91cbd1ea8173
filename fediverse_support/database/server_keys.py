"""The table `server_keys`: keys of the server itself, one for each purpose, made once and never changed."""

from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import reader


class ServerKey(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `server_keys`; `private_key` is sealed."""

    purpose: str
    public_key: str
    private_key: bytes


read = reader(ServerKey)


async def of(db: Connection, purpose: str) -> ServerKey | None:
    """The key for a purpose, None if it has not been made yet."""
    row = await db.fetchrow("select * from server_keys where purpose = $1", purpose)
    return read(row) if row else None


async def keep(db: Connection, key: ServerKey, now: datetime) -> None:
    """Keep a key, unless there is one for its purpose already. Safe to run at the same time twice."""
    await db.execute(
        """
        insert into server_keys (purpose, public_key, private_key, made_at) values ($1, $2, $3, $4)
            on conflict (purpose) do nothing
        """,
        key.purpose,
        key.public_key,
        key.private_key,
        now,
    )

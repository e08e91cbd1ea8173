"""The table `authorization_codes`: what members have allowed and the application has not fetched yet.

A code is kept by its SHA-256. A used one stays for a day, so that its second use is noticed.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from asyncpg import Record

from fediverse_support.database.pool import Connection


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `authorization_codes`."""

    application_id: int
    account_id: int
    actor_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    made_at: datetime
    used_at: datetime | None


async def add(
    db: Connection,
    code_hash: bytes,
    *,
    application_id: int,
    account_id: int,
    actor_id: int,
    redirect_uri: str,
    scopes: Sequence[str],
    challenge: str | None,
    now: datetime,
) -> None:
    """Keep a new code."""
    await db.execute(
        """
        insert into authorization_codes
               (code_hash, application_id, account_id, actor_id, redirect_uri, scopes, challenge, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        code_hash,
        application_id,
        account_id,
        actor_id,
        redirect_uri,
        list(scopes),
        challenge,
        now,
    )


async def taken_up(db: Connection, code_hash: bytes) -> Code | None:
    """The code, locked until the transaction ends: of two who bring it at once, one comes second."""
    row = await db.fetchrow("select * from authorization_codes where code_hash = $1 for update", code_hash)
    return _read(row) if row else None


async def use(db: Connection, code_hash: bytes, now: datetime) -> None:
    """Note that a code was used."""
    await db.execute("update authorization_codes set used_at = $2 where code_hash = $1", code_hash, now)


async def remove_of_account(db: Connection, account_id: int) -> None:
    """Forget what this member has allowed and nobody has fetched."""
    await db.execute("delete from authorization_codes where account_id = $1", account_id)


async def remove_old(db: Connection, before: datetime) -> None:
    """Forget codes that are worth nothing any more."""
    await db.execute("delete from authorization_codes where made_at < $1", before)


def _read(row: Record) -> Code:
    return Code(
        application_id=row["application_id"],
        account_id=row["account_id"],
        actor_id=row["actor_id"],
        redirect_uri=row["redirect_uri"],
        scopes=tuple(row["scopes"]),
        challenge=row["challenge"],
        made_at=row["made_at"],
        used_at=row["used_at"],
    )

"""The table `applications`: what apps have said of themselves, and how they prove which they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.database.pool import Connection


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `applications`. Nobody has looked whether name and website are true."""

    id: int
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    client_id: str
    secret_hash: bytes
    made_at: datetime


async def add(
    db: Connection,
    *,
    name: str,
    website: str | None,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    client_id: str,
    secret_hash: bytes,
    now: datetime,
) -> Application:
    """Keep a new application."""
    row = await db.fetchrow(
        """
        insert into applications (name, website, redirect_uris, scopes, client_id, secret_hash, made_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        returning *
        """,
        name,
        website,
        list(redirect_uris),
        list(scopes),
        client_id,
        secret_hash,
        now,
    )
    return _read(row)


async def by_client_id(db: Connection, client_id: str) -> Application | None:
    """The application that calls itself so."""
    row = await db.fetchrow("select * from applications where client_id = $1", client_id)
    return _read(row) if row else None


async def by_id(db: Connection, application_id: int) -> Application | None:
    """One application."""
    row = await db.fetchrow("select * from applications where id = $1", application_id)
    return _read(row) if row else None


async def remove_unused(db: Connection, before: datetime) -> None:
    """Forget what was registered before `before` and never allowed anything by anybody."""
    await db.execute(
        """
        delete from applications a
         where a.made_at < $1
           and coalesce(a.used_at, a.made_at) < $1
           and not exists (select from authorization_codes c where c.application_id = a.id)
           and not exists (select from access_tokens t
                            where t.application_id = a.id
                              and (t.account_id is not null or coalesce(t.used_at, t.made_at) >= $1))
        """,
        before,
    )


def _read(row: Any) -> Application:
    return Application(
        id=row["id"],
        name=row["name"],
        website=row["website"],
        redirect_uris=tuple(row["redirect_uris"]),
        scopes=tuple(row["scopes"]),
        client_id=row["client_id"],
        secret_hash=row["secret_hash"],
        made_at=row["made_at"],
    )

"""The one row that describes this community."""

import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import reader


class Community(msgspec.Struct, frozen=True, kw_only=True):
    """What a community says of itself. `epoch` tells one database from a copy of it.

    `described_at`: when `about` was last changed. `languages`: codes of those that are spoken here.
    """

    title: str
    tagline: str
    about_source: str
    about_html: str
    epoch: int
    described_at: datetime
    contact_email: str
    languages: tuple[str, ...]


read = reader(Community)


async def get(db: Connection) -> Community | None:
    """The description, or None before the first start."""
    row = await db.fetchrow("select * from community")
    return read(row) if row else None


async def alone(db: Connection) -> None:
    """Wait until no other process makes its first start; until the end of the transaction."""
    await db.execute("select pg_advisory_xact_lock(hashtext('fediverse-support first start'))")


async def make(db: Connection, title: str) -> None:
    """Make the row on the first start. Safe to run twice."""
    await db.execute(
        "insert into community (title, epoch) values ($1, $2) on conflict do nothing",
        title,
        secrets.randbits(62),
    )


async def describe(db: Connection, *, title: str, tagline: str, about_source: str, about_html: str) -> None:
    """Change what the community says of itself."""
    await db.execute(
        """
        update community set title = $1, tagline = $2, about_source = $3, about_html = $4,
               described_at = case when about_source = $3 then described_at else now() end
        """,
        title,
        tagline,
        about_source,
        about_html,
    )


async def set_contact(db: Connection, email: str, languages: Sequence[str]) -> None:
    """Say how strangers reach who looks after the community, and what is spoken here. Safe to run twice."""
    await db.execute("update community set contact_email = $1, languages = $2", email, list(languages))


async def stay_awake(db: Connection, now: datetime) -> datetime | None:
    """Note that a worker is at work; when one was before, or None the first time."""
    before: datetime | None = await db.fetchval(
        """
        with before as (select awake_at from community)
        update community set awake_at = $1
        returning (select awake_at from before)
        """,
        now,
    )
    return before

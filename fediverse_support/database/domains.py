"""The `domain_levels` table: the domain ladder in force."""

from datetime import datetime

import msgspec

from fediverse_support.core.models import Level
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader
from fediverse_support.policy.ladder import Rung


class DomainLevel(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `domain_levels`."""

    domain: str
    level: Level
    public_reason: str
    private_note: str
    set_at: datetime


read = reader(DomainLevel)


async def listed(db: Connection) -> list[DomainLevel]:
    """Every domain with a level, by name."""
    return all_of(read, await db.fetch("select * from domain_levels order by domain"))


async def rungs(db: Connection) -> list[Rung]:
    """The ladder, as policy wants it."""
    rows = await db.fetch("select domain, level, public_reason from domain_levels")
    return [Rung(row["domain"], row["level"], row["public_reason"]) for row in rows]


async def put(
    db: Connection,
    domain: str,
    level: Level,
    *,
    public_reason: str,
    private_note: str,
    by: int | None,
) -> None:
    """Set the level of a domain. Safe to run twice."""
    await db.execute(
        """
        insert into domain_levels (domain, level, public_reason, private_note, set_by)
        values ($1, $2, $3, $4, $5)
            on conflict (domain) do update
           set level = excluded.level, public_reason = excluded.public_reason,
               private_note = excluded.private_note, set_by = excluded.set_by, set_at = now()
        """,
        domain,
        level,
        public_reason,
        private_note,
        by,
    )


async def remove(db: Connection, domain: str) -> bool:
    """Let a domain have no level of its own; False when it had none."""
    return bool(changed(await db.execute("delete from domain_levels where domain = $1", domain)))

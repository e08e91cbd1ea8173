"""The `domain_levels` and `policy_versions` tables: the domain ladder and its history."""

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


class PolicyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `policy_versions`. `by` is None for what the command line did."""

    version: int
    made_at: datetime
    by: str | None
    why: str


read = reader(DomainLevel)
read_version = reader(PolicyVersion)


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


async def version(db: Connection) -> int:
    """The version of the policy in force."""
    return int(await db.fetchval("select max(version) from policy_versions"))


async def new_version(db: Connection, by: int | None, why: str) -> int:
    """Record that the policy has changed, and wake those who hold it compiled."""
    number = int(
        await db.fetchval(
            """
            insert into policy_versions (version, made_by, why)
            select max(version) + 1, $1, $2 from policy_versions
            returning version
            """,
            by,
            why,
        )
    )
    await db.execute("select pg_notify('policy', $1)", str(number))
    return number


async def history(db: Connection, limit: int = 200) -> list[PolicyVersion]:
    """The versions of the policy, the newest first."""
    rows = await db.fetch(
        """
        select v.version, v.made_at, p.name as by, v.why
          from policy_versions v
          left join accounts a on a.id = v.made_by
          left join actors p on p.id = a.actor_id
         order by v.version desc limit $1
        """,
        limit,
    )
    return all_of(read_version, rows)

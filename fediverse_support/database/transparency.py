"""What of the domain ladder may be read by everybody: never a private note, never a hidden name."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.models import Level
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader
from fediverse_support.policy.document import Mode, Shown


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The version in force, when it was made, and whether only those on the list are let in."""

    version: int
    made_at: datetime
    mode: Mode


class PublicLevel(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `domain_levels` whose name may be shown, at least in part; `list_name`: where it is from."""

    domain: str
    level: Level
    no_media: bool
    no_reports: bool
    public_reason: str
    shown: Shown
    list_name: str | None


class Count(msgspec.Struct, frozen=True):
    """How many domains have a level and are shown like this."""

    level: Level
    shown: Shown
    number: int


read_in_force = reader(InForce)
read = reader(PublicLevel)
read_count = reader(Count)


async def in_force(db: Connection) -> InForce:
    """What is in force now."""
    row = await db.fetchrow(
        """
        select v.version, v.made_at,
               coalesce((select c.federation_mode from community c limit 1), 'open') as mode
          from policy_versions v order by v.version desc limit 1
        """
    )
    assert row is not None, "the first migration writes version 1"
    return read_in_force(row)


async def counts(db: Connection) -> list[Count]:
    """How many domains there are of each level, by how they are shown."""
    rows = await db.fetch(
        """
        select level, shown, count(*)::integer as number from domain_levels
         where level <> 'default' or no_media or no_reports
         group by level, shown order by level, shown
        """
    )
    return all_of(read_count, rows)


async def first_of_each(db: Connection, number: int) -> list[PublicLevel]:
    """Up to `number` domains of each level: first those set by hand, then by name."""
    rows = await db.fetch(
        """
        select domain, level, no_media, no_reports, public_reason, shown, list_name
          from (select l.*, s.name as list_name,
                       row_number() over (partition by l.level
                                          order by l.list_id is not null, l.domain collate "C") as place
                  from domain_levels l left join domain_lists s on s.id = l.list_id
                 where l.shown <> 'hidden' and (l.level <> 'default' or l.no_media or l.no_reports)) as l
         where place <= $1
         order by level, place
        """,
        number,
    )
    return all_of(read, rows)


async def some(db: Connection, offset: int, limit: int) -> list[PublicLevel]:
    """Domains in an order that tells nothing about the names that are shown in part only."""
    rows = await db.fetch(
        """
        select l.domain, l.level, l.no_media, l.no_reports, l.public_reason, l.shown, s.name as list_name
          from domain_levels l left join domain_lists s on s.id = l.list_id
         where l.shown <> 'hidden' and (l.level <> 'default' or l.no_media or l.no_reports)
         order by l.shown,
                  case when l.shown = 'open' then l.domain
                       else encode(sha256(convert_to(l.domain, 'UTF8')), 'hex') end collate "C"
        offset $1 limit $2
        """,
        offset,
        limit,
    )
    return all_of(read, rows)


async def veiled(db: Connection) -> Sequence[str]:
    """The names that may not be read in full, wherever they stand."""
    rows = await db.fetch(
        """
        select domain from domain_levels where shown <> 'open'
         union
        select domain from domain_entries where shown <> 'open'
        """
    )
    return [row["domain"] for row in rows]

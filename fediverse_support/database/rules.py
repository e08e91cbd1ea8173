"""The tables `group_rules`, `group_rule_versions` and `rule_agreements`: every version of a group's rules.

A version is never changed: people have agreed to it. Which one is in force is said by
`groups.rules_version`, 0 while there is none.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.models import Rule
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader

_read = reader(Rule)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version as the history names it. `made_by` is empty for the command line and for who has left."""

    version: int
    made_by: str
    why: str
    made_at: datetime


async def of_version(db: Connection, group_id: int, version: int) -> list[Rule]:
    """The rules of one version, in their order; none for a version that does not exist."""
    rows = await db.fetch(
        """
        select title, details_source, details_html from group_rules
         where group_id = $1 and version = $2 order by position
        """,
        group_id,
        version,
    )
    return all_of(_read, rows)


async def every(db: Connection, group_id: int) -> dict[int, list[Rule]]:
    """The rules of all versions that have any."""
    rows = await db.fetch(
        """
        select version, title, details_source, details_html from group_rules
         where group_id = $1 order by version, position
        """,
        group_id,
    )
    found: dict[int, list[Rule]] = {}
    for row in rows:
        found.setdefault(row["version"], []).append(_read(row))
    return found


async def versions(db: Connection, group_id: int) -> list[Version]:
    """Every version of a group's rules, the newest first."""
    rows = await db.fetch(
        """
        select v.version, coalesce(nullif(a.display_name, ''), a.name, '') as made_by, v.why, v.made_at
          from group_rule_versions v
          left join actors a on a.id = v.made_by and a.state = 'active'
         where v.group_id = $1 order by v.version desc
        """,
        group_id,
    )
    return [Version(**row) for row in rows]


async def lock(db: Connection, group_id: int) -> tuple[int, int]:
    """Hold a group until the transaction ends: the version in force, and the latest there ever was."""
    await db.execute("select from groups where actor_id = $1 for update", group_id)
    row = await db.fetchrow(
        """
        select g.rules_version as current,
               coalesce((select max(version) from group_rule_versions v where v.group_id = $1), 0) as latest
          from groups g where g.actor_id = $1
        """,
        group_id,
    )
    return (row["current"], row["latest"]) if row else (0, 0)


async def insert(
    db: Connection,
    group_id: int,
    version: int,
    rules: Sequence[Rule],
    *,
    made_by: int | None,
    why: str,
    now: datetime,
) -> None:
    """Store a version and put it into force; without rules in it, none are in force."""
    await db.execute(
        """
        insert into group_rule_versions (group_id, version, made_by, why, made_at)
        values ($1, $2, $3, $4, $5)
        """,
        group_id,
        version,
        made_by,
        why,
        now,
    )
    await db.executemany(
        """
        insert into group_rules (group_id, version, position, title, details_source, details_html)
        values ($1, $2, $3, $4, $5, $6)
        """,
        [
            (group_id, version, position, rule.title, rule.details_source, rule.details_html)
            for position, rule in enumerate(rules, start=1)
        ],
    )
    await db.execute(
        "update groups set rules_version = $2 where actor_id = $1", group_id, version if rules else 0
    )


async def agree(db: Connection, group_id: int, actor_id: int, version: int, now: datetime) -> None:
    """Somebody agrees to a version. Safe to run twice."""
    await db.execute(
        """
        insert into rule_agreements (group_id, actor_id, version, agreed_at)
        values ($1, $2, $3, $4) on conflict do nothing
        """,
        group_id,
        actor_id,
        version,
        now,
    )


async def forget(db: Connection, group_id: int, actor_id: int) -> None:
    """Forget that somebody ever agreed to the rules of a group, who has left it. Safe to run twice."""
    await db.execute("delete from rule_agreements where group_id = $1 and actor_id = $2", group_id, actor_id)


async def agreed_version(db: Connection, group_id: int, actor_id: int) -> int:
    """The latest version that somebody has agreed to, 0 for none."""
    return int(
        await db.fetchval(
            "select coalesce(max(version), 0) from rule_agreements where group_id = $1 and actor_id = $2",
            group_id,
            actor_id,
        )
    )


async def agreed(db: Connection, group_id: int, version: int) -> list[int]:
    """The actors that have agreed to one version, in the order in which they did."""
    rows = await db.fetch(
        """
        select actor_id from rule_agreements
         where group_id = $1 and version = $2 order by agreed_at, actor_id
        """,
        group_id,
        version,
    )
    return [row["actor_id"] for row in rows]

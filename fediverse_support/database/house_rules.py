"""The table `community_rules`, and the rules of groups by their numbers: what a report may name."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class HouseRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the whole community: a sentence, and what it means in Markdown and in sanitised HTML."""

    id: int
    title: str
    details_source: str
    details_html: str


class GroupRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is in force in one of our groups."""

    id: int
    group_id: int
    group_title: str
    title: str
    details_source: str


_read = reader(HouseRule)
_read_of_group = reader(GroupRule)


async def in_force(db: Connection) -> list[HouseRule]:
    """The community's rules in their order."""
    rows = await db.fetch("select * from community_rules where retired_at is null order by position, id")
    return all_of(_read, rows)


async def lock(db: Connection) -> None:
    """Let nobody else change the rules until the transaction ends."""
    await db.execute("select from community for update")


async def insert(db: Connection, position: int, title: str, source: str, html: str) -> None:
    """Put a new rule into force."""
    await db.execute(
        """
        insert into community_rules (position, title, details_source, details_html) values ($1, $2, $3, $4)
        """,
        position,
        title,
        source,
        html,
    )


async def place(db: Connection, rule_id: int, position: int, source: str, html: str) -> None:
    """Let a rule stand there, and mean this. Safe to run twice."""
    await db.execute(
        """
        update community_rules set position = $2, details_source = $3, details_html = $4 where id = $1
        """,
        rule_id,
        position,
        source,
        html,
    )


async def retire(db: Connection, rule_ids: Sequence[int], now: datetime) -> None:
    """Take rules out of force; reports go on naming them. Safe to run twice."""
    await db.execute(
        "update community_rules set retired_at = $2 where id = any($1::bigint[]) and retired_at is null",
        list(rule_ids),
        now,
    )


async def of_groups(db: Connection, group_ids: Sequence[int]) -> list[GroupRule]:
    """The rules in force in these groups of ours, group by group."""
    rows = await db.fetch(
        """
        select r.id, r.group_id, coalesce(nullif(a.display_name, ''), a.name) as group_title, r.title,
               r.details_source
          from groups g
          join actors a on a.id = g.actor_id and a.state = 'active'
          join group_rules r on r.group_id = g.actor_id and r.version = g.rules_version
         where g.actor_id = any($1::bigint[])
         order by lower(coalesce(nullif(a.display_name, ''), a.name)), r.group_id, r.position
        """,
        list(group_ids),
    )
    return all_of(_read_of_group, rows)


async def titles(db: Connection, numbers: Sequence[int]) -> dict[int, tuple[str, int | None]]:
    """What rules with these numbers say, in force or not, and whose group's they are (None: everybody's)."""
    rows = await db.fetch(
        """
        select id, title, null as group_id from community_rules where id = any($1::bigint[])
        union all
        select id, title, group_id from group_rules where id = any($1::bigint[])
        """,
        list(numbers),
    )
    return {row["id"]: (row["title"], row["group_id"]) for row in rows}

"""`severances` and `severed_follows`: follows that end because a server is blocked, and what became of them.

A severance is about one host, named without its port, however far up the name the block stands: then a
domain below it that is let in keeps its follows.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader

State = Literal["waiting", "undone", "done", "lifted"]


class Severance(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `severances`: `domain` is the host whose follows end at `severs_at`."""

    id: int
    domain: str
    state: State
    blocked_at: datetime
    severs_at: datetime
    ended_at: datetime | None
    by_id: int | None


class Covering(msgspec.Struct, frozen=True, kw_only=True):
    """What covers a host: the nearest name on the ladder, its level and reason, and whether it is let in."""

    host: str
    domain: str | None
    level: str | None
    reason: str
    is_blocked: bool


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """That a member here follows somebody elsewhere, or has asked to."""

    host: str
    account_id: int | None
    follower_id: int
    followed_id: int
    handle: str
    title: str
    is_group: bool
    is_closed: bool
    is_accepted: bool


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A follow that ended and can be asked for again."""

    severance_id: int
    followed_id: int
    handle: str
    title: str
    is_group: bool


read = reader(Severance)
read_covering = reader(Covering)
read_tie = reader(Tie)
read_offer = reader(Offer)


async def followed_hosts(db: Connection) -> list[str]:
    """The hosts, without ports, of everybody elsewhere who follows one of ours or is followed from here."""
    rows = await db.fetch(
        """
        select distinct split_part(split_part(a.uri, '/', 3), ':', 1) as host
          from (select follower_id as id from follows union select followed_id from follows) tied
          join actors a on a.id = tied.id and not a.is_local
        """
    )
    return sorted(row["host"] for row in rows)


async def coverings(db: Connection, hosts: Sequence[str]) -> list[Covering]:
    """What the ladder says of each of these hosts now; the nearest name decides."""
    rows = await db.fetch(
        """
        select h.host, l.domain, l.level, coalesce(l.public_reason, '') as reason,
               coalesce(l.level = 'blocked', false)
               or ((select federation_mode from community) = 'allow-list' and not coalesce(l.admits, false))
                   as is_blocked
          from unnest($1::text[]) as h (host)
         cross join lateral string_to_array(h.host, '.') as labels
          left join lateral (
               select d.domain, d.level, d.public_reason, d.admits
                 from generate_series(1, array_length(labels, 1)) as first
                 join domain_levels d on d.domain = array_to_string(labels[first:], '.')
                order by first limit 1) l on true
        """,
        list(hosts),
    )
    return all_of(read_covering, rows)


async def is_blocked(db: Connection, uri: str) -> bool:
    """Whether there is no exchange with the server of an actor."""
    host = uri.partition("://")[2].partition("/")[0].partition(":")[0]
    return any(covering.is_blocked for covering in await coverings(db, [host]))


async def ties(db: Connection, hosts: Sequence[str]) -> list[Tie]:
    """Whom members here follow on these hosts, or have asked to, by member."""
    rows = await db.fetch(
        """
        select split_part(split_part(a.uri, '/', 3), ':', 1) as host, c.id as account_id, f.follower_id,
               f.followed_id, a.name || '@' || a.host as handle,
               coalesce(nullif(a.display_name, ''), a.name) as title, a.type = 'Group' as is_group,
               a.approves_followers as is_closed, f.state = 'accepted' as is_accepted
          from actors a
          join follows f on f.followed_id = a.id
          join actors m on m.id = f.follower_id and m.is_local
          left join accounts c on c.actor_id = m.id and c.state = 'active'
         where not a.is_local and split_part(split_part(a.uri, '/', 3), ':', 1) = any($1::text[])
         order by f.follower_id, lower(a.name), a.id
        """,
        list(hosts),
    )
    return all_of(read_tie, rows)


async def followers_on(db: Connection, hosts: Sequence[str]) -> int:
    """How many people on these hosts follow one of ours."""
    return int(
        await db.fetchval(
            """
            select count(distinct a.id)
              from actors a
              join follows f on f.follower_id = a.id
              join actors ours on ours.id = f.followed_id and ours.is_local
             where not a.is_local and split_part(split_part(a.uri, '/', 3), ':', 1) = any($1::text[])
            """,
            list(hosts),
        )
    )


async def begin(
    db: Connection, hosts: Sequence[str], by: int | None, now: datetime, severs_at: datetime
) -> list[Severance]:
    """Let the follows of these hosts end at `severs_at`; only those severances that did not stand yet."""
    rows = await db.fetch(
        """
        insert into severances (id, domain, blocked_at, severs_at, by_id)
        select id, host, $3, $4, $5 from unnest($1::bigint[], $2::text[]) as s (id, host)
            on conflict (domain) where state in ('waiting', 'done') do nothing
        returning *
        """,
        [new_id() for _ in hosts],
        list(hosts),
        now,
        severs_at,
        by,
    )
    return all_of(read, rows)


async def standing(db: Connection) -> list[Severance]:
    """Those that wait for their day, and those that are done and not lifted; what comes next is first."""
    rows = await db.fetch(
        "select * from severances where state in ('waiting', 'done') order by state desc, severs_at, id"
    )
    return all_of(read, rows)


async def by_id(db: Connection, severance_id: int) -> Severance | None:
    """One severance."""
    row = await db.fetchrow("select * from severances where id = $1", severance_id)
    return read(row) if row else None


async def take_next(db: Connection, now: datetime) -> Severance | None:
    """The next whose day has come, for this transaction alone; None if there is none."""
    row = await db.fetchrow(
        """
        select * from severances where state = 'waiting' and severs_at <= $1
         order by severs_at, id limit 1 for update skip locked
        """,
        now,
    )
    return read(row) if row else None


async def end(
    db: Connection, ids: Sequence[int], was: State, becomes: State, now: datetime
) -> list[Severance]:
    """Move these from one state to the next; only those that were in it."""
    rows = await db.fetch(
        """
        update severances set state = $3, ended_at = $4
         where id = any($1::bigint[]) and state = $2 returning *
        """,
        list(ids),
        was,
        becomes,
        now,
    )
    return all_of(read, rows)


async def sever(db: Connection, severance: Severance, now: datetime) -> int:
    """End every follow between here and a host, both ways, and keep which they were; how many.

    Requests to join that are still open are withdrawn with them. Safe to run twice.
    """
    return int(
        await db.fetchval(
            """
            with there as (
                select a.id from actors a
                 where not a.is_local and split_part(split_part(a.uri, '/', 3), ':', 1) = $2
            ), ended as (
                delete from follows f
                 where f.follower_id in (select id from there) or f.followed_id in (select id from there)
                returning f.follower_id, f.followed_id
            ), withdrawn as (
                update join_requests r set state = 'withdrawn', decided_at = $3
                  from ended e
                 where r.actor_id = e.follower_id and r.group_id = e.followed_id
                   and r.state in ('waiting', 'asked')
            ), kept as (
                insert into severed_follows (severance_id, follower_id, followed_id, severed_at)
                select $1, follower_id, followed_id, $3 from ended
                    on conflict do nothing
            )
            select count(*) from ended
            """,
            severance.id,
            severance.domain,
            now,
        )
    )


async def offers(db: Connection, follower_id: int, severance_ids: Sequence[int]) -> list[Offer]:
    """What somebody here followed before severances that are lifted, and has said nothing about since."""
    rows = await db.fetch(
        """
        select s.severance_id, s.followed_id, a.name || '@' || a.host as handle,
               coalesce(nullif(a.display_name, ''), a.name) as title, a.type = 'Group' as is_group
          from severed_follows s
          join severances v on v.id = s.severance_id and v.state = 'lifted'
          join actors a on a.id = s.followed_id and not a.is_local and a.state = 'active'
         where s.follower_id = $1 and s.severance_id = any($2::bigint[]) and s.answer is null
           and not exists (select from follows f
                            where f.follower_id = s.follower_id and f.followed_id = s.followed_id)
         order by lower(a.name), a.id
        """,
        follower_id,
        list(severance_ids),
    )
    return all_of(read_offer, rows)


async def severed_members(db: Connection, severance_ids: Sequence[int]) -> list[tuple[int, int]]:
    """(severance, account) of the members here whose follows these ended and who may ask again."""
    rows = await db.fetch(
        """
        select distinct s.severance_id, c.id as account_id
          from severed_follows s
          join accounts c on c.actor_id = s.follower_id and c.state = 'active'
          join actors a on a.id = s.followed_id and a.state = 'active'
         where s.severance_id = any($1::bigint[]) and s.answer is null
         order by 1, 2
        """,
        list(severance_ids),
    )
    return [(row["severance_id"], row["account_id"]) for row in rows]


async def answer(
    db: Connection,
    severance_id: int,
    follower_id: int,
    followed_id: int | None,
    said: Literal["joined", "dismissed"],
) -> int:
    """Note what somebody says to an offer, or (None) to all that are open; how many. Safe to run twice."""
    rows = await db.fetch(
        """
        update severed_follows set answer = $4
         where severance_id = $1 and follower_id = $2 and ($3::bigint is null or followed_id = $3)
           and answer is null
        returning followed_id
        """,
        severance_id,
        follower_id,
        followed_id,
        said,
    )
    return len(rows)

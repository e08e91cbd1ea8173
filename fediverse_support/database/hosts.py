"""The `hosts` table: what we know of other servers. Who calls them when is in `database/leases.py`."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from fediverse_support.core.models import Level
from fediverse_support.database import leases
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `hosts`, without what only the lease is about."""

    name: str
    software: str | None
    software_version: str | None
    nodeinfo_at: datetime | None
    first_seen_at: datetime
    last_inbound_at: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_error: str | None
    failures: int
    opened_at: datetime | None
    paused_until: datetime | None
    recovered_at: datetime | None
    blocked_us_at: datetime | None


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """A host as a group sees it: what runs there, its level, and how many members of the group are on it."""

    name: str
    software: str | None
    software_version: str | None
    level: Level | None
    members: int


class Queue(Host, frozen=True, kw_only=True):
    """A host with what waits for it: a line of `deliveries hosts`."""

    waiting: int
    oldest_at: datetime | None
    next_due_at: datetime | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole queue in numbers, without names: for metrics and `doctor`."""

    waiting: int
    oldest_at: datetime | None
    hosts_waiting: int
    open_circuits: int


read = reader(Host)
read_neighbour = reader(Neighbour)
read_queue = reader(Queue)
read_report = reader(Report)


async def by_name(db: Connection, name: str) -> Host | None:
    """The host with this name (as in URLs: with a port if it has one)."""
    row = await db.fetchrow("select * from hosts where name = $1", name)
    return read(row) if row else None


async def neighbours(db: Connection, names: Iterable[str], group_id: int) -> list[Neighbour]:
    """What is known of these hosts, each once, whether or not we have met them."""
    rows = await db.fetch(
        """
        select n.name, h.software, h.software_version,
               case when (select federation_mode from community) = 'allow-list'
                     and not coalesce(l.admits, false) then 'blocked' else l.level end as level,
               (select count(*) from follows f join actors a on a.id = f.follower_id
                 where f.followed_id = $2 and f.state = 'accepted' and not a.is_local
                   and split_part(a.uri, '/', 3) = n.name) as members
          from unnest($1::text[]) as n (name)
          left join hosts h on h.name = n.name
         cross join lateral string_to_array(split_part(n.name, ':', 1), '.') as labels
          left join lateral (
               -- A level holds for a domain and for all below it; the nearest counts.
               select d.level, d.admits
                 from generate_series(1, array_length(labels, 1)) as first
                 join domain_levels d on d.domain = array_to_string(labels[first:], '.')
                order by first limit 1) l on true
        """,
        sorted(set(names)),
        group_id,
    )
    return all_of(read_neighbour, rows)


async def remember_software(
    db: Connection, name: str, software: str | None, version: str | None, now: datetime
) -> None:
    """Store what the NodeInfo of a host says, or that it says nothing. Safe to run twice."""
    await db.execute(
        """
        insert into hosts as h (name, software, software_version, nodeinfo_at)
        values ($1, left(lower($2), 100), left($3, 100), $4)
            on conflict (name) do update
           set software = coalesce(excluded.software, h.software),
               software_version = coalesce(excluded.software_version, h.software_version),
               nodeinfo_at = excluded.nodeinfo_at
        """,
        name,
        software,
        version,
        now,
    )


async def seen_inbound(db: Connection, names: Iterable[str], now: datetime) -> None:
    """Verified requests have come from these hosts: they live, so their circuits close. Safe to run twice.

    What waited for a host whose circuit was not closed is due now. A rest that the host itself has asked
    for goes on.
    """
    closed = await db.fetch(
        """
        with known as (
            select name, failures > 0 or opened_at is not null as is_troubled, opened_at
              from hosts where name = any($1::text[])
        ), seen as (
            insert into hosts as h (name, last_inbound_at)
            select distinct name, $2::timestamptz from unnest($1::text[]) as s (name) order by name
                on conflict (name) do update
               set last_inbound_at = greatest(h.last_inbound_at, excluded.last_inbound_at),
                   recovered_at = case when h.opened_at is null then h.recovered_at else $2 end,
                   paused_until = case when h.failures = 0 and h.opened_at is null then h.paused_until end,
                   failures = 0, opened_at = null
        )
        select name from known where is_troubled
        """,
        sorted(set(names)),
        now,
    )
    await _resume(db, [row["name"] for row in closed], now)


async def retry(db: Connection, name: str, now: datetime) -> int | None:
    """A moderator wants a host called now, whatever its circuit says: how much waits, or None if unknown."""
    known = await db.fetchval(
        """
        update hosts set failures = 0, opened_at = null, paused_until = null where name = $1 returning true
        """,
        name,
    )
    if not known:
        return None
    await _resume(db, [name], now)
    return int(
        await db.fetchval("select count(*) from deliveries where host = $1 and state = 'waiting'", name)
    )


async def recovered_since(db: Connection, since: datetime, limit: int) -> list[tuple[str, datetime]]:
    """The hosts that came back after an outage since then, and when, the last first."""
    rows = await db.fetch(
        """
        select name, recovered_at from hosts
         where recovered_at > $1 and opened_at is null order by recovered_at desc limit $2
        """,
        since,
        limit,
    )
    return [(row["name"], row["recovered_at"]) for row in rows]


async def rests_until(db: Connection, name: str, now: datetime) -> datetime | None:
    """Until when a host is not to be called, by its circuit or its own wish; None if it may be."""
    until: datetime | None = await db.fetchval(
        "select paused_until from hosts where name = $1 and paused_until > $2", name, now
    )
    return until


async def queues(db: Connection, limit: int = 1000) -> list[Queue]:
    """Hosts with something waiting or something wrong, those that wait longest first."""
    rows = await db.fetch(
        """
        with waiting as (
            select host, count(*) as waiting, min(created_at) as oldest_at
              from deliveries where state = 'waiting' group by host
        )
        select h.*, coalesce(w.waiting, 0) as waiting, w.oldest_at
          from hosts h left join waiting w on w.host = h.name
         where w.host is not null or h.failures > 0 or h.opened_at is not null
            or h.blocked_us_at is not null
         order by w.oldest_at nulls last, h.name
         limit $1
        """,
        limit,
    )
    return all_of(read_queue, rows)


async def report(db: Connection) -> Report:
    """How much waits, for how long, and how many circuits are open."""
    rows = await db.fetch(
        """
        select count(*) as waiting, min(created_at) as oldest_at, count(distinct host) as hosts_waiting,
               (select count(*) from hosts where opened_at is not null) as open_circuits
          from deliveries where state = 'waiting'
        """
    )
    return read_report(rows[0])


async def _resume(db: Connection, names: list[str], now: datetime) -> None:
    """Call these hosts as soon as may be."""
    if not names:
        return
    await leases.make_due(db, names, now)
    await db.execute(
        """
        with woken as (insert into host_wakes (host) select unnest($1::text[]))
        select pg_notify('deliveries', '')
        """,
        names,
    )

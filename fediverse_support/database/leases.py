"""Leases of hosts: which worker talks to which server just now.

A worker leases hosts, not deliveries: that gives fairness between hosts, order within one, one kept
connection, and one place for the circuit. A lease that runs out is free for others; nothing has to notice
that a worker died. The times come from the caller, so clocks of workers must agree to within seconds, as
signatures demand anyway.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader
from fediverse_support.protocol.signatures.claims import Style


class LeasedHost(msgspec.Struct, frozen=True, kw_only=True):
    """A host that is ours until `leased_until`, which is also the token to give it back with."""

    name: str
    software: str | None
    signature_style: Style
    signature_style_until: datetime | None
    failures: int
    last_failure_at: datetime | None
    opened_at: datetime | None
    paused_until: datetime | None
    recovered_at: datetime | None
    leased_until: datetime


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """A host given back, with what was learned.

    `next_at`: when it wants another turn; None means when the next of its deliveries is due.
    """

    name: str
    leased_until: datetime
    next_at: datetime | None = None
    failures: int = 0
    last_failure_at: datetime | None = None
    opened_at: datetime | None = None
    paused_until: datetime | None = None
    recovered_at: datetime | None = None
    last_success_at: datetime | None = None
    last_error: str | None = None
    signature_style: Style = "cavage"
    signature_style_until: datetime | None = None
    blocked_us_at: datetime | None = None
    has_recovered: bool = False


read = reader(LeasedHost)

_NOTICE = """
    with woken as (
        delete from host_wakes
         where id in (select id from host_wakes order by id limit 20000 for update skip locked)
        returning host
    )
    insert into hosts as h (name, next_due_at)
    select distinct host, $1::timestamptz from woken order by host
        on conflict (name) do update
       set next_due_at = least(h.next_due_at, greatest($1, h.paused_until))
"""

_LEASE = """
    with picked as (
        select name from hosts
         where next_due_at <= $1 and leased_until <= $1 and coalesce(paused_until, '-infinity') <= $1
         order by next_due_at, name
         limit $2
           for update skip locked
    )
    update hosts h
       set leased_until = $3, next_due_at = $3
      from picked where h.name = picked.name
    returning h.*
"""

# `next_due_at` is the end of our lease, unless somebody has queued something in the meantime: then that
# earlier time stays. `order by … for update`: two statements that lock many hosts lock them in one order.
_GIVE_BACK = """
    with returned as (
        select * from unnest(
            $1::text[], $2::timestamptz[], $3::timestamptz[], $4::int[], $5::timestamptz[],
            $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[],
            $11::text[], $12::timestamptz[], $13::timestamptz[])
            as r (name, leased_until, next_at, failures, last_failure_at, opened_at, paused_until,
                  recovered_at, last_success_at, last_error, signature_style, signature_style_until,
                  blocked_us_at)
    ), ours as (
        select h.name from hosts h join returned r on r.name = h.name and r.leased_until = h.leased_until
         order by h.name for update of h
    ), planned as (
        select r.*, coalesce(r.next_at,
                             (select min(n.due_at) from deliveries_next n where n.host = r.name)) as due_at
          from returned r join ours using (name)
    )
    update hosts h
       set leased_until = '-infinity',
           next_due_at = case
               when p.due_at is null and h.next_due_at = p.leased_until then null
               else greatest(least(p.due_at, nullif(h.next_due_at, p.leased_until)), p.paused_until) end,
           failures = p.failures, last_failure_at = coalesce(p.last_failure_at, h.last_failure_at),
           opened_at = p.opened_at, paused_until = p.paused_until, recovered_at = p.recovered_at,
           last_success_at = coalesce(p.last_success_at, h.last_success_at),
           last_error = case when p.last_success_at is null
                             then coalesce(left(p.last_error, 500), h.last_error)
                             else left(p.last_error, 500) end,
           signature_style = p.signature_style, signature_style_until = p.signature_style_until,
           blocked_us_at = case when p.last_success_at is null
                                then coalesce(p.blocked_us_at, h.blocked_us_at) else p.blocked_us_at end
      from planned p
     where h.name = p.name
    returning h.next_due_at <= $14
"""


async def notice(db: Connection, now: datetime) -> None:
    """Take note of the hosts that somebody has queued something for."""
    await db.execute(_NOTICE, now)


async def lease_hosts(db: Connection, now: datetime, limit: int, lease: timedelta) -> list[LeasedHost]:
    """Lease up to `limit` hosts that have something due and may be called, the longest due first.

    Two workers never get the same host: rows that another one is just taking are passed over.
    """
    return all_of(read, await db.fetch(_LEASE, now, limit, now + lease))


async def give_back(db: Connection, returns: Sequence[Return], now: datetime) -> bool:
    """Give hosts back in one statement; whether one of them has something due already.

    What ran out and was leased by another is left alone. A host that has recovered gets all that waited for
    it: nothing of it waits for its own next time.
    """
    fields = zip(*(msgspec.structs.astuple(host)[:-1] for host in returns), strict=True)
    rows = await db.fetch(_GIVE_BACK, *(list(column) for column in fields), now)
    recovered = [host.name for host in returns if host.has_recovered]
    if recovered:
        await make_due(db, recovered, now)
    return bool(recovered) or any(row[0] for row in rows)


async def make_due(db: Connection, hosts: Sequence[str], now: datetime) -> None:
    """Everything that waits for these hosts is due now. Safe to run twice."""
    await db.execute(
        """
        with hurried as (
            update deliveries set due_at = $2
             where host = any($1::text[]) and state = 'waiting' and due_at > $2
            returning host
        )
        insert into host_wakes (host) select distinct host from hurried
        """,
        list(hosts),
        now,
    )

"""The `inbox` table: what arrived, from the moment it is acknowledged until it has had its effect."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

import asyncpg
import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

State = Literal["unverified", "waiting", "done", "refused", "parked", "held"]


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `inbox`. `request` is the signed request while its signature waits for a key.

    `synchronisation` is the header of FEP-8fcf, if the signature covers it. `released_at`: a moderator has
    let it in after it waited in state *held*, and gave it `amendments` along.
    """

    id: int
    activity_uri: str
    actor_uri: str
    type: str
    host: str
    state: State
    forwarded: bool
    body: bytes
    request: bytes | None
    synchronisation: str | None = None
    outcome: str = ""
    attempts: int = 0
    received_at: datetime
    processed_at: datetime | None = None
    released_at: datetime | None = None
    amendments: tuple[str, ...] = ()


read = reader(Arrived)


async def add_many(db: Connection, rows: Sequence[Arrived]) -> None:
    """Store arrivals in one statement, which commits by itself; ids seen before are left alone."""
    await db.execute(
        """
        insert into inbox (id, activity_uri, actor_uri, type, host, state, forwarded, body, request,
                           received_at, synchronisation, due_at)
        select *, received_at
          from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                      $7::boolean[], $8::bytea[], $9::bytea[], $10::timestamptz[],
                      $11::text[])
            as t (id, activity_uri, actor_uri, type, host, state, forwarded, body, request, received_at,
                  synchronisation)
            on conflict do nothing
        """,
        [row.id for row in rows],
        [row.activity_uri for row in rows],
        [row.actor_uri for row in rows],
        [row.type for row in rows],
        [row.host for row in rows],
        [row.state for row in rows],
        [row.forwarded for row in rows],
        [row.body for row in rows],
        [row.request for row in rows],
        [row.received_at for row in rows],
        [row.synchronisation for row in rows],
    )


async def unverified_of(db: Connection, host: str) -> int:
    """How many arrivals of a host wait for their key."""
    return int(await db.fetchval("select count(*) from inbox where host = $1 and state = 'unverified'", host))


async def lease(db: Connection, now: datetime, limit: int, span: timedelta) -> list[Arrived]:
    """Take up to `limit` arrivals that are due, in order, and keep other workers off them for `span`.

    What an actor sent later is not taken while another worker holds what it sent before.
    """
    rows = await db.fetch(
        """
        with due as (
            select i.id
              from inbox i
             where i.state in ('unverified', 'waiting') and i.due_at <= $1 and i.leased_until < $1
               and not exists (select from inbox e
                                where e.actor_uri = i.actor_uri and e.id < i.id
                                  and e.state in ('unverified', 'waiting') and e.leased_until >= $1)
             order by i.due_at, i.id
             limit $2
               for update skip locked)
        update inbox i
           set leased_until = $1 + $3::interval, attempts = attempts + 1
          from due
         where i.id = due.id
        returning i.*
        """,
        now,
        limit,
        span,
    )
    return sorted(all_of(read, rows), key=lambda arrived: arrived.id)


async def finish(db: Connection, arrived_id: int, state: State, outcome: str, now: datetime) -> bool:
    """Mark the end of an arrival, in the transaction of its effects; False if another worker did."""
    return bool(
        changed(
            await db.execute(
                """
                update inbox
                   set state = $2, outcome = left($3, 1000), processed_at = $4, request = null,
                       leased_until = '-infinity'
                 where id = $1 and state in ('waiting', 'unverified')
                """,
                arrived_id,
                state,
                outcome,
                now,
            )
        )
    )


async def verified(db: Connection, arrived_id: int, forwarded: bool) -> bool:
    """The signature was good: the arrival takes its place among the ids seen; False if it was seen."""
    try:
        status = await db.execute(
            """
            update inbox set state = 'waiting', forwarded = $2, request = null
             where id = $1 and state = 'unverified'
            """,
            arrived_id,
            forwarded,
        )
    except asyncpg.UniqueViolationError:
        return False
    return bool(changed(status))


async def delete(db: Connection, arrived_id: int) -> None:
    """Forget an arrival whose signature was not good. Safe to run twice."""
    await db.execute("delete from inbox where id = $1 and state = 'unverified'", arrived_id)


async def postpone(db: Connection, arrived_id: int, due_at: datetime, outcome: str) -> None:
    """Try again later."""
    await db.execute(
        """
        update inbox set due_at = $2, outcome = left($3, 1000), leased_until = '-infinity'
         where id = $1 and state in ('waiting', 'unverified')
        """,
        arrived_id,
        due_at,
        outcome,
    )


async def release(db: Connection, arrived_ids: Sequence[int]) -> None:
    """Give leases back unused: the attempt does not count."""
    await db.execute(
        """
        update inbox set leased_until = '-infinity', attempts = greatest(attempts - 1, 0)
         where id = any($1::bigint[]) and state in ('waiting', 'unverified')
        """,
        list(arrived_ids),
    )


async def next_due(db: Connection) -> datetime | None:
    """When the next arrival is due."""
    due: datetime | None = await db.fetchval(
        "select min(due_at) from inbox where state in ('unverified', 'waiting')"
    )
    return due


async def by_id(db: Connection, arrived_id: int) -> Arrived | None:
    """One arrival."""
    row = await db.fetchrow("select * from inbox where id = $1", arrived_id)
    return read(row) if row else None


async def by_activity(db: Connection, activity_uri: str) -> Arrived | None:
    """The arrival with this activity id, as far as it is verified; rather from its actor than forwarded."""
    row = await db.fetchrow(
        """
        select * from inbox where activity_uri = $1 and state <> 'unverified'
         order by forwarded, id desc limit 1
        """,
        activity_uri,
    )
    return read(row) if row else None


async def recent(db: Connection, state: str | None, limit: int) -> list[Arrived]:
    """The latest arrivals, of one state or all, the newest first."""
    rows = await db.fetch(
        "select * from inbox where $1::text is null or state = $1 order by id desc limit $2", state, limit
    )
    return all_of(read, rows)


async def replay(db: Connection, arrived_id: int, now: datetime) -> bool:
    """Let a parked or refused arrival be processed again; False if it is neither."""
    return bool(
        changed(
            await db.execute(
                """
                update inbox set state = 'waiting', attempts = 0, due_at = $2, outcome = '',
                                 processed_at = null, leased_until = '-infinity'
                 where id = $1 and state in ('parked', 'refused')
                """,
                arrived_id,
                now,
            )
        )
    )


async def let_in(db: Connection, arrived_id: int, now: datetime, amendments: Collection[str] = ()) -> bool:
    """A moderator lets in what is held: it is processed again, and no rule stops it; False if it is not held.

    A block of its server still does. `amendments` are given along, beside what policy asks for.
    """
    return bool(
        changed(
            await db.execute(
                """
                update inbox set state = 'waiting', released_at = $2, amendments = $3, attempts = 0,
                                 due_at = $2, outcome = '', processed_at = null, leased_until = '-infinity'
                 where id = $1 and state = 'held'
                """,
                arrived_id,
                now,
                sorted(amendments),
            )
        )
    )


async def turn_away(db: Connection, arrived_id: int, outcome: str, now: datetime) -> bool:
    """A moderator does not let in what is held; False if it is not held."""
    return bool(
        changed(
            await db.execute(
                """
                update inbox set state = 'refused', outcome = left($2, 1000), processed_at = $3
                 where id = $1 and state = 'held'
                """,
                arrived_id,
                outcome,
                now,
            )
        )
    )


async def take_back(db: Connection, activity_uri: str, actor_uri: str, now: datetime) -> None:
    """Its actor has undone what is held: nobody needs to look at it any more. Safe to run twice."""
    await db.execute(
        """
        with gone as (
            update inbox
               set state = 'done', outcome = 'It was taken back while it waited for a moderator.',
                   processed_at = $3
             where activity_uri = $1 and not forwarded and actor_uri = $2 and state = 'held'
            returning id
        )
        update holds h set state = 'withdrawn', decided_at = $3
          from gone where h.inbox_id = gone.id and h.state = 'waiting'
        """,
        activity_uri,
        actor_uri,
        now,
    )


async def forget_old(db: Connection, before: datetime) -> int:
    """Delete arrivals that had their effect before then; at most 5,000 at a time.

    What is held stays until a moderator has decided.
    """
    return changed(
        await db.execute(
            """
            delete from inbox where id in (
                select id from inbox where state in ('done', 'refused') and received_at < $1 limit 5000)
            """,
            before,
        )
    )


async def depth(db: Connection) -> dict[str, int]:
    """How many arrivals are in each state that is not the end."""
    rows = await db.fetch(
        """
        select state, count(*) as number from inbox
         where state in ('unverified', 'waiting', 'parked', 'held') group by state
        """
    )
    return {row["state"]: row["number"] for row in rows}

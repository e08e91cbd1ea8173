"""The `decisions` table: every judgement of policy, kept with its reason."""

from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader
from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.decisions import Decision


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `decisions`."""

    id: int
    activity_uri: str
    actor_uri: str
    host: str
    activity_type: str
    outcome: str
    amendments: tuple[str, ...]
    rules: tuple[str, ...]
    reason: str
    policy_version: int
    facts: dict[str, Any]
    decided_at: datetime


read = reader(Decided)


async def record(db: Connection, arrival: Arrival, decision: Decision) -> int:
    """Keep what was decided about an arrival; the number under which it is kept."""
    values = _values(arrival, decision)
    await db.execute(
        """
        insert into decisions (id, activity_uri, actor_uri, host, activity_type, outcome, amendments, rules,
                               reason, policy_version, facts, decided_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, left($9, 1000), $10, $11, $12)
        """,
        *values,
    )
    return values[0]


async def record_and_finish(
    db: Connection,
    arrival: Arrival,
    decision: Decision,
    arrived_id: int,
    state: str,
    outcome: str,
    now: datetime,
) -> bool:
    """Keep a decision and mark the end of the arrival that it was about; False if another worker did.

    The transaction need not wait for the disk. Should the server die, it is as if it had never been, and
    the arrival, which is on the disk, is processed again. Nothing can have left by then: before anything is
    sent its host is leased, and that commit writes out everything that was committed before it.
    """
    return bool(
        await db.fetchval(
            """
            with decided as (
                insert into decisions (id, activity_uri, actor_uri, host, activity_type, outcome, amendments,
                                       rules, reason, policy_version, facts, decided_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, left($9, 1000), $10, $11, $12)
            )
            update inbox
               set state = $14, outcome = left($15, 1000), processed_at = $16, request = null,
                   leased_until = '-infinity'
             where id = $13 and state in ('waiting', 'unverified')
            returning set_config('synchronous_commit', 'off', true) is not null
            """,
            *_values(arrival, decision),
            arrived_id,
            state,
            outcome,
            now,
        )
    )


def _values(arrival: Arrival, decision: Decision) -> tuple[int, *tuple[object, ...]]:
    return (
        new_id(),
        arrival.activity_uri,
        arrival.actor_uri,
        arrival.host,
        arrival.activity_type[:60],
        decision.outcome.word,
        sorted(decision.amendments),
        list(decision.rules),
        decision.reason,
        decision.policy_version,
        arrival.facts(),
        arrival.at,
    )


async def by_id(db: Connection, number: int) -> Decided | None:
    """One decision, by its number."""
    row = await db.fetchrow("select * from decisions where id = $1", number)
    return read(row) if row else None


async def about(db: Connection, activity_uri: str) -> list[Decided]:
    """What was decided about an activity, the newest first."""
    rows = await db.fetch(
        "select * from decisions where activity_uri = $1 order by id desc limit 40", activity_uri
    )
    return all_of(read, rows)


async def recent(db: Connection, host: str | None, outcome: str | None, limit: int) -> list[Decided]:
    """The latest decisions, of one host or outcome or all, the newest first."""
    rows = await db.fetch(
        """
        select * from decisions
         where ($1::text is null or host = $1) and ($2::text is null or outcome = $2)
         order by id desc limit $3
        """,
        host,
        outcome,
        limit,
    )
    return all_of(read, rows)


async def forget_old(db: Connection, before: datetime) -> None:
    """Delete decisions made before then; at most 5,000 at a time."""
    await db.execute(
        """
        delete from decisions where id in (
            select id from decisions where decided_at < $1 order by id limit 5000)
        """,
        before,
    )


async def forget_words_before(db: Connection, before: datetime) -> None:
    """Forget the words of decisions made before then; at most 5,000 at a time."""
    await db.execute(
        """
        update decisions set words = null where id in (
            select id from decisions
             where words is not null and decided_at < $1 order by id limit 5000)
        """,
        before,
    )

"""The `decisions` table: every judgement of policy, with the facts that it was made of and its reason.

`actor_uri` is whose words they are (`Arrival.who`), also where a group elsewhere passed them on; `host` is
the server that sent it. The words are kept apart from the other facts, and for a shorter time; those for
certain people only are not kept at all, because nobody but those people may read them.
"""

from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.core.identifiers import id_at, new_id
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader
from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.decisions import Decision

LONGEST_WORDS = 100_000
_PRIVATE = ("followers", "direct")


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `decisions`. `words` are None when their time is over, or where there were none."""

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
    object_uri: str
    group_name: str
    words: str | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions somebody wants to see; empty and None ask for nothing.

    `kind` is a type of activity, `rule` a rule by its whole name (`instance: RULE`), `actor` an id. `before`
    is the number of the last one on the page before.
    """

    host: str = ""
    outcome: str = ""
    kind: str = ""
    group: str = ""
    rule: str = ""
    actor: str = ""
    since: datetime | None = None
    before: int | None = None
    limit: int = 50


read = reader(Decided)


async def record(db: Connection, arrival: Arrival, decision: Decision, decision_id: int | None = None) -> int:
    """Keep what was decided about an arrival; the number under which it can be asked for.

    Safe to run twice with one `decision_id`.
    """
    number = decision_id or new_id()
    await db.execute(
        """
        insert into decisions (id, activity_uri, actor_uri, host, activity_type, outcome, amendments, rules,
                               reason, policy_version, facts, decided_at, object_uri, group_name, words)
        values ($1, $2, $3, $4, $5, $6, $7, $8, left($9, 1000), $10, $11, $12, $13, $14, $15)
            on conflict (id) do nothing
        """,
        number,
        *_values(arrival, decision),
    )
    return number


async def record_and_finish(
    db: Connection,
    arrival: Arrival,
    decision: Decision,
    decision_id: int,
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
                                       rules, reason, policy_version, facts, decided_at, object_uri,
                                       group_name, words)
                values ($1, $2, $3, $4, $5, $6, $7, $8, left($9, 1000), $10, $11, $12, $13, $14, $15)
            )
            update inbox
               set state = $17, outcome = left($18, 1000), processed_at = $19, request = null,
                   leased_until = '-infinity'
             where id = $16 and state in ('waiting', 'unverified')
            returning set_config('synchronous_commit', 'off', true) is not null
            """,
            decision_id,
            *_values(arrival, decision),
            arrived_id,
            state,
            outcome,
            now,
        )
    )


def _values(arrival: Arrival, decision: Decision) -> tuple[object, ...]:
    return (
        arrival.activity_uri,
        arrival.who,
        arrival.host,
        arrival.activity_type[:60],
        decision.outcome.word,
        sorted(decision.amendments),
        list(decision.rules),
        decision.reason,
        decision.policy_version,
        arrival.facts(),
        arrival.at,
        arrival.object_uri[:2048],
        arrival.group[:60],
        None if arrival.visibility in _PRIVATE else arrival.text[:LONGEST_WORDS] or None,
    )


async def by_id(db: Connection, decision_id: int) -> Decided | None:
    """One decision."""
    row = await db.fetchrow("select * from decisions where id = $1", decision_id)
    return read(row) if row else None


async def about(db: Connection, activity_uri: str) -> list[Decided]:
    """What was decided about an activity and what it brought along, the newest first."""
    rows = await db.fetch(
        "select * from decisions where activity_uri = $1 order by id desc limit 40", activity_uri
    )
    return all_of(read, rows)


async def about_object(db: Connection, object_uri: str) -> list[Decided]:
    """What was decided about a post, its versions and whatever was done to it, the newest first."""
    rows = await db.fetch(
        """
        select * from decisions where object_uri = $1 and object_uri <> '' order by id desc limit 40
        """,
        object_uri,
    )
    return all_of(read, rows)


async def traffic(db: Connection, wanted: Wanted) -> list[Decided]:
    """What came and what was decided, the newest first: a page of `wanted.limit`."""
    rows = await db.fetch(
        """
        select * from decisions
         where ($1 = '' or host = $1) and ($2 = '' or outcome = $2) and ($3 = '' or activity_type = $3)
           and ($4 = '' or group_name = $4) and ($5 = '' or $5 = any(rules)) and ($6 = '' or actor_uri = $6)
           and ($7::bigint is null or id >= $7) and ($8::bigint is null or id < $8)
         order by id desc limit $9
        """,
        wanted.host,
        wanted.outcome,
        wanted.kind,
        wanted.group,
        wanted.rule,
        wanted.actor,
        id_at(wanted.since) if wanted.since is not None else None,
        wanted.before,
        wanted.limit,
    )
    return all_of(read, rows)


async def recent(db: Connection, host: str | None, outcome: str | None, limit: int) -> list[Decided]:
    """The latest decisions, of one host or outcome or all, the newest first."""
    return await traffic(db, Wanted(host=host or "", outcome=outcome or "", limit=limit))


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

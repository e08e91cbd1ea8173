"""The table `policy_tries`: drafts that are run over what has arrived; and the reading of what arrived.

A try is leased by the worker that runs it. A lease that runs out is free for others, who begin again from the
start: what a try has in hand is in the memory of its worker alone.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.database.rows import Row, reader
from fediverse_support.policy.document import Document
from fediverse_support.policy.replay import Report

State = Literal["waiting", "running", "done", "failed"]
BATCH = 500


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `policy_tries`. `domains` maps a domain to its `DomainText` as plain values, or to None.

    `total` is the number of arrivals, `done` of how many of them are judged. `error` says in words why a try
    has failed. `attempts` counts how often it was taken up.
    """

    id: int
    account_id: int | None
    scope: str
    document: Document
    domains: dict[str, dict[str, Any] | None]
    since: datetime
    state: State
    total: int
    done: int
    report: Report | None
    error: str
    made_at: datetime
    finished_at: datetime | None
    attempts: int


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One decision as a replay reads it. See `replayed_standing.Recorded`."""

    id: int
    outcome: str
    facts: dict[str, Any]
    words: str | None
    is_stored: bool
    let_in_at: datetime | None


_read_seen = reader(Seen)


async def add(
    db: Connection,
    *,
    account_id: int | None,
    scope: str,
    document: Document,
    domains: dict[str, dict[str, Any] | None],
    since: datetime,
    now: datetime,
) -> int:
    """Let a draft wait for a worker; the number of the try."""
    number = new_id()
    await db.execute(
        """
        insert into policy_tries (id, account_id, scope, body, domains, since, made_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        number,
        account_id,
        scope,
        msgspec.json.encode(document, order="deterministic").decode(),
        domains,
        since,
        now,
    )
    return number


async def by_id(db: Connection, number: int) -> Try | None:
    """One try, if there is one with this number."""
    row = await db.fetchrow("select * from policy_tries where id = $1", number)
    return _read(row) if row else None


async def waiting_of(db: Connection, account_id: int) -> int:
    """How many tries of this person are not at their end."""
    return int(
        await db.fetchval(
            "select count(*) from policy_tries where account_id = $1 and state in ('waiting', 'running')",
            account_id,
        )
    )


async def lease(db: Connection, now: datetime, until: datetime) -> Try | None:
    """Take up the next try that nobody runs; None if there is none. Two workers never get the same.

    One that another release wrote in another form ends as failed.
    """
    row = await db.fetchrow(
        """
        update policy_tries
           set state = 'running', done = 0, attempts = attempts + 1, leased_until = $2
         where id = (select id from policy_tries
                      where state in ('waiting', 'running') and leased_until <= $1
                      order by id limit 1 for update skip locked)
        returning *
        """,
        now,
        until,
    )
    try:
        return _read(row) if row else None
    except msgspec.DecodeError:
        assert row is not None, "only a row can be of another form"
        await fail(db, row["id"], "This draft is of another form than this program reads.", now)
        return None


async def progress(db: Connection, number: int, done: int, total: int, until: datetime) -> bool:
    """Note how far a try has come, and keep its lease; False if it is not to be run any more."""
    found = await db.fetchval(
        """
        update policy_tries set done = $2, total = $3, leased_until = $4
         where id = $1 and state = 'running'
        returning true
        """,
        number,
        done,
        total,
        until,
    )
    return bool(found)


async def give_back(db: Connection, number: int) -> None:
    """Let somebody else take up at once a try that was not brought to its end. Safe to run twice."""
    await db.execute(
        """
        update policy_tries set leased_until = '-infinity', attempts = greatest(attempts - 1, 0)
         where id = $1 and state = 'running' and leased_until <> '-infinity'
        """,
        number,
    )


async def finish(db: Connection, number: int, report: Report, now: datetime) -> None:
    """Keep what a try came to. Safe to run twice."""
    await db.execute(
        """
        update policy_tries
           set state = 'done', report = $2, finished_at = $3, done = total, leased_until = '-infinity'
         where id = $1 and state = 'running'
        """,
        number,
        report,
        now,
    )


async def fail(db: Connection, number: int, error: str, now: datetime) -> None:
    """End a try that cannot be run, with the reason in words. Safe to run twice."""
    await db.execute(
        """
        update policy_tries
           set state = 'failed', error = left($2, 1000), finished_at = $3, leased_until = '-infinity'
         where id = $1 and state in ('waiting', 'running')
        """,
        number,
        error,
        now,
    )


async def forget_old(db: Connection, before: datetime) -> None:
    """Delete the tries made before then."""
    await db.execute("delete from policy_tries where made_at < $1", before)


async def count(db: Connection, since: datetime, group: str | None) -> tuple[int, int]:
    """How many decisions there are since then (of one group, or all), and the number of the last of them."""
    row = await db.fetchrow(
        """
        select count(*), coalesce(max(id), 0) from decisions
         where decided_at >= $1 and ($2::text is null or group_name = $2)
        """,
        since,
        group,
    )
    assert row is not None
    return row[0], row[1]


async def seen(pool: Pool, since: datetime, last: int, group: str | None) -> AsyncIterator[list[Seen]]:
    """The decisions since then up to the number `last`, in their order, some hundred at a time.

    Each batch begins where the one before has ended, on a connection had for it alone: no transaction stays
    open over the time that a replay takes.
    """
    after = 0
    while True:
        async with acquire(pool) as db:
            rows = await db.fetch(_SEEN, since, after, last, group, BATCH)
        if not rows:
            return
        after = rows[-1]["id"]
        yield [_read_seen(row) for row in rows]


_SEEN = """
    select d.id, d.outcome, d.facts, d.words, p.id is not null as is_stored,
           case when d.outcome = 'hold' then
               (select min(h.decided_at) from holds h
                 where h.actor_uri = d.actor_uri and h.state in ('accepted', 'amended')
                   and (h.decision_id = d.id or (h.kind = 'post' and h.post_id = p.id)))
           end as let_in_at
      from decisions d
      left join posts p on p.uri = d.object_uri and d.object_uri <> ''
     where d.id > $2 and d.id <= $3 and d.decided_at >= $1 and ($4::text is null or d.group_name = $4)
     order by d.id limit $5
"""


def _read(row: Row) -> Try:
    report = row["report"]
    return Try(
        document=msgspec.json.decode(row["body"], type=Document),
        domains=row["domains"] or {},
        report=None if report is None else msgspec.convert(report, Report),
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = tuple(name for name in Try.__struct_fields__ if name not in ("document", "domains", "report"))

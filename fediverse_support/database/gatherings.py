"""The `gatherings` table: for which threads we look on other servers, how far we are, when we last did."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

State = Literal["waiting", "running", "done", "failed"]

MOST_WAITING = 1_000
"""How many threads may wait: whoever sends us answers to nothing must not make us ask others for ever."""


class Gathering(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `fetched` posts were asked for and `found` stored; `cursor` is where the search is.

    `leased_until` is the token of whoever works on it. `reads_outbox`: new threads of the group, too.
    """

    root_id: int
    state: State
    cursor: dict[str, Any] = {}
    fetched: int = 0
    found: int = 0
    asked_at: datetime
    due_at: datetime
    leased_until: datetime
    finished_at: datetime | None = None
    last_error: str = ""
    reads_outbox: bool = False

    @property
    def is_under_way(self) -> bool:
        """Whether more may come."""
        return self.state in ("waiting", "running")


class Line(Gathering, frozen=True, kw_only=True):
    """A gathering with the thread that it is for: a line of `inbox threads list`."""

    uri: str


read = reader(Gathering)
read_line = reader(Line)

_ASK = """
    insert into gatherings as g (root_id, state, asked_at, due_at, reads_outbox)
    select asked.root_id, 'waiting', $2::timestamptz, $3::timestamptz + asked.place * $5::interval,
           asked.root_id = any($7::bigint[])
      from unnest($1::bigint[]) with ordinality as asked (root_id, place)
     where $6 > (select count(*)
                   from (select from gatherings where state in ('waiting', 'running') limit $6) under_way)
        on conflict (root_id) do update
       set state = 'waiting', cursor = '{}', fetched = 0, found = 0, asked_at = excluded.asked_at,
           due_at = excluded.due_at, finished_at = null, last_error = '', reads_outbox = excluded.reads_outbox
     where g.state in ('done', 'failed') and g.finished_at <= $4
    returning g.*
"""


async def ask(
    db: Connection,
    root_ids: Sequence[int],
    now: datetime,
    *,
    due_at: datetime,
    not_since: datetime,
    apart: timedelta = timedelta(0),
    most: int = MOST_WAITING,
    outboxes: Sequence[int] = (),
) -> list[Gathering]:
    """Let these threads be looked for from `due_at` on, one after the other (`apart`).

    What waits or runs already, or has ended after `not_since`, is left alone, and so is everything while
    `most` threads wait. With those in `outboxes` the outbox of their group is read. Gives what was asked for
    now. Safe to run twice.
    """
    return all_of(read, await db.fetch(_ASK, root_ids, now, due_at, not_since, apart, most, outboxes))


async def of_thread(db: Connection, root_id: int) -> Gathering | None:
    """What we have done, or are doing, to make this thread whole."""
    row = await db.fetchrow("select * from gatherings where root_id = $1", root_id)
    return read(row) if row else None


async def lease(
    db: Connection, now: datetime, span: timedelta, *, root_id: int | None = None
) -> Gathering | None:
    """Take one that is due, or the one of `root_id`, and keep other workers off it for `span`."""
    row = await db.fetchrow(
        """
        with due as (
            select root_id from gatherings
             where state in ('waiting', 'running') and leased_until <= $1
               and case when $3::bigint is null then due_at <= $1 else root_id = $3 end
             order by due_at, root_id limit 1
               for update skip locked)
        update gatherings g set state = 'running', leased_until = $1 + $2::interval
          from due where g.root_id = due.root_id
        returning g.*
        """,
        now,
        span,
        root_id,
    )
    return read(row) if row else None


async def store(db: Connection, gathering: Gathering, token: datetime) -> bool:
    """Write down how far it is; False if the lease (`token`) has run out and another worker has it."""
    return bool(
        changed(
            await db.execute(
                """
                update gatherings
                   set state = $3, cursor = $4, fetched = $5, found = $6, due_at = $7, leased_until = $8,
                       finished_at = $9, last_error = left($10, 500)
                 where root_id = $1 and leased_until = $2
                """,
                gathering.root_id,
                token,
                gathering.state,
                gathering.cursor,
                gathering.fetched,
                gathering.found,
                gathering.due_at,
                gathering.leased_until,
                gathering.finished_at,
                gathering.last_error,
            )
        )
    )


async def follow_root(db: Connection, root_id: int) -> int | None:
    """The thread that `root_id` begins may have found its place in another: the row goes with it.

    Gives the root of now; None if that thread has a row of its own, and the one of `root_id` is forgotten.
    """
    root = await db.fetchval("select root_id from posts where id = $1", root_id)
    if root is None or root == root_id:
        return int(root_id)
    moved = await db.execute(
        """
        update gatherings set root_id = $2
         where root_id = $1 and not exists (select from gatherings where root_id = $2)
        """,
        root_id,
        root,
    )
    if changed(moved):
        return int(root)
    await forget(db, root_id)
    return None


async def forget(db: Connection, root_id: int) -> None:
    """There is nothing more to look for. Safe to run twice."""
    await db.execute("delete from gatherings where root_id = $1", root_id)


async def forget_old(db: Connection, before: datetime) -> None:
    """Forget what ended before then. Safe to run twice."""
    await db.execute(
        """
        delete from gatherings where root_id in (
            select root_id from gatherings
             where state in ('done', 'failed') and finished_at < $1 limit 5000)
        """,
        before,
    )


async def recent(db: Connection, limit: int) -> list[Line]:
    """What is under way, then what ended last."""
    rows = await db.fetch(
        """
        select g.*, p.uri from gatherings g join posts p on p.id = g.root_id
         order by g.finished_at desc nulls first, g.due_at limit $1
        """,
        limit,
    )
    return all_of(read_line, rows)


async def waiting(db: Connection) -> int:
    """How many threads are being looked for, or wait for it: for metrics."""
    return int(await db.fetchval("select count(*) from gatherings where state in ('waiting', 'running')"))


async def hosts_of_thread(db: Connection, root_id: int) -> list[str]:
    """The other servers that know of a thread already: where its group is, and where somebody wrote in it."""
    rows = await db.fetch(
        """
        select distinct split_part(a.uri, '/', 3) as host
          from posts p join actors a on a.id in (p.author_id, p.group_id)
         where p.root_id = $1 and not a.is_local order by host
        """,
        root_id,
    )
    return [row["host"] for row in rows]


async def spread_over(
    db: Connection, names: Sequence[str], since: datetime, active_since: datetime, limit: int
) -> list[int]:
    """Threads active since then that hosts `names` have a part in and that were not asked for `since`.

    Their group is there, somebody there has written in them, or they begin with an answer to what is there.
    The newest first. Sealed threads are on no other server.
    """
    return await _active(db, list(names), since, active_since, limit)


async def spread_anywhere(db: Connection, since: datetime, active_since: datetime, limit: int) -> list[int]:
    """As `spread_over`, for all hosts but our own."""
    return await _active(db, None, since, active_since, limit)


async def last_of_groups(
    db: Connection, names: Sequence[str] | None, since: datetime, limit: int
) -> list[int]:
    """The last thread of each group on hosts `names` (None: anywhere) that somebody here is in.

    Not those that were asked for `since`.
    """
    rows = await db.fetch(
        """
        select r.id
          from actors g
          join lateral (select p.id from posts p
                         where p.group_id = g.id and p.root_id = p.id and p.state = 'live'
                           and p.reach <> 'sealed'
                         order by p.active_at desc, p.id desc limit 1) r on true
         where g.type = 'Group' and g.state = 'active' and not g.is_local and g.outbox_url is not null
           and ($1::text[] is null or split_part(g.uri, '/', 3) = any($1))
           and exists (select from follows f join actors m on m.id = f.follower_id
                        where f.followed_id = g.id and f.state = 'accepted' and m.is_local)
           and not exists (select from gatherings q where q.root_id = r.id and q.asked_at >= $2)
         limit $3
        """,
        names,
        since,
        limit,
    )
    return [row["id"] for row in rows]


_ACTIVE = """
    select r.id
      from actors g
      join lateral (select p.id, p.active_at, p.in_reply_to from posts p
                     where p.group_id = g.id and p.root_id = p.id and p.state = 'live'
                       and p.reach <> 'sealed' and p.active_at > $3
                     order by p.active_at desc, p.id desc limit $4) r on true
     where g.type = 'Group' and g.state = 'active'
       and not exists (select from gatherings q where q.root_id = r.id and q.asked_at >= $2)
       and case when $1::text[] is null
                then not g.is_local or r.in_reply_to is not null
                     or exists (select from posts p join actors a on a.id = p.author_id
                                 where p.root_id = r.id and not a.is_local)
                else split_part(g.uri, '/', 3) = any($1)
                     or split_part(r.in_reply_to, '/', 3) = any($1)
                     or exists (select from posts p join actors a on a.id = p.author_id
                                 where p.root_id = r.id and split_part(a.uri, '/', 3) = any($1)) end
     order by r.active_at desc, r.id desc
     limit $4
"""


async def _active(
    db: Connection, names: list[str] | None, since: datetime, active_since: datetime, limit: int
) -> list[int]:
    rows = await db.fetch(_ACTIVE, names, since, active_since, limit)
    return [row["id"] for row in rows]

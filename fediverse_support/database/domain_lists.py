"""Lists of domains that are fetched by themselves: where from, what they say, what they wanted to change.

`list_entries` is what counts; what only waits for a person stands in `list_changes`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import Level
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader
from fediverse_support.policy.document import Format, ListText
from fediverse_support.policy.lists.diff import Difference, Kind
from fediverse_support.policy.lists.rows import Listed

ChangeState = Literal["waiting", "applied", "declined", "overtaken"]
Outcome = Literal["unchanged", "changed", "waits", "failed", "too-small"]


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `domain_lists`: a list, how it counts, and how far it has been read."""

    id: int
    name: str
    url: str
    format: Format
    priority: int
    hours: int
    drafts: bool
    together: bool
    lifts_retracted: bool
    most: Literal["limited", "held", "blocked"]
    is_on: bool
    etag: str | None
    last_modified: str | None
    cursor: str | None
    next_fetch_at: datetime
    fetched_at: datetime | None
    changed_at: datetime | None
    failures: int
    failure: str

    @property
    def text(self) -> ListText:
        """The list as a policy file says it."""
        return ListText(**{field: getattr(self, field) for field in ListText.__struct_fields__})


class Overview(Subscription, frozen=True, kw_only=True):
    """A list with how many domains it names, how many changes wait, how many it no longer names."""

    domains: int
    waiting: int
    orphans: int


class ListChange(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `list_changes`."""

    id: int
    domain: str
    kind: Kind
    before: Listed | None
    after: Listed | None
    state: ChangeState
    seen_at: datetime
    decided_at: datetime | None


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `list_fetches`: what a fetch came to, in numbers and in words."""

    fetched_at: datetime
    outcome: Outcome
    numbers: Mapping[str, int]
    message: str


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a list says about a domain or one above it."""

    list_name: str
    priority: int
    together: bool
    domain: str
    level: Level
    no_media: bool
    no_reports: bool
    public_reason: str
    retracted_at: datetime | None


read = reader(Subscription)
read_overview = reader(Overview)
read_fetch = reader(Fetch)
read_statement = reader(Statement)


async def listed(db: Connection) -> list[Overview]:
    """Every list, by name."""
    rows = await db.fetch(
        """
        select l.*,
               (select count(*) from list_entries e where e.list_id = l.id) as domains,
               (select count(*) from list_entries e
                 where e.list_id = l.id and e.retracted_at is not null) as orphans,
               (select count(*) from list_changes c
                 where c.list_id = l.id and c.state = 'waiting') as waiting
          from domain_lists l order by l.name
        """
    )
    return all_of(read_overview, rows)


async def by_name(db: Connection, name: str, *, for_update: bool = False) -> Subscription | None:
    """A list by its name; `for_update`: nobody else changes it before the transaction ends."""
    query = "select * from domain_lists where name = $1"
    row = await db.fetchrow(f"{query} for update" if for_update else query, name)
    return read(row) if row else None


async def put(db: Connection, name: str, text: ListText, by: int | None, now: datetime) -> None:
    """Add a list or change how it counts; with another address it is read anew. Safe to run twice."""
    await db.execute(
        """
        insert into domain_lists as l (id, name, url, format, priority, hours, drafts, together,
                                       lifts_retracted, most, is_on, added_by, added_at, next_fetch_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
            on conflict (name) do update
           set url = excluded.url, format = excluded.format, priority = excluded.priority,
               hours = excluded.hours, drafts = excluded.drafts, together = excluded.together,
               lifts_retracted = excluded.lifts_retracted, most = excluded.most, is_on = excluded.is_on,
               etag = case when l.url = excluded.url and l.format = excluded.format then l.etag end,
               last_modified =
                   case when l.url = excluded.url and l.format = excluded.format then l.last_modified end,
               cursor = case when l.url = excluded.url then l.cursor end,
               failures = 0, failure = '', next_fetch_at = least(l.next_fetch_at, $13)
        """,
        new_id(),
        name,
        text.url,
        text.format,
        text.priority,
        text.hours,
        text.drafts,
        text.together,
        text.lifts_retracted,
        text.most,
        text.is_on,
        by,
        now,
    )


async def remove(db: Connection, names: Collection[str]) -> list[str]:
    """Take lists away with all that they say; the domains that they spoke of. Safe to run twice."""
    rows = await db.fetch(
        """
        select distinct e.domain from list_entries e join domain_lists l on l.id = e.list_id
         where l.name = any($1::text[])
        """,
        list(names),
    )
    await db.execute("delete from domain_lists where name = any($1::text[])", list(names))
    return [row["domain"] for row in rows]


async def lease(
    db: Connection, now: datetime, until: datetime, name: str | None = None
) -> Subscription | None:
    """Take a list in hand that is due, or the one called `name`; None if there is none or another has it."""
    row = await db.fetchrow(
        """
        update domain_lists set leased_until = $2
         where id = (select id from domain_lists
                      where leased_until < $1
                        and case when $3::text is null then is_on and next_fetch_at <= $1 else name = $3 end
                      order by next_fetch_at limit 1 for update skip locked)
        returning *
        """,
        now,
        until,
        name,
    )
    return read(row) if row else None


async def finish(
    db: Connection,
    list_id: int,
    *,
    next_fetch_at: datetime,
    now: datetime,
    failure: str = "",
    failures: int = 0,
) -> None:
    """Give a list back after a fetch and say when the next is. Safe to run twice."""
    await db.execute(
        """
        update domain_lists
           set leased_until = '-infinity', next_fetch_at = $2, failure = left($3, 1000), failures = $4,
               fetched_at = case when $4 = 0 then $5 else fetched_at end
         where id = $1
        """,
        list_id,
        next_fetch_at,
        failure,
        failures,
        now,
    )


async def remember(
    db: Connection,
    list_id: int,
    *,
    etag: str | None,
    last_modified: str | None,
    cursor: str | None,
) -> None:
    """Write down from where the list is read on. Safe to run twice."""
    await db.execute(
        "update domain_lists set etag = $2, last_modified = $3, cursor = $4 where id = $1",
        list_id,
        etag if etag and len(etag) <= 500 else None,
        last_modified if last_modified and len(last_modified) <= 100 else None,
        cursor,
    )


async def statements(db: Connection, domain: str) -> list[Statement]:
    """What lists say about a domain and those above it; what is more specific and what counts more first."""
    rows = await db.fetch(
        """
        select l.name as list_name, l.priority, l.together, e.domain, e.level, e.no_media, e.no_reports,
               e.public_reason, e.retracted_at
          from list_entries e join domain_lists l on l.id = e.list_id and l.is_on
         where e.domain = $1 or $1 like '%.' || e.domain
         order by length(e.domain) desc, l.priority desc, l.name
        """,
        domain,
    )
    return all_of(read_statement, rows)


async def add_changes(
    db: Connection,
    list_id: int,
    differences: Sequence[Difference],
    state: ChangeState,
    now: datetime,
) -> None:
    """Write down what a list wants to change, or has changed."""
    await db.execute(
        """
        insert into list_changes (id, list_id, domain, kind, before, after, state, seen_at, decided_at)
        select c.id, $1, c.domain, c.kind, c.before, c.after, $2::text, $3::timestamptz,
               case when $2::text = 'waiting' then null else $3::timestamptz end
          from unnest($4::bigint[], $5::text[], $6::text[], $7::jsonb[], $8::jsonb[])
               as c (id, domain, kind, before, after)
        """,
        list_id,
        state,
        now,
        [new_id() for _ in differences],
        [one.domain for one in differences],
        [one.kind for one in differences],
        [_plain(one.before) for one in differences],
        [_plain(one.after) for one in differences],
    )


async def waiting(
    db: Connection,
    list_id: int,
    ids: Collection[int] | None = None,
    *,
    limit: int | None = None,
    after: int = 0,
) -> list[ListChange]:
    """What waits for a person, or of that only these changes; by number, after the number `after`."""
    rows = await db.fetch(
        """
        select * from list_changes
         where list_id = $1 and state = 'waiting' and ($2::bigint[] is null or id = any($2)) and id > $4
         order by id limit $3
        """,
        list_id,
        None if ids is None else list(ids),
        limit,
        after,
    )
    return [_change(row) for row in rows]


async def declined(db: Connection, list_id: int) -> dict[str, Listed | None]:
    """What the last decision of a person about a domain was against: None is its retraction."""
    rows = await db.fetch(
        """
        select distinct on (domain) domain, after, state from list_changes
         where list_id = $1 and state in ('applied', 'declined')
         order by domain, id desc
        """,
        list_id,
    )
    return {row["domain"]: _listed(row["after"]) for row in rows if row["state"] == "declined"}


async def decide(
    db: Connection, ids: Collection[int], state: ChangeState, by: int | None, now: datetime
) -> int:
    """Let what waits be waiting no longer; how many. Safe to run twice."""
    status = await db.execute(
        """
        update list_changes set state = $2, decided_by = $3, decided_at = $4
         where id = any($1::bigint[]) and state = 'waiting'
        """,
        list(ids),
        state,
        by,
        now,
    )
    return changed(status)


async def history(db: Connection, list_id: int, limit: int = 100) -> list[ListChange]:
    """What a list has changed or wanted to, the newest first."""
    rows = await db.fetch(
        "select * from list_changes where list_id = $1 order by id desc limit $2", list_id, limit
    )
    return [_change(row) for row in rows]


async def record_fetch(
    db: Connection,
    list_id: int,
    outcome: Outcome,
    numbers: Mapping[str, int],
    message: str,
    now: datetime,
) -> None:
    """Write down what a fetch came to; one that changed something is the list's last change."""
    await db.execute(
        """
        insert into list_fetches (id, list_id, fetched_at, outcome, numbers, message)
        values ($1, $2, $3, $4, $5, left($6, 1000))
        """,
        new_id(),
        list_id,
        now,
        outcome,
        dict(numbers),
        message,
    )
    if outcome == "changed":
        await db.execute("update domain_lists set changed_at = $2 where id = $1", list_id, now)


async def fetches(db: Connection, list_id: int, limit: int = 30) -> list[Fetch]:
    """What the last fetches came to, the newest first."""
    rows = await db.fetch(
        """
        select fetched_at, outcome, numbers, message from list_fetches
         where list_id = $1 order by id desc limit $2
        """,
        list_id,
        limit,
    )
    return all_of(read_fetch, rows)


async def forget_old(db: Connection, before: datetime) -> None:
    """Forget fetches, and changes that wait no longer, of before then. The last of each domain stay.

    They say what was declined, so that it is not asked about again.
    """
    await db.execute("delete from list_fetches where fetched_at < $1", before)
    await db.execute(
        """
        delete from list_changes c
         where c.decided_at < $1 and c.state <> 'waiting'
           and exists (select from list_changes n
                        where n.list_id = c.list_id and n.domain = c.domain and n.id > c.id)
        """,
        before,
    )


def _plain(listed: Listed | None) -> dict[str, Any] | None:
    return None if listed is None else dict(msgspec.to_builtins(listed))


def _listed(value: Any) -> Listed | None:
    return None if value is None else msgspec.convert(value, Listed)


def _change(row: Any) -> ListChange:
    return ListChange(
        id=row["id"],
        domain=row["domain"],
        kind=row["kind"],
        before=_listed(row["before"]),
        after=_listed(row["after"]),
        state=row["state"],
        seen_at=row["seen_at"],
        decided_at=row["decided_at"],
    )

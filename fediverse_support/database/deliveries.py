"""The `deliveries` table: one row for each inbox that an activity goes to.

Who publishes only ever *inserts* here and into `host_wakes`; the rows of `hosts` belong to those who
deliver (`database/leases.py`). So a transaction that publishes waits for nobody, and nobody for it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from fediverse_support.database import recalls
from fediverse_support.database.covering import REFUSED
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader
from fediverse_support.protocol.peers import ACTIVITY_SOFTWARE, OLD_LEMMY, SHOWS_TO_OTHERS, Dialect

State = Literal["waiting", "delivered", "refused", "expired"]
CHANNEL = "deliveries"
"""What those who deliver listen to. It only wakes them: a poll always backs it up."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery whose time has come. `attempts` are those already made."""

    id: int
    activity_id: int
    actor_id: int
    host: str
    inbox_url: str
    object_uri: str
    attempts: int
    created_at: datetime
    is_withdrawn: bool


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is delivered: the activity as it goes over the wire."""

    id: int
    uri: str
    type: str
    body: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a try came to; `attempts` counts it. `due_at` is for what stays waiting, else None."""

    id: int
    state: State
    attempts: int
    due_at: datetime | None = None
    status: int | None = None
    error: str | None = None


read_due = reader(Due)
read_letter = reader(Letter)

_FOLLOWERS = """
    followers as (
        select l.id as activity_id, split_part(a.uri, '/', 3) as home, a.host as handle_host,
               split_part(a.inbox_url, '/', 3) as host,
               -- A shared inbox elsewhere is not believed: it would lead our posts to a third server.
               case when not $1 and split_part(a.shared_inbox_url, '/', 3) = split_part(a.inbox_url, '/', 3)
                    then a.shared_inbox_url else a.inbox_url end as inbox_url
          from written l
          join follows f on f.followed_id = l.followed_id and f.state = 'accepted'
          join actors a on a.id = f.follower_id
          left join hosts h on h.name = split_part(a.uri, '/', 3)
         where not a.is_local and a.state = 'active' and a.inbox_url is not null
           and (l.dialect is null or (l.dialect = 'activity')
                = (lower(coalesce(h.software, '')) = any(string_to_array($2, ' '))))
           and (l.keeps_private is null or l.keeps_private
                <> (lower(coalesce(h.software, '')) = any(string_to_array($3, ' '))
                    or lower(coalesce(h.software, '')) = 'lemmy' and coalesce(h.software_version, '') ~ $4))
           -- What only members may see goes to their own server and to no other.
           and (l.keeps_private is not true or split_part(a.inbox_url, '/', 3) = split_part(a.uri, '/', 3))
    )"""

_REFUSED = "".join(
    (
        """
    named as (
        select home as name from wanted union select host from wanted union select handle_host from wanted
    ), """,
        REFUSED,
        """, let_through as (
        select * from wanted w
         where w.home not in (select name from refused)
           and w.host not in (select name from refused)
           and w.handle_host not in (select name from refused)
    )""",
    )
)

_PUBLISH = "".join(
    (
        """
    with written as (
        select * from unnest($7::bigint[], $8::text[], $9::text[], $10::boolean[], $11::text[], $12::bigint[],
                             $13::text[], $14::boolean[], $15::boolean[])
            as w (id, uri, type, is_public, body, followed_id, dialect, keeps_private, is_listed)
    ), published as (
        insert into activities (id, uri, actor_id, type, object_uri, is_public, is_listed, body)
        select id, uri, $5::bigint, type, $6::text, is_public, is_listed, body
          from written where uri is not null
    ), """,
        _FOLLOWERS,
        """, wanted as (
        select activity_id, home, handle_host, host, inbox_url from followers
         union
        select activity_id, host, host, host, inbox_url
          from unnest($16::bigint[], $17::text[], $18::text[]) as direct (activity_id, host, inbox_url)
    ), """,
        _REFUSED,
        """, added as (
        insert into deliveries (activity_id, actor_id, object_uri, host, inbox_url)
        select distinct on (w.activity_id, w.inbox_url)
               w.activity_id, $5::bigint, $6::text, w.host, w.inbox_url
          from let_through w
         order by w.activity_id, w.inbox_url
            on conflict (activity_id, inbox_url) do nothing
        returning host
    ), woken as (
        insert into host_wakes (host) select distinct host from added
    )
    select count(*), case when count(*) > 0 then pg_notify('deliveries', '') end from added
""",
    )
)

_REACHED = "".join(
    (
        """
    with written as (
        select 0::bigint as id, $5::bigint as followed_id, $6::text as dialect, $7::boolean as keeps_private
    ), """,
        _FOLLOWERS,
        ", wanted as (select * from followers), ",
        _REFUSED,
        "select distinct host from let_through order by host",
    )
)

_DUE = """
    select d.id, d.activity_id, d.actor_id, d.host, d.inbox_url, d.object_uri, d.attempts, d.created_at,
           a.undone_at is not null as is_withdrawn
      from unnest($2::text[], $3::int[]) as asked (name, room)
     cross join lateral (
           select * from deliveries_next n
            where n.host = asked.name and n.due_at <= $1
            order by n.id
            limit asked.room) d
      join activities a on a.id = d.activity_id
     order by d.id
"""

_FINISH = """
    update deliveries d
       set state = r.state, attempts = r.attempts, due_at = coalesce(r.due_at, d.due_at),
           last_status = r.status, last_error = left(r.error, 500),
           finished_at = case when r.state <> 'waiting' then $7::timestamptz end
      from unnest($1::bigint[], $2::text[], $3::int[], $4::timestamptz[], $5::int[], $6::text[])
           as r (id, state, attempts, due_at, status, error)
     where d.id = r.id and d.state = 'waiting' and (d.attempts < r.attempts or r.state = 'delivered')
"""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An activity and whom it goes to. With `uri`, `type` and `body` (JSON as it is sent) it is stored too.

    It goes to everybody elsewhere who follows `followed_id`, and to each (host, inbox URL) of `inboxes`.
    With a `dialect`, only to followers on servers that want that kind of Announce. With `keeps_private`, only
    to those on servers of which it is not known that they would show it to others; with it False, only to
    those of which it is (`protocol/peers.py`).
    """

    id: int
    uri: str | None = None
    type: str = ""
    is_public: bool = False
    is_listed: bool = False
    body: str = ""
    followed_id: int | None = None
    dialect: Dialect | None = None
    keeps_private: bool | None = None
    inboxes: tuple[tuple[str, str], ...] = ()


async def publish(
    db: Connection,
    actor_id: int,
    object_uri: str,
    written: Sequence[Written],
    *,
    activity_software: Collection[str] = ACTIVITY_SOFTWARE,
    personal: bool = False,
) -> int:
    """Store activities of one actor about one object and queue them, in one statement; how many inboxes.

    One inbox for all followers on a server that shares one, unless `personal`: what only members may see
    goes to each of them. Left out: our own people, who is gone or suspended, and blocked domains with all
    below them that nothing lets in. `activity_software` are the NodeInfo names of servers that want the
    dialect `activity`.

    `actor_id` is who signs. Everything about one `object_uri` reaches an inbox in the order of queueing.
    Safe to run twice for what is stored already.
    """
    direct = [(one.id, host, url) for one in written for host, url in one.inboxes]
    for group_id in {one.followed_id for one in written if one.keeps_private and one.followed_id}:
        await recalls.hold_membership(db, group_id)
    count = await db.fetchval(
        _PUBLISH,
        personal,
        " ".join(activity_software),
        " ".join(SHOWS_TO_OTHERS),
        OLD_LEMMY,
        actor_id,
        object_uri,
        [one.id for one in written],
        [one.uri for one in written],
        [one.type for one in written],
        [one.is_public for one in written],
        [one.body for one in written],
        [one.followed_id for one in written],
        [one.dialect for one in written],
        [one.keeps_private for one in written],
        [one.is_listed for one in written],
        [activity_id for activity_id, _, _ in direct],
        [host for _, host, _ in direct],
        [url for _, _, url in direct],
    )
    return int(count)


async def hosts_reached(
    db: Connection, followed_id: int, *, dialect: Dialect | None = None, keeps_private: bool | None = None
) -> list[str]:
    """The servers to which `publish` would send what goes to these followers (see `Written`), by name."""
    rows = await db.fetch(
        _REACHED,
        False,
        " ".join(ACTIVITY_SOFTWARE),
        " ".join(SHOWS_TO_OTHERS),
        OLD_LEMMY,
        followed_id,
        dialect,
        keeps_private,
    )
    return [row["host"] for row in rows]


async def enqueue(
    db: Connection, activity_id: int, actor_id: int, object_uri: str, inboxes: Iterable[tuple[str, str]]
) -> int:
    """Queue a stored activity for each (host, inbox URL); see `publish`. Safe to run twice."""
    return await publish(db, actor_id, object_uri, [Written(id=activity_id, inboxes=tuple(inboxes))])


async def enqueue_to_followers(
    db: Connection,
    activity_id: int,
    actor_id: int,
    object_uri: str,
    followed_id: int,
    *,
    dialect: Dialect | None = None,
    activity_software: Collection[str] = ACTIVITY_SOFTWARE,
    personal: bool = False,
) -> int:
    """Queue a stored activity for the followers of `followed_id`; see `publish`. Safe to run twice."""
    return await publish(
        db,
        actor_id,
        object_uri,
        [Written(id=activity_id, followed_id=followed_id, dialect=dialect)],
        activity_software=activity_software,
        personal=personal,
    )


async def due_of_hosts(db: Connection, now: datetime, rooms: Sequence[tuple[str, int]]) -> list[Due]:
    """What is due for each (host, at most so many), in the order in which it was queued.

    Of what is about one object only the earliest activity is there; the next follows when that is done and
    written down.
    """
    rows = await db.fetch(_DUE, now, [name for name, _ in rooms], [room for _, room in rooms])
    return all_of(read_due, rows)


async def letters(db: Connection, activity_ids: Sequence[int]) -> list[Letter]:
    """The activities with these numbers, as they are sent."""
    rows = await db.fetch(
        "select id, uri, type, body from activities where id = any($1::bigint[])", activity_ids
    )
    return all_of(read_letter, rows)


async def finish(db: Connection, results: Sequence[Result], now: datetime) -> None:
    """Write down what tries came to, in one statement. Safe to run twice, and never undoes a delivery."""
    await db.execute(
        _FINISH,
        [result.id for result in results],
        [result.state for result in results],
        [result.attempts for result in results],
        [result.due_at for result in results],
        [result.status for result in results],
        [result.error for result in results],
        now,
    )


async def expire(db: Connection, queued_before: datetime, now: datetime) -> int:
    """Give up what was queued before then and still waits; how many."""
    status = await db.execute(
        """
        update deliveries set state = 'expired', finished_at = $2
         where state = 'waiting' and created_at < $1
        """,
        queued_before,
        now,
    )
    return changed(status)


async def forget(db: Connection, finished_before: datetime, limit: int) -> int:
    """Delete what ended before then, at most `limit` rows; how many."""
    status = await db.execute(
        """
        delete from deliveries
         where id in (select id from deliveries
                       where state <> 'waiting' and finished_at < $1 order by finished_at limit $2)
        """,
        finished_before,
        limit,
    )
    return changed(status)

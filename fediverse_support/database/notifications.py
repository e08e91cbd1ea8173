"""Reading the table `notifications`, one by one or in groups: a page with its statuses in one statement.

What the reader may not see any more, and by whom they want nothing now, is left out whenever it is read; so
is what was for who looks after something, once they do not.
Writing is in `ringing.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.core.models import Viewer
from fediverse_support.database import client_statuses
from fediverse_support.database.client_statuses import Page
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import changed

KINDS = (
    "mention",
    "status",
    "reblog",
    "favourite",
    "follow",
    "follow_request",
    "poll",
    "update",
    "admin.sign_up",
    "admin.report",
    "severed_relationships",
    "moderation_warning",
)
GROUPABLE = ("favourite", "reblog", "follow", "admin.sign_up")
LARGEST_NUMBER = 2**63 - 1


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Which notifications are asked for: of these kinds, perhaps by one actor, perhaps filtered ones too."""

    kinds: tuple[str, ...] = KINDS
    from_id: int | None = None
    with_filtered: bool = False


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the list: numbers between the two, the newest, or (`is_upward`) those next to `after`."""

    limit: int
    max_id: int = LARGEST_NUMBER
    after: int = 0
    is_upward: bool = False


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `notifications`."""

    id: int
    kind: str
    from_id: int
    post_id: int | None
    subject_id: int | None
    details: dict[str, Any]
    group_key: str
    is_filtered: bool
    made_at: datetime


class NotificationGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Notifications that are shown as one; `newest` has what they share. `from_ids`: the last eight senders.

    `least` and `most` are the ends of what of it lies in the part of the list that was asked for.
    """

    key: str
    count: int
    least: int
    most: int
    from_ids: tuple[int, ...]
    newest: Notification


_WANTED = """
           n.actor_id = $1
       and ($7 or not n.is_filtered)
       and n.kind = any($8::text[])
       and ($9::bigint is null or n.from_id = $9)
       and f.state <> 'gone'
       and (n.post_id is null
            or exists (select from posts p
                        where p.id = n.post_id
                          and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                                      $1, $2, $3, $4, $5, $6)))
       and (n.kind not in ('admin.report', 'admin.sign_up')
            or $4
            or n.kind = 'admin.report'
               and exists (select from reports r where r.id = n.subject_id and r.group_id = any ($3)))
       and not is_shunned(n.actor_id, n.from_id, true)
"""
_COLUMNS = """
    n.id, n.kind, n.from_id, n.post_id, n.subject_id, n.details,
    case when n.group_key = 'ungrouped' then 'ungrouped-' || n.id else n.group_key end as group_key,
    n.is_filtered, n.made_at
"""
_FROM = " from notifications n join actors f on f.id = n.from_id where "

_ENTRIES = """
), entries as (
    select distinct r.post_id as id, r.post_id, null::bigint as boost_id from rung r
     where r.post_id is not null
)
"""
_PEOPLE = " union select r.from_id from rung r"
_RUNG = "(select json_agg(r order by r.id desc)::text from rung r) as rung,"


def _list(order: str) -> str:
    choice = (
        "with rung as materialized (select ",
        _COLUMNS,
        _FROM,
        _WANTED,
        " and n.id < $10 and n.id > $11 order by n.id ",
        order,
        " limit $12",
        _ENTRIES,
    )
    return client_statuses.page_of("".join(choice), people=_PEOPLE, columns=_RUNG)


_NEWEST_FIRST = _list("desc")
_FROM_BELOW = _list("asc")
_BY_IDS = client_statuses.page_of(
    "".join(
        (
            "with rung as materialized (select ",
            _COLUMNS,
            _FROM,
            _WANTED,
            " and n.id = any($10::bigint[])",
            _ENTRIES,
        )
    ),
    people=_PEOPLE,
    columns=_RUNG,
)

_decode = msgspec.json.Decoder(tuple[Notification, ...]).decode


async def page(
    db: Connection, viewer: Viewer, chosen: Chosen, span: Span
) -> tuple[tuple[Notification, ...], Page]:
    """A part of the notifications of a viewer, newest first, with the statuses and actors in them."""
    row = await db.fetchrow(
        _FROM_BELOW if span.is_upward else _NEWEST_FIRST,
        *viewer.sight,
        chosen.with_filtered,
        chosen.kinds,
        chosen.from_id,
        span.max_id,
        span.after,
        span.limit,
    )
    assert row is not None
    return _decode(row["rung"]) if row["rung"] else (), client_statuses.read(row)


async def by_ids(db: Connection, viewer: Viewer, ids: Sequence[int]) -> tuple[tuple[Notification, ...], Page]:
    """Those of these notifications that are the viewer's, with the statuses and actors in them."""
    row = await db.fetchrow(_BY_IDS, *viewer.sight, True, KINDS, None, list(ids))
    assert row is not None
    return _decode(row["rung"]) if row["rung"] else (), client_statuses.read(row)


# Groups

_KEY = """
    case when n.group_key <> 'ungrouped' and n.kind = any($13::text[]) then n.group_key
         else 'ungrouped-' || n.id end
"""


def _walk(order: str, onward: str) -> str:
    """Groups from one end on: the next notification that is in none of the groups so far begins a group."""
    parts = (
        "with recursive walk (id, key, seen) as ((select n.id, k.key, array[k.key]",
        " from notifications n join actors f on f.id = n.from_id cross join lateral (select ",
        _KEY,
        ") as k (key) where ",
        _WANTED,
        " and n.id < $10 and n.id > $11 order by n.id ",
        order,
        " limit 1) union all select next.* from walk w cross join lateral (",
        "select n.id, k.key, w.seen || k.key",
        " from notifications n join actors f on f.id = n.from_id cross join lateral (select ",
        _KEY,
        ") as k (key) where ",
        _WANTED,
        " and n.id < $10 and n.id > $11 and k.key <> all(w.seen) and n.id ",
        onward,
        " w.id order by n.id ",
        order,
        " limit 1) as next where cardinality(w.seen) < $12)",
        _GROUPS,
    )
    return client_statuses.page_of("".join(parts), people=_GROUP_PEOPLE, columns=_GROUP_COLUMNS)


_MEMBERS = """
    notifications n join actors f on f.id = n.from_id
     where (n.group_key = w.key or 'ungrouped-' || n.id = w.key and n.id = w.id) and
"""

_GROUPS = "".join(
    (
        """
        , groups_found as materialized (
            select w.key, m.count, m.least, m.most, m.from_ids from walk w
             cross join lateral (
                select count(*)::int as count,
                       min(n.id) filter (where n.id < $10 and n.id > $11) as least,
                       max(n.id) filter (where n.id < $10 and n.id > $11) as most,
                       (array_agg(n.from_id order by n.id desc))[1:8] as from_ids
                  from
        """,
        _MEMBERS,
        _WANTED,
        """
             ) as m
        ), rung as materialized (
            select
        """,
        _COLUMNS,
        " from notifications n join groups_found g on g.most = n.id",
        _ENTRIES,
    )
)
_GROUP_PEOPLE = " union select unnest(g.from_ids) from groups_found g"
_GROUP_COLUMNS = "".join(
    (
        """
        (select json_agg(json_build_object('key', g.key, 'count', g.count, 'least', g.least, 'most', g.most,
                                           'from_ids', g.from_ids, 'newest', r)
                         order by g.most desc)::text
           from groups_found g join rung r on r.id = g.most) as found,
        """,
    )
)
_GROUPS_NEWEST_FIRST = _walk("desc", "<")
_GROUPS_FROM_BELOW = _walk("asc", ">")

_ONE_GROUP = client_statuses.page_of(
    "".join(("with walk (id, key) as (select $12::bigint, $13::text)", _GROUPS)),
    people=_GROUP_PEOPLE,
    columns=_GROUP_COLUMNS,
)

_decode_groups = msgspec.json.Decoder(tuple[NotificationGroup, ...]).decode


async def groups(
    db: Connection, viewer: Viewer, chosen: Chosen, span: Span, grouped: Sequence[str]
) -> tuple[tuple[NotificationGroup, ...], Page]:
    """A part of the notifications of a viewer in groups, the group with the newest first; each once.

    Only those of the kinds `grouped` are gathered.
    """
    row = await db.fetchrow(
        _GROUPS_FROM_BELOW if span.is_upward else _GROUPS_NEWEST_FIRST,
        *viewer.sight,
        chosen.with_filtered,
        chosen.kinds,
        chosen.from_id,
        span.max_id,
        span.after,
        span.limit,
        list(grouped),
    )
    assert row is not None
    return _decode_groups(row["found"]) if row["found"] else (), client_statuses.read(row)


async def group(db: Connection, viewer: Viewer, key: str) -> tuple[NotificationGroup | None, Page]:
    """One group of a viewer's notifications by its key."""
    row = await db.fetchrow(
        _ONE_GROUP,
        *viewer.sight,
        True,
        KINDS,
        None,
        LARGEST_NUMBER,
        0,
        number_in(key),
        key,
    )
    assert row is not None
    found = _decode_groups(row["found"]) if row["found"] else ()
    return (found[0] if found else None), client_statuses.read(row)


def number_in(key: str) -> int:
    """The number of the one notification that a key names; 0 if it names a group of several.

    >>> number_in("ungrouped-17"), number_in("favourite-5-3"), number_in("ungrouped-x")
    (17, 0, 0)
    """
    kind, _, number = key.partition("-")
    is_one = kind == "ungrouped" and number.isascii() and number.isdecimal() and len(number) < 19
    return int(number) if is_one else 0


async def senders_of_group(db: Connection, viewer: Viewer, key: str) -> list[int]:
    """Who is in one group of a viewer's notifications, the newest first, up to 400."""
    rows = await db.fetch(
        """
        select n.from_id, max(n.id) as newest from notifications n
         where n.actor_id = $1 and (n.group_key = $2 or n.id = $3)
           and not is_shunned(n.actor_id, n.from_id, true)
         group by n.from_id order by newest desc limit 400
        """,
        viewer.actor_id,
        key,
        number_in(key),
    )
    return [row["from_id"] for row in rows]


# Counting and forgetting

_UNREAD = """
    (select n.id, n.group_key, n.kind from notifications n join actors f on f.id = n.from_id where
"""
_COUNT = "".join(
    (
        "select count(*)::int from ",
        _UNREAD,
        _WANTED,
        """
           and n.id > coalesce((select m.last_read_id from markers m
                                 where m.actor_id = $1 and m.timeline = 'notifications'), 0)
         order by n.id desc limit $10) as unread
        """,
    )
)
_COUNT_GROUPS = "".join(
    (
        """
        select least($12::int, count(distinct case
                   when u.group_key <> 'ungrouped' and u.kind = any($11::text[]) then u.group_key
                   else u.id::text end))::int
          from
        """,
        _UNREAD,
        _WANTED,
        """
           and n.id > coalesce((select m.last_read_id from markers m
                                 where m.actor_id = $1 and m.timeline = 'notifications'), 0)
         order by n.id desc limit $10) as u
        """,
    )
)
MOST_COUNTED = 10_000


async def unread(db: Connection, viewer: Viewer, chosen: Chosen, limit: int) -> int:
    """How many a viewer has not read, by their marker; never more than `limit`."""
    return int(
        await db.fetchval(_COUNT, *viewer.sight, chosen.with_filtered, chosen.kinds, chosen.from_id, limit)
    )


async def unread_groups(
    db: Connection, viewer: Viewer, chosen: Chosen, grouped: Sequence[str], limit: int
) -> int:
    """The same in groups."""
    return int(
        await db.fetchval(
            _COUNT_GROUPS,
            *viewer.sight,
            chosen.with_filtered,
            chosen.kinds,
            chosen.from_id,
            MOST_COUNTED,
            list(grouped),
            limit,
        )
    )


async def forget(db: Connection, actor_id: int, ids: Sequence[int]) -> int:
    """Put notifications away for good; how many there were. Safe to run twice."""
    return changed(
        await db.execute(
            "delete from notifications where actor_id = $1 and id = any($2::bigint[])", actor_id, list(ids)
        )
    )


async def forget_group(db: Connection, actor_id: int, key: str) -> int:
    """Put a group of them away for good; how many there were. Safe to run twice."""
    return changed(
        await db.execute(
            "delete from notifications where actor_id = $1 and (group_key = $2 or id = $3)",
            actor_id,
            key,
            number_in(key),
        )
    )


async def forget_all(db: Connection, actor_id: int) -> None:
    """Put everything away for good. Safe to run twice."""
    await db.execute("delete from notifications where actor_id = $1", actor_id)


async def forget_old(db: Connection, before: datetime) -> None:
    """Forget what was told before then, at most 5,000 at a time. Safe to run twice."""
    await db.execute(
        "delete from notifications where id in (select id from notifications where made_at < $1 limit 5000)",
        before,
    )

"""What somebody wants of notifications by people whom they do not know, and who waits for their answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

Wish = Literal["accept", "filter", "drop"]
WISHES: tuple[Wish, ...] = ("accept", "filter", "drop")


class NotificationPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of notifications by whom one does not follow, by whom one is not followed, from accounts
    of less than thirty days, of private mentions by strangers, and from servers that are limited here."""

    for_not_following: Wish = "accept"
    for_not_followers: Wish = "accept"
    for_new_accounts: Wish = "accept"
    for_private_mentions: Wish = "filter"
    for_limited_accounts: Wish = "filter"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """How many people, with how many notifications, wait to be let through."""

    requests: int
    notifications: int


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose notifications wait; `count` of them, and the last post that is among them."""

    id: int
    from_id: int
    made_at: datetime
    updated_at: datetime
    count: int
    last_post_id: int | None


read_request = reader(Request)


async def of(db: Connection, actor_id: int) -> tuple[NotificationPolicy, Waiting]:
    """What an actor wants, and what waits for them."""
    row = await db.fetchrow(
        """
        select p.*,
               (select count(*)::int from notification_requests r where r.actor_id = $1) as requests,
               (select count(*)::int from notifications n where n.actor_id = $1 and n.is_filtered)
                   as notifications
          from (select $1::bigint as me) m
          left join notification_policies p on p.actor_id = m.me
        """,
        actor_id,
    )
    assert row is not None
    wishes = {name: row[name] for name in NotificationPolicy.__struct_fields__ if row[name] is not None}
    return NotificationPolicy(**wishes), Waiting(requests=row["requests"], notifications=row["notifications"])


async def put(db: Connection, actor_id: int, wishes: Mapping[str, Wish]) -> None:
    """Keep what an actor wants; what is not named stays as it was. Safe to run twice."""
    given = [wishes.get(name) for name in NotificationPolicy.__struct_fields__]
    await db.execute(
        """
        insert into notification_policies as p
               (actor_id, for_not_following, for_not_followers, for_new_accounts, for_private_mentions,
                for_limited_accounts)
        values ($1, $2, $3, $4, $5, $6)
            on conflict (actor_id) do update
           set for_not_following = coalesce(excluded.for_not_following, p.for_not_following),
               for_not_followers = coalesce(excluded.for_not_followers, p.for_not_followers),
               for_new_accounts = coalesce(excluded.for_new_accounts, p.for_new_accounts),
               for_private_mentions = coalesce(excluded.for_private_mentions, p.for_private_mentions),
               for_limited_accounts = coalesce(excluded.for_limited_accounts, p.for_limited_accounts)
        """,
        actor_id,
        *given,
    )


async def requests(
    db: Connection, actor_id: int, *, max_id: int, after: int, limit: int, is_upward: bool
) -> list[Request]:
    """Who waits, the latest to come first."""
    query = _REQUESTS_FROM_BELOW if is_upward else _REQUESTS
    found = all_of(read_request, await db.fetch(query, actor_id, max_id, after, limit))
    return found[::-1] if is_upward else found


_REQUEST = """
    select r.id, r.from_id, r.made_at, r.updated_at, n.count, n.last_post_id
      from notification_requests r
     cross join lateral (
        select count(*)::int as count, max(n.post_id) as last_post_id from notifications n
         where n.actor_id = r.actor_id and n.from_id = r.from_id and n.is_filtered) as n
     where r.actor_id = $1 and n.count > 0 and
"""
_REQUESTS = "".join((_REQUEST, " r.id < $2 and r.id > $3 order by r.id desc limit $4"))
_REQUESTS_FROM_BELOW = "".join((_REQUEST, " r.id < $2 and r.id > $3 order by r.id limit $4"))
_BY_ID = "".join((_REQUEST, " r.id = $2"))


async def request(db: Connection, actor_id: int, request_id: int) -> Request | None:
    """One of who waits."""
    row = await db.fetchrow(_BY_ID, actor_id, request_id)
    return read_request(row) if row else None


async def accept(db: Connection, actor_id: int, request_ids: Sequence[int]) -> int:
    """Let through what waits by these, and whatever they do from now on; how many there were.

    Open streams are told that the list has changed. Safe to run twice.
    """
    return int(
        await db.fetchval(
            """
            with answered as (
                delete from notification_requests where actor_id = $1 and id = any($2::bigint[])
                returning from_id
            ), allowed as (
                insert into notification_permissions (actor_id, from_id) select $1, from_id from answered
                    on conflict do nothing
            ), let_through as (
                update notifications n set is_filtered = false from answered a
                 where n.actor_id = $1 and n.from_id = a.from_id and n.is_filtered
            ), told as (
                insert into stream_events (kind, actor_id)
                select 'notifications_merged', $1 where exists (select from answered)
            )
            select count(*) from answered
            """,
            actor_id,
            list(request_ids),
        )
    )


async def dismiss(db: Connection, actor_id: int, request_ids: Sequence[int]) -> int:
    """Put away what waits by these; how many there were. Who does something again waits again."""
    return int(
        await db.fetchval(
            """
            with answered as (
                delete from notification_requests where actor_id = $1 and id = any($2::bigint[])
                returning from_id
            ), put_away as (
                delete from notifications n using answered a
                 where n.actor_id = $1 and n.from_id = a.from_id and n.is_filtered
            )
            select count(*) from answered
            """,
            actor_id,
            list(request_ids),
        )
    )


async def forget_stale(db: Connection) -> int:
    """Forget requests of which nothing waits any more: it was deleted, or put away. Safe to run twice."""
    return changed(
        await db.execute(
            """
            delete from notification_requests r
             where not exists (select from notifications n
                                where n.actor_id = r.actor_id and n.from_id = r.from_id and n.is_filtered)
            """
        )
    )

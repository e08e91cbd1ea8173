"""The tables `push_subscriptions` and `push_wishes`: which devices ring, and what members want of that.

Who notifies somebody only notes what is to ring where, in its own transaction (`enqueue`); a worker sends it
(`community/notifying/ringing.py`, by the table `push_jobs`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, time
from typing import Literal, get_args

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import Row, reader

Policy = Literal["all", "followed", "follower", "none"]
POLICIES: tuple[Policy, ...] = get_args(Policy)


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """What should ring: a row of `notifications`. `kind` in the words of the Mastodon API (`mention`, …)."""

    notification_id: int
    actor_id: int
    kind: str
    from_id: int | None = None
    post_id: int | None = None


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `push_subscriptions`. `alerts` are the kinds that ring."""

    id: int
    grant_id: int
    actor_id: int
    account_id: int
    endpoint: str
    public_key: bytes
    auth_secret: bytes
    sealed_token: bytes
    is_standard: bool
    policy: Policy
    alerts: tuple[str, ...]
    language: str


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What a member wants of rings: whether they say who and what, and when there are none."""

    shows_words: bool = False
    quiet_from: time | None = None
    quiet_until: time | None = None
    time_zone: str = "UTC"


read_subscription = reader(Subscription)
read_wishes = reader(Wishes)


async def enqueue(db: Connection, rings: Sequence[Ring], now: datetime) -> None:
    """Let these ring on every device whose application wants their kind, from whom it wants it.

    Call it in the transaction that stores the notifications; a notification that rings for nobody costs
    nothing more. Not safe to run twice: each call rings.
    """
    if not rings:
        return
    await db.execute(
        """
        insert into push_jobs (subscription_id, notification_id, kind, from_id, post_id, made_at, due_at)
        select s.id, r.notification_id, r.kind, r.from_id, r.post_id, $6, $6
          from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[])
                   as r (notification_id, actor_id, kind, from_id, post_id)
          join push_subscriptions s on s.actor_id = r.actor_id
         where r.kind = any(s.alerts)
           and case s.policy
               when 'all' then true
               when 'followed' then exists (
                   select from follows f where f.follower_id = r.actor_id
                      and f.followed_id = r.from_id and f.state = 'accepted')
               when 'follower' then exists (
                   select from follows f where f.follower_id = r.from_id
                      and f.followed_id = r.actor_id and f.state = 'accepted')
               else false end
        """,
        [ring.notification_id for ring in rings],
        [ring.actor_id for ring in rings],
        [ring.kind for ring in rings],
        [ring.from_id for ring in rings],
        [ring.post_id for ring in rings],
        now,
    )


# Subscriptions


async def subscribe(
    db: Connection,
    *,
    grant_id: int,
    actor_id: int,
    account_id: int,
    endpoint: str,
    public_key: bytes,
    auth_secret: bytes,
    sealed_token: bytes,
    is_standard: bool,
    policy: Policy,
    alerts: Collection[str],
    language: str,
) -> Subscription:
    """Keep where an application wants to be rung, in place of what it said before."""
    row = await db.fetchrow(
        """
        insert into push_subscriptions
               (grant_id, actor_id, account_id, endpoint, public_key, auth_secret, sealed_token, is_standard,
                policy, alerts, language)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            on conflict (grant_id) do update
           set endpoint = excluded.endpoint, public_key = excluded.public_key,
               auth_secret = excluded.auth_secret, sealed_token = excluded.sealed_token,
               is_standard = excluded.is_standard, policy = excluded.policy, alerts = excluded.alerts,
               language = excluded.language
        returning *
        """,
        grant_id,
        actor_id,
        account_id,
        endpoint,
        public_key,
        auth_secret,
        sealed_token,
        is_standard,
        policy,
        sorted(alerts),
        language,
    )
    assert row is not None
    return subscription_of(row)


async def of_grant(db: Connection, grant_id: int) -> Subscription | None:
    """Where the application with this token wants to be rung."""
    row = await db.fetchrow("select * from push_subscriptions where grant_id = $1", grant_id)
    return subscription_of(row) if row else None


async def change(
    db: Connection, grant_id: int, *, policy: Policy | None, alerts: Collection[str] | None
) -> Subscription | None:
    """Let a subscription ring for other kinds, or from others; None leaves as it is."""
    row = await db.fetchrow(
        """
        update push_subscriptions set policy = coalesce($2, policy), alerts = coalesce($3, alerts)
         where grant_id = $1
        returning *
        """,
        grant_id,
        policy,
        None if alerts is None else sorted(alerts),
    )
    return subscription_of(row) if row else None


async def unsubscribe(db: Connection, grant_id: int) -> None:
    """Forget where an application wanted to be rung, with what was to ring there. Safe to run twice."""
    await db.execute("delete from push_subscriptions where grant_id = $1", grant_id)


async def forget_subscription(db: Connection, subscription_id: int) -> None:
    """Forget a subscription that its push service does not know any more. Safe to run twice."""
    await db.execute("delete from push_subscriptions where id = $1", subscription_id)


# What members want


async def wishes_of(db: Connection, account_id: int) -> Wishes:
    """What a member wants of rings; the usual if they have said nothing."""
    row = await db.fetchrow("select * from push_wishes where account_id = $1", account_id)
    return read_wishes(row) if row else Wishes()


async def put_wishes(db: Connection, account_id: int, wishes: Wishes) -> None:
    """Keep what a member wants of rings. Safe to run twice."""
    await db.execute(
        """
        insert into push_wishes (account_id, shows_words, quiet_from, quiet_until, time_zone)
        values ($1, $2, $3, $4, $5)
            on conflict (account_id) do update
           set shows_words = excluded.shows_words, quiet_from = excluded.quiet_from,
               quiet_until = excluded.quiet_until, time_zone = excluded.time_zone
        """,
        account_id,
        wishes.shows_words,
        wishes.quiet_from,
        wishes.quiet_until,
        wishes.time_zone,
    )


def subscription_of(row: Row) -> Subscription:
    """A row of `push_subscriptions`."""
    return msgspec.structs.replace(read_subscription(row), alerts=tuple(row["alerts"]))

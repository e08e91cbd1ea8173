"""What people want to have to do with each other: blocks, mutes, servers kept away, notes, endorsements.

Whom somebody has blocked they do not see, and are not seen by (`may_see`, `are_apart`). A mute only keeps
somebody out of lists and notifications, a server that is kept away everybody on it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.models import Actor
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a list of people: its number, by which it is paged, and the person; `ends_at` of a mute."""

    id: int
    actor_id: int
    ends_at: datetime | None = None


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    """One server that somebody keeps away, with the number by which the list is paged."""

    id: int
    domain: str


class Ties(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a server somebody follows, and how many there follow them."""

    following: int
    followers: int


_read_kept = reader(Kept)
_read_domain = reader(Domain)
_read_ties = reader(Ties)


async def are_apart(db: Connection, actor_id: int, other: Actor) -> bool:
    """Whether one of ours and somebody else are kept apart: by a block of either, or of a server."""
    return bool(await db.fetchval("select are_apart($1, $2, $3)", actor_id, other.id, other.uri))


async def has_blocked(db: Connection, actor_id: int, other_id: int) -> bool:
    """Whether somebody has blocked somebody else."""
    return bool(
        await db.fetchval(
            "select exists (select from personal_blocks where actor_id = $1 and blocked_id = $2)",
            actor_id,
            other_id,
        )
    )


async def block(db: Connection, actor_id: int, blocked_id: int, now: datetime) -> None:
    """Keep two people apart. Safe to run twice."""
    await db.execute(
        """
        insert into personal_blocks (actor_id, blocked_id, blocked_at) values ($1, $2, $3)
            on conflict do nothing
        """,
        actor_id,
        blocked_id,
        now,
    )


async def unblock(db: Connection, actor_id: int, blocked_id: int) -> None:
    """End what the first of them wanted; a block by the other stands. Safe to run twice."""
    await db.execute(
        "delete from personal_blocks where actor_id = $1 and blocked_id = $2", actor_id, blocked_id
    )


async def mute(
    db: Connection,
    actor_id: int,
    muted_id: int,
    *,
    notifications: bool,
    ends_at: datetime | None,
    now: datetime,
) -> None:
    """Keep somebody out of lists, and out of notifications too if asked for. Safe to run twice."""
    await db.execute(
        """
        insert into personal_mutes (actor_id, muted_id, hides_notifications, ends_at, muted_at)
        values ($1, $2, $3, $4, $5)
            on conflict (actor_id, muted_id) do update
           set hides_notifications = excluded.hides_notifications, ends_at = excluded.ends_at
        """,
        actor_id,
        muted_id,
        notifications,
        ends_at,
        now,
    )


async def unmute(db: Connection, actor_id: int, muted_id: int) -> None:
    """End a mute. Safe to run twice."""
    await db.execute("delete from personal_mutes where actor_id = $1 and muted_id = $2", actor_id, muted_id)


async def forget_ended_mutes(db: Connection, now: datetime) -> None:
    """Forget mutes whose time is over, which count no more anyway. Safe to run twice."""
    await db.execute("delete from personal_mutes where ends_at <= $1", now)


async def blocked(db: Connection, actor_id: int, after: int, before: int, limit: int) -> list[Kept]:
    """Whom somebody has blocked, the latest first: what is numbered between two numbers."""
    rows = await db.fetch(
        """
        select id, blocked_id as actor_id, null::timestamptz as ends_at from personal_blocks
         where actor_id = $1 and id > $2 and id < $3
         order by id desc limit $4
        """,
        actor_id,
        after,
        before,
        limit,
    )
    return all_of(_read_kept, rows)


async def muted(
    db: Connection, actor_id: int, now: datetime, after: int, before: int, limit: int
) -> list[Kept]:
    """Whom somebody has muted at present, the latest first."""
    rows = await db.fetch(
        """
        select id, muted_id as actor_id, ends_at from personal_mutes
         where actor_id = $1 and (ends_at is null or ends_at > $2) and id > $3 and id < $4
         order by id desc limit $5
        """,
        actor_id,
        now,
        after,
        before,
        limit,
    )
    return all_of(_read_kept, rows)


async def endorsed(db: Connection, actor_id: int, after: int, before: int, limit: int) -> list[Kept]:
    """Whom somebody points others to, the latest first."""
    rows = await db.fetch(
        """
        select id, endorsed_id as actor_id, null::timestamptz as ends_at from endorsements
         where actor_id = $1 and id > $2 and id < $3
         order by id desc limit $4
        """,
        actor_id,
        after,
        before,
        limit,
    )
    return all_of(_read_kept, rows)


async def asking(db: Connection, followed_id: int, after: int, before: int, limit: int) -> list[Kept]:
    """Who asks to follow one of ours, by the number of their actor, the highest first."""
    rows = await db.fetch(
        """
        select f.follower_id as id, f.follower_id as actor_id, null::timestamptz as ends_at
          from follows f join actors a on a.id = f.follower_id and a.state = 'active'
         where f.followed_id = $1 and f.state = 'pending' and f.follower_id > $2 and f.follower_id < $3
         order by f.follower_id desc limit $4
        """,
        followed_id,
        after,
        before,
        limit,
    )
    return all_of(_read_kept, rows)


async def endorse(db: Connection, actor_id: int, endorsed_id: int, most: int) -> bool:
    """Point others to somebody whom one follows; False if they are not followed, or there are too many.

    Safe to run twice.
    """
    return bool(
        await db.fetchval(
            """
            with added as (
                insert into endorsements (actor_id, endorsed_id)
                select f.follower_id, f.followed_id from follows f
                 where f.follower_id = $1 and f.followed_id = $2 and f.state = 'accepted'
                   and (select count(*) from endorsements where actor_id = $1) < $3
                    on conflict do nothing
                returning true
            )
            select exists (select from added)
                   or exists (select from endorsements where actor_id = $1 and endorsed_id = $2)
            """,
            actor_id,
            endorsed_id,
            most,
        )
    )


async def unendorse(db: Connection, actor_id: int, endorsed_id: int) -> None:
    """End that. Safe to run twice."""
    await db.execute(
        "delete from endorsements where actor_id = $1 and endorsed_id = $2", actor_id, endorsed_id
    )


async def set_note(db: Connection, actor_id: int, about_id: int, note: str) -> None:
    """Write down something about somebody, for oneself; empty forgets it. Safe to run twice."""
    if not note:
        await db.execute(
            "delete from personal_notes where actor_id = $1 and about_id = $2", actor_id, about_id
        )
        return
    await db.execute(
        """
        insert into personal_notes (actor_id, about_id, note) values ($1, $2, $3)
            on conflict (actor_id, about_id) do update set note = excluded.note
        """,
        actor_id,
        about_id,
        note,
    )


async def block_domain(db: Connection, actor_id: int, domain: str) -> bool:
    """Keep a whole server away; False if it was already. Safe to run twice."""
    return bool(
        changed(
            await db.execute(
                """
                insert into personal_domain_blocks (actor_id, domain) values ($1, $2)
                    on conflict do nothing
                """,
                actor_id,
                domain,
            )
        )
    )


async def unblock_domain(db: Connection, actor_id: int, domain: str) -> None:
    """Let a server come near again. Safe to run twice."""
    await db.execute(
        "delete from personal_domain_blocks where actor_id = $1 and domain = $2", actor_id, domain
    )


async def domains(db: Connection, actor_id: int, after: int, before: int, limit: int) -> list[Domain]:
    """The servers that somebody keeps away, the latest first."""
    rows = await db.fetch(
        """
        select id, domain from personal_domain_blocks
         where actor_id = $1 and id > $2 and id < $3
         order by id desc limit $4
        """,
        actor_id,
        after,
        before,
        limit,
    )
    return all_of(_read_domain, rows)


async def ties_with(db: Connection, actor_id: int, domain: str) -> Ties:
    """How many follows there are between somebody and a server with those below it."""
    row = await db.fetchrow(
        """
        select count(*) filter (where f.follower_id = $1) as following,
               count(*) filter (where f.followed_id = $1) as followers
          from follows f
          join actors a on a.id = case when f.follower_id = $1 then f.followed_id else f.follower_id end
         where (f.follower_id = $1 or f.followed_id = $1) and not a.is_local
           and right('.' || split_part(split_part(a.uri, '/', 3), ':', 1), length($2) + 1) = '.' || $2
        """,
        actor_id,
        domain,
    )
    assert row is not None
    return _read_ties(row)


async def tied_with(db: Connection, actor_id: int, domain: str) -> list[int]:
    """Everybody of a server with those below it who follows somebody, or is followed by them."""
    rows = await db.fetch(
        """
        select distinct a.id
          from follows f
          join actors a on a.id = case when f.follower_id = $1 then f.followed_id else f.follower_id end
         where (f.follower_id = $1 or f.followed_id = $1) and not a.is_local
           and right('.' || split_part(split_part(a.uri, '/', 3), ':', 1), length($2) + 1) = '.' || $2
        """,
        actor_id,
        domain,
    )
    return [row["id"] for row in rows]


async def prefer(
    db: Connection,
    follower_id: int,
    followed_id: int,
    *,
    shows_boosts: bool | None,
    notifies: bool | None,
    languages: Sequence[str] | None,
) -> None:
    """What a follower wants to see of whom they follow; None leaves it as it is. Safe to run twice."""
    await db.execute(
        """
        update follows
           set shows_boosts = coalesce($3, shows_boosts), notifies = coalesce($4, notifies),
               languages = coalesce($5::text[], languages)
         where follower_id = $1 and followed_id = $2
        """,
        follower_id,
        followed_id,
        shows_boosts,
        notifies,
        list(languages) if languages is not None else None,
    )

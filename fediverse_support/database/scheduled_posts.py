"""The table `scheduled_posts`: written now, sent later. Without a time it is a draft."""

from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import Viewer
from fediverse_support.database.accounts import account_of
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader


class Scheduled(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `wish` is what its author wants, `trouble` why it was not sent when its time came."""

    id: int
    actor_id: int
    account_id: int
    wish: dict[str, Any]
    scheduled_at: datetime | None
    trouble: str = ""


read = reader(Scheduled)


async def insert(
    db: Connection, actor_id: int, account_id: int, wish: dict[str, Any], at: datetime | None, now: datetime
) -> Scheduled:
    """Keep what shall be sent at `at`; None for a draft."""
    row = await db.fetchrow(
        """
        insert into scheduled_posts (id, actor_id, account_id, wish, scheduled_at, created_at)
        values ($1, $2, $3, $4, $5, $6) returning *
        """,
        new_id(),
        actor_id,
        account_id,
        wish,
        at,
        now,
    )
    assert row is not None
    return read(row)


async def count(db: Connection, actor_id: int) -> int:
    """How many somebody has."""
    return int(await db.fetchval("select count(*) from scheduled_posts where actor_id = $1", actor_id))


async def count_within(
    db: Connection, actor_id: int, start: datetime, end: datetime, besides: int | None
) -> int:
    """How many of somebody's are to be sent in this time, apart from one. Until the transaction ends nobody
    else counts for them."""
    await db.execute("select from actors where id = $1 for no key update", actor_id)
    return int(
        await db.fetchval(
            """
            select count(*) from scheduled_posts
             where actor_id = $1 and scheduled_at >= $2 and scheduled_at < $3 and id is distinct from $4
            """,
            actor_id,
            start,
            end,
            besides,
        )
    )


async def by_id(db: Connection, actor_id: int, number: int) -> Scheduled | None:
    """One of somebody's own; None for another's."""
    row = await db.fetchrow("select * from scheduled_posts where id = $1 and actor_id = $2", number, actor_id)
    return read(row) if row else None


async def page(
    db: Connection, actor_id: int, *, below: int, above: int, is_upward: bool, limit: int
) -> list[Scheduled]:
    """What somebody has scheduled, newest first, between two numbers; with `is_upward` next to `above`."""
    rows = await db.fetch(
        """
        select * from (
            select * from scheduled_posts
             where actor_id = $1 and scheduled_at is not null and id < $2 and id > $3
             order by case when $4 then id end, id desc limit $5) as found
         order by id desc
        """,
        actor_id,
        below,
        above,
        is_upward,
        limit,
    )
    return all_of(read, rows)


async def drafts(db: Connection, actor_id: int, limit: int) -> list[Scheduled]:
    """Everything of somebody's that is to be sent or was not, what comes next first."""
    rows = await db.fetch(
        "select * from scheduled_posts where actor_id = $1 order by scheduled_at nulls first, id limit $2",
        actor_id,
        limit,
    )
    return all_of(read, rows)


async def put_off(db: Connection, actor_id: int, number: int, at: datetime) -> Scheduled | None:
    """Let it be sent at another time; None if it is not there."""
    row = await db.fetchrow(
        """
        update scheduled_posts set scheduled_at = $3, trouble = '' where id = $1 and actor_id = $2 returning *
        """,
        number,
        actor_id,
        at,
    )
    return read(row) if row else None


async def remove(db: Connection, actor_id: int, number: int) -> bool:
    """Forget it; False if it is not there."""
    return bool(
        changed(
            await db.execute("delete from scheduled_posts where id = $1 and actor_id = $2", number, actor_id)
        )
    )


async def next_due(db: Connection, now: datetime) -> Scheduled | None:
    """One whose time has come, locked; what another worker has in hand is left out."""
    row = await db.fetchrow(
        """
        select * from scheduled_posts where scheduled_at <= $1
         order by scheduled_at limit 1 for update skip locked
        """,
        now,
    )
    return read(row) if row else None


async def keep_as_draft(db: Connection, number: int, trouble: str) -> None:
    """It could not be sent: nothing of it is lost. Safe to run twice."""
    await db.execute(
        "update scheduled_posts set scheduled_at = null, trouble = left($2, 1000) where id = $1",
        number,
        trouble,
    )


async def viewer_of(db: Connection, account_id: int, actor_id: int) -> Viewer | None:
    """What the author of something scheduled may see now, themselves or as a group that they look after.

    None if they may not act so any more.
    """
    row = await db.fetchrow(
        """
        select a.id, a.actor_id, p.name, p.display_name, a.email, a.role, a.state, a.created_at,
               '' as request,
               array(select f.followed_id from follows f join actors g on g.id = f.followed_id
                      where f.follower_id = $2 and f.state = 'accepted' and g.type = 'Group') as member_of,
               array(select f.followed_id from follows f join actors g on g.id = f.followed_id
                      where f.follower_id = $2 and f.state = 'accepted' and g.type <> 'Group') as follows,
               array(select m.group_id from group_moderators m where m.actor_id = $2) as moderates,
               array(select b.blocked_id from personal_blocks b where b.actor_id = $2
                     union select b.actor_id from personal_blocks b where b.blocked_id = $2) as apart_from
          from accounts a join actors p on p.id = a.actor_id and p.state = 'active'
         where a.id = $1 and a.state = 'active'
           and (a.actor_id = $2
                or exists (select from group_moderators m join actors g on g.id = m.group_id
                            where m.actor_id = a.actor_id and m.group_id = $2 and g.state = 'active'))
        """,
        account_id,
        actor_id,
    )
    if row is None:
        return None
    account = account_of(row)
    if actor_id != account.actor_id:
        plain = msgspec.structs.replace(account, role="member")
        return Viewer(actor_id=actor_id, account=plain, member_of=(actor_id,), moderates=(actor_id,))
    return Viewer(
        actor_id=actor_id,
        account=account,
        member_of=tuple(row["member_of"]),
        moderates=tuple(row["moderates"]),
        follows=tuple(row["follows"]),
        apart_from=tuple(row["apart_from"]),
    )

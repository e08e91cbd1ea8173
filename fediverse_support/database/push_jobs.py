"""The table `push_jobs`: one row for each ring on each device that is still to be sent.

A job that is taken is due again soon, so that one whose worker died is sent by another; a ring may come twice
and none is lost.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from fediverse_support.core.models import Reach
from fediverse_support.database.pool import Connection
from fediverse_support.database.push import Subscription, Wishes, read_wishes, subscription_of
from fediverse_support.database.rows import Row, reader


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a ring is about. `stands`: there still is such a notification, its post may still be seen, and who
    is rung still is a member or looks after the group as which their application acts."""

    stands: bool
    from_name: str | None = None
    from_title: str | None = None
    group_id: int | None = None
    reach: Reach | None = None
    warning: str | None = None
    html: str | None = None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A ring that is due, with its device and what its member wants. `is_late`: it came in quiet hours."""

    id: int
    notification_id: int
    kind: str
    made_at: datetime
    tries: int
    is_late: bool
    about: About
    subscription: Subscription
    wishes: Wishes


_read_about = reader(About)

_TAKE = """
    with due as (
        select id from push_jobs where due_at <= $1 order by due_at limit $3 for update skip locked
    ), taken as (
        update push_jobs j set due_at = $2, tries = j.tries + 1
          from due where j.id = due.id
        returning j.*
    )
    select s.*, t.id as job_id, t.notification_id, t.kind, t.made_at as rung_at, t.tries, t.is_late,
           coalesce(w.shows_words, false) as shows_words, w.quiet_from, w.quiet_until,
           coalesce(w.time_zone, 'UTC') as time_zone,
           n.id is not null and m.state = 'active'
               and (s.actor_id = m.actor_id
                    or exists (select from group_moderators gm
                                where gm.group_id = s.actor_id and gm.actor_id = m.actor_id))
               and (t.post_id is null or is_seen_by(t.post_id, s.actor_id))
               and (t.kind not in ('admin.report', 'admin.sign_up')
                    or s.actor_id = m.actor_id and m.role in ('owner', 'admin', 'moderator')
                    or t.kind = 'admin.report'
                       and exists (select from reports r
                                    where r.id = n.subject_id
                                      and (r.group_id = s.actor_id
                                           or exists (select from group_moderators o
                                                       where o.group_id = r.group_id
                                                         and o.actor_id = s.actor_id)))) as stands,
           a.name as from_name, a.display_name as from_title,
           p.group_id, p.reach, p.content_warning as warning, left(p.content_html, 20000) as html
      from taken t
      join push_subscriptions s on s.id = t.subscription_id
      join accounts m on m.id = s.account_id
      left join notifications n on n.id = t.notification_id and not n.is_filtered
      left join push_wishes w on w.account_id = s.account_id
      left join actors a on a.id = t.from_id
      left join posts p on p.id = t.post_id
     order by t.id
"""


async def take(db: Connection, now: datetime, lease: timedelta, limit: int) -> list[Job]:
    """Take up to `limit` jobs that are due, the oldest first; nobody else gets them until `now + lease`."""
    return [_read(row) for row in await db.fetch(_TAKE, now, now + lease, limit)]


async def put_off(db: Connection, job_ids: Collection[int], due_at: datetime) -> None:
    """Let jobs ring later because it is quiet; that was no try."""
    await db.execute(
        """
        update push_jobs set due_at = $2, is_late = true, tries = greatest(tries - 1, 0)
         where id = any($1::bigint[])
        """,
        list(job_ids),
        due_at,
    )


async def wake(db: Connection, account_id: int, now: datetime) -> None:
    """Let what waits for the end of a member's quiet hours be looked at now, as these have changed."""
    await db.execute(
        """
        update push_jobs j set due_at = $2
          from push_subscriptions s
         where s.id = j.subscription_id and s.account_id = $1 and j.is_late and j.due_at > $2
        """,
        account_id,
        now,
    )


async def try_again(db: Connection, job_id: int, due_at: datetime) -> None:
    """Let a job that failed be tried again then."""
    await db.execute("update push_jobs set due_at = $2 where id = $1", job_id, due_at)


async def finish(db: Connection, job_ids: Collection[int]) -> None:
    """Forget jobs that are done with. Safe to run twice."""
    await db.execute("delete from push_jobs where id = any($1::bigint[])", list(job_ids))


async def gather_late(db: Connection, subscription_id: int, job_id: int) -> int:
    """Let one late job stand for all that waited with it for the end of quiet hours; how many those are."""
    number: int = await db.fetchval(
        """
        with others as (
            delete from push_jobs where subscription_id = $1 and is_late and id <> $2 returning 1
        )
        select count(*) + 1 from others
        """,
        subscription_id,
        job_id,
    )
    return number


async def forget_old(db: Connection, before: datetime) -> None:
    """Forget what should have rung before then and did not. Safe to run twice."""
    await db.execute("delete from push_jobs where made_at < $1", before)


def _read(row: Row) -> Job:
    return Job(
        id=row["job_id"],
        notification_id=row["notification_id"],
        kind=row["kind"],
        made_at=row["rung_at"],
        tries=row["tries"],
        is_late=row["is_late"],
        about=_read_about(row),
        subscription=subscription_of(row),
        wishes=read_wishes(row),
    )

"""The `reports` table: what somebody, here or elsewhere, asks the moderators to look at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import Post, Viewer
from fediverse_support.database import posts
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

Category = Literal["spam", "legal", "violation", "other"]
"""What apps call the kind of trouble."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `reports`. `rule_numbers`: the rules that `rule` speaks of; `about_id`: whom it is about."""

    id: int
    reporter_uri: str
    object_uris: tuple[str, ...]
    reason: str
    state: str
    created_at: datetime
    group_id: int | None
    rule: str
    forwarded_at: datetime | None
    closed_at: datetime | None
    category: Category
    rule_numbers: tuple[int, ...]
    about_id: int | None


read = reader(Report)


async def insert(
    db: Connection,
    *,
    activity_uri: str | None,
    reporter_uri: str,
    object_uris: Sequence[str],
    reason: str,
    group_id: int | None = None,
    rule: str = "",
    forwarded_at: datetime | None = None,
    category: Category = "other",
    rule_numbers: Sequence[int] = (),
    about_id: int | None = None,
) -> int | None:
    """Store a report; its number, or None for an activity that is stored already. Safe to run twice with one
    activity."""
    number: int | None = await db.fetchval(
        """
        insert into reports (id, activity_uri, reporter_uri, object_uris, reason, group_id, rule,
                             forwarded_at, category, rule_numbers, about_id)
        values ($1, $2, $3, $4, left($5, 5000), $6, left($7, 400), $8, $9, $10, $11)
            on conflict do nothing
        returning id
        """,
        new_id(),
        activity_uri,
        reporter_uri,
        list(object_uris),
        reason,
        group_id,
        rule,
        forwarded_at,
        category,
        list(rule_numbers),
        about_id,
    )
    return number


async def reportable(db: Connection, viewer: Viewer, numbers: Sequence[int]) -> list[Post]:
    """The posts with these numbers, or of which these are boosts, that `viewer` may see; each once."""
    rows = await db.fetch(
        """
        select p.* from posts p
         where p.id in (select coalesce(b.post_id, n.id)
                          from unnest($7::bigint[]) as n (id) left join boosts b on b.id = n.id)
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named, $1, $2, $3, $4, $5, $6)
         order by p.id
        """,
        *viewer.sight,
        list(numbers),
    )
    return all_of(posts.read, rows)


async def by_id(db: Connection, report_id: int) -> Report | None:
    """The report with our number."""
    row = await db.fetchrow("select * from reports where id = $1", report_id)
    return read(row) if row else None


async def still_open(db: Connection, viewer_id: int, limit: int) -> list[Report]:
    """Reports that nobody has closed, the longest waiting first; those about `viewer_id` only where nobody
    else looks after the community: who is reported does not learn by whom."""
    rows = await db.fetch(
        """
        select * from reports
         where state = 'open'
           and (not report_is_about(reports, $1)
                or not exists (select from accounts
                                where state = 'active' and role in ('owner', 'admin', 'moderator')
                                  and not report_is_about(reports, actor_id)))
         order by created_at limit $2
        """,
        viewer_id,
        limit,
    )
    return all_of(read, rows)


async def of_group(db: Connection, group_id: int, viewer_id: int, limit: int) -> list[Report]:
    """Reports about a group that nobody has closed, the longest waiting first; none about `viewer_id`, for
    those are for who looks after the community."""
    rows = await db.fetch(
        """
        select * from reports
         where group_id = $1 and state = 'open' and not report_is_about(reports, $2)
         order by created_at limit $3
        """,
        group_id,
        viewer_id,
        limit,
    )
    return all_of(read, rows)


async def concerned(db: Connection, report_id: int, among: Sequence[int]) -> set[int]:
    """Those of these actors whom a report is about."""
    rows = await db.fetch(
        """
        select n.id from unnest($2::bigint[]) as n (id), reports r
         where r.id = $1 and report_is_about(r, n.id)
        """,
        report_id,
        list(among),
    )
    return {row["id"] for row in rows}


async def is_waiting(db: Connection, reporter_uri: str, object_uri: str) -> bool:
    """Whether somebody has reported this already, and nobody has closed it."""
    return bool(
        await db.fetchval(
            """
            select exists (select from reports
                            where reporter_uri = $1 and $2 = any(object_uris) and state = 'open')
            """,
            reporter_uri,
            object_uri,
        )
    )


async def close(db: Connection, report_id: int, by_actor: int, now: datetime) -> bool:
    """Close a report; False when it was closed."""
    return bool(
        changed(
            await db.execute(
                """
                update reports set state = 'closed', closed_by = $2, closed_at = $3
                 where id = $1 and state = 'open'
                """,
                report_id,
                by_actor,
                now,
            )
        )
    )

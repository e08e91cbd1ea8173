"""Reports with whom and which posts they are about, by our numbers: for telling of them in the client API."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class ReportTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A report; `about_id` is whom it is about: named by it, or else the author of the first post in it."""

    id: int
    reason: str
    category: str
    rule_numbers: tuple[int, ...]
    post_ids: tuple[int, ...]
    about_id: int | None
    created_at: datetime
    closed_at: datetime | None
    forwarded_at: datetime | None


read = reader(ReportTarget)


async def by_ids(db: Connection, report_ids: Sequence[int]) -> list[ReportTarget]:
    """These reports, as far as they are there."""
    rows = await db.fetch(
        """
        select r.id, r.reason, r.category, r.rule_numbers, r.created_at, r.closed_at, r.forwarded_at,
               array(select p.id from posts p where p.uri = any(r.object_uris) order by p.id) as post_ids,
               coalesce(r.about_id,
                        (select p.author_id from posts p
                          where p.uri = any(r.object_uris) order by p.id limit 1),
                        (select a.id from actors a where a.uri = any(r.object_uris) order by a.id limit 1))
                   as about_id
          from reports r where r.id = any($1::bigint[])
        """,
        list(report_ids),
    )
    return all_of(read, rows)

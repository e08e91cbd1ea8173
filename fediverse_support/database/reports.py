"""The `reports` table: what somebody, here or elsewhere, asks the moderators to look at."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `reports`."""

    id: int
    reporter_uri: str
    object_uris: tuple[str, ...]
    reason: str
    state: str
    created_at: datetime


read = reader(Report)


async def insert(
    db: Connection, *, activity_uri: str | None, reporter_uri: str, object_uris: Sequence[str], reason: str
) -> None:
    """Store a report. Safe to run twice with the same activity."""
    await db.execute(
        """
        insert into reports (id, activity_uri, reporter_uri, object_uris, reason)
        values ($1, $2, $3, $4, left($5, 5000))
            on conflict do nothing
        """,
        new_id(),
        activity_uri,
        reporter_uri,
        list(object_uris),
        reason,
    )


async def still_open(db: Connection, limit: int) -> list[Report]:
    """Reports that nobody has closed, the longest waiting first."""
    return all_of(
        read, await db.fetch("select * from reports where state = 'open' order by created_at limit $1", limit)
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

"""Reports and parked arrivals: what somebody has to look at."""

from datetime import datetime

from fediverse_support.core.errors import Conflict, Missing
from fediverse_support.core.models import Account
from fediverse_support.database import inbox, reports
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds


async def close_report(
    db: Connection, report_id: int, by: Account, reason: str, now: datetime, *, group_id: int | None = None
) -> None:
    """Close a report; the caller opened the transaction. Raises `Conflict` if it was closed.

    `group_id`: only if it is about this group, for those who look after that one; else raises `Missing`.
    """
    report = await reports.by_id(db, report_id)
    if group_id is not None and (report is None or report.group_id != group_id):
        raise Missing
    if not await reports.close(db, report_id, by.actor_id, now):
        raise Conflict("Somebody has already closed this report.")
    await deeds.record(db, by, "close report", str(report_id), reason, now, group_id=group_id)


async def replay(db: Connection, arrived_id: int, by: Account | None, now: datetime) -> None:
    """Let a parked or refused arrival be processed again; the caller opened the transaction.

    Raises `Conflict` if it is neither.
    """
    if not await inbox.replay(db, arrived_id, now):
        raise Conflict("This arrival is not parked any more.")
    await deeds.record(db, by, "replay arrival", str(arrived_id), "", now)

"""The record of what was done. Only ever added to."""

from datetime import datetime

from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import Account
from fediverse_support.database import deeds
from fediverse_support.database.deeds import DeedLine
from fediverse_support.database.pool import Connection


async def record(
    db: Connection,
    by: Account | None,
    deed: str,
    about: str,
    reason: str,
    now: datetime,
    *,
    by_uri: str = "",
    group_id: int | None = None,
) -> None:
    """Write down one deed; `by` is None for the command line, `about` is an id, a name or a domain.

    `by_uri` is for moderators on other servers, `group_id` for what concerns one group.
    """
    await deeds.add(
        db,
        deed_id=new_id(),
        account_id=by.id if by else None,
        deed=deed,
        about=about,
        reason=reason,
        now=now,
        by_uri=by_uri,
        group_id=group_id,
    )


async def latest(db: Connection) -> list[DeedLine]:
    """The last deeds, the newest first."""
    return await deeds.latest(db)

"""Setting how this community deals with another server, on the record."""

from datetime import datetime
from typing import get_args

import msgspec

from fediverse_support.community import policies
from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import Account, Level
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds
from fediverse_support.protocol.site import Site

LEVELS: tuple[str, ...] = get_args(Level)


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A level for a domain and everything below it; `level` None takes it away.

    Only `public_reason` is ever shown outside.
    """

    domain: str
    level: str | None
    public_reason: str = ""
    private_note: str = ""


async def put(db: Connection, site: Site, setting: Setting, by: Account | None, now: datetime) -> None:
    """Set or take away a level; the caller opened the transaction.

    Raises `Malformed` for a level or domain that does not exist, `Conflict` for our own.
    """
    if setting.level is not None and setting.level not in LEVELS:
        raise Malformed(f"A level is one of {', '.join(LEVELS)}.")
    await policies.set_level(
        db,
        site,
        setting.domain,
        None if setting.level is None else msgspec.convert(setting.level, Level),
        public_reason=setting.public_reason,
        private_note=setting.private_note,
        by=by.id if by else None,
    )
    deed = f"set domain to {setting.level}" if setting.level else "remove domain level"
    await deeds.record(db, by, deed, setting.domain, setting.public_reason, now)

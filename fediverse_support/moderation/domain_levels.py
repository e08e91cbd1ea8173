"""Setting how this community deals with one other server, on the record, as forms and commands say it."""

from datetime import date, datetime

import msgspec

from fediverse_support.core.models import LEVELS, Account
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import ladder
from fediverse_support.moderation.ladder import Settled
from fediverse_support.policy.document import DomainText, Shown
from fediverse_support.policy.levels import level_of
from fediverse_support.protocol.site import Site

__all__ = ["LEVELS", "Setting", "put"]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A level for a domain and everything below it, such as `limited+no-media`; None takes it away.

    Only `public_reason` is ever shown outside; `shown` says how the public page names the domain.
    """

    domain: str
    level: str | None
    public_reason: str = ""
    private_note: str = ""
    shown: Shown = "open"
    expires: date | None = None
    review: date | None = None


async def put(
    db: Connection, site: Site, setting: Setting, by: Account | None, now: datetime, *, is_sure: bool = False
) -> Settled:
    """Set or take away a level; the caller opened the transaction. What it came to.

    Raises `Malformed` for a level or domain that does not exist, `Conflict` for our own; see `ladder.put`.
    """
    text = None if setting.level is None else _text(setting, setting.level)
    return await ladder.put(
        db, site, {setting.domain: text}, by=by, why=setting.public_reason, now=now, is_sure=is_sure
    )


def _text(setting: Setting, level: str) -> DomainText:
    return msgspec.structs.replace(
        level_of(level),
        reason=setting.public_reason,
        note=setting.private_note,
        shown=setting.shown,
        expires=setting.expires,
        review=setting.review,
    )

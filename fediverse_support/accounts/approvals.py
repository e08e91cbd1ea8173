"""Deciding on those who asked to join."""

from datetime import datetime

from fediverse_support.accounts import grants
from fediverse_support.core.errors import Conflict
from fediverse_support.core.models import Account
from fediverse_support.database import accounts
from fediverse_support.database.pool import Connection


async def waiting(db: Connection) -> list[Account]:
    """Who waits, the longest first."""
    return await accounts.waiting(db)


async def approve(db: Connection, account_id: int, by: Account | None, now: datetime) -> Account:
    """Let someone in. Raises `Conflict` if somebody else has decided already."""
    account = await _decide(db, account_id, "active", by, now)
    await accounts.set_actor_state(db, account.actor_id, "active")
    return account


async def decline(db: Connection, account_id: int, by: Account | None, now: datetime) -> Account:
    """Do not let someone in; the name stays taken. Raises `Conflict` if it was decided already."""
    account = await _decide(db, account_id, "declined", by, now)
    await grants.end_all(db, account)
    return account


async def _decide(db: Connection, account_id: int, state: str, by: Account | None, now: datetime) -> Account:
    account = await accounts.decide(db, account_id, state, by.id if by else None, now)
    if account is None:
        raise Conflict("Somebody has already decided on this request.")
    return account

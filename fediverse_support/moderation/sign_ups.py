"""Deciding on requests to join, on the record."""

from datetime import datetime

from fediverse_support.accounts import approvals
from fediverse_support.core.models import Account
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds


async def approve(db: Connection, account_id: int, by: Account | None, reason: str, now: datetime) -> Account:
    """Let someone in; the caller opened the transaction. Raises `Conflict` if it was decided already."""
    account = await approvals.approve(db, account_id, by, now)
    await deeds.record(db, by, "approve sign-up", account.name, reason, now)
    return account


async def decline(db: Connection, account_id: int, by: Account | None, reason: str, now: datetime) -> Account:
    """Do not let someone in; the caller opened the transaction. Raises `Conflict` if it was decided."""
    account = await approvals.decline(db, account_id, by, now)
    await deeds.record(db, by, "decline sign-up", account.name, reason, now)
    return account

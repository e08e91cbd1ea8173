"""Access tokens: what an application shows to act for somebody.

A token is 256 random bits in base64url without padding, because it also travels in a header of WebSockets.
It does not run out; it ends when its owner, its application or the community ends it. Push subscriptions go
with it, and the database tells open streams (NOTIFY `grants_ended`).
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Account
from fediverse_support.database import authorization_codes, grants
from fediverse_support.database.grants import Grant, GrantLine
from fediverse_support.database.pool import Connection

TOUCH = timedelta(hours=1)
"""The time of the last use is kept no more exactly than this."""


async def issue(
    db: Connection,
    *,
    account: Account | None,
    actor_id: int | None,
    application_id: int | None,
    scopes: Sequence[str],
    now: datetime,
    code_hash: bytes | None = None,
) -> str:
    """A new token; this is the only time that anybody sees it."""
    token = secrets.token_urlsafe(32)
    await grants.add(
        db,
        hash_of(token),
        application_id=application_id,
        account_id=account.id if account else None,
        actor_id=actor_id,
        scopes=scopes,
        code_hash=code_hash,
        now=now,
    )
    return token


async def current(db: Connection, token: str, now: datetime) -> Grant | None:
    """What this token allows now, in one round trip; None for nothing."""
    grant = await grants.live(db, hash_of(token))
    if grant is not None and (grant.used_at is None or now - grant.used_at >= TOUCH):
        await grants.touch(db, grant.id, now)
    return grant


async def of(db: Connection, account: Account) -> list[GrantLine]:
    """What may act for this member."""
    return await grants.of_account(db, account.id)


async def end(db: Connection, account: Account, grant_id: int) -> None:
    """Take back what one application may do. Raises `Missing` for what is not this member's."""
    if not await grants.remove_of(db, account.id, grant_id):
        raise Missing


async def end_all(db: Connection, account: Account) -> None:
    """Take back everything that may act for this member, also what was allowed and not fetched yet."""
    await authorization_codes.remove_of_account(db, account.id)
    await grants.remove_of_account(db, account.id)


def hash_of(token: str) -> bytes:
    """What the database knows a token by."""
    return hashlib.sha256(token.encode()).digest()

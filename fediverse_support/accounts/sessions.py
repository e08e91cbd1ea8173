"""Sessions: a random cookie, known to the database only by its SHA-256.

A session ends after 30 days without use or 90 days in all, when its account is closed, when the password
changes, and when the member signs out everywhere. It is new at every sign-in, so that a cookie that somebody
planted before is worth nothing afterwards.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec

from fediverse_support.core.models import Account
from fediverse_support.database import sessions
from fediverse_support.database.pool import Connection
from fediverse_support.database.sessions import Session, SessionLine

IDLE = timedelta(days=30)
LONGEST = timedelta(days=90)
TOUCH = timedelta(hours=1)
"""How often the last use is written down: rarely, because it is written while somebody waits."""


class Opened(msgspec.Struct, frozen=True):
    """A session that has just begun. `token` goes into the cookie and is kept nowhere else."""

    token: str
    csrf_token: str


async def begin(db: Connection, account: Account, now: datetime, former: str | None = None) -> Opened:
    """Open a session for `account` and end `former`, the one whose cookie the browser sent along."""
    await sessions.remove_old(db, now - IDLE, now - LONGEST)
    if former:
        await sessions.remove(db, hash_of(former))
    opened = Opened(secrets.token_urlsafe(32), secrets.token_urlsafe(24))
    await sessions.add(db, hash_of(opened.token), account.id, opened.csrf_token, now)
    return opened


async def current(db: Connection, token: str, now: datetime) -> Session | None:
    """The live session of this cookie in one round trip, with the viewer it stands for."""
    token_hash = hash_of(token)
    session = await sessions.live(db, token_hash, now - IDLE, now - LONGEST)
    if session is not None and now - session.seen_at >= TOUCH:
        await sessions.touch(db, token_hash, now)
    return session


async def of(db: Connection, account: Account) -> list[SessionLine]:
    """Where this member is signed in."""
    return await sessions.of_account(db, account.id)


async def end(db: Connection, token: str) -> None:
    """Sign out here."""
    await sessions.remove(db, hash_of(token))


async def end_all(db: Connection, account: Account) -> None:
    """Sign out everywhere."""
    await sessions.remove_all(db, account.id)


def hash_of(token: str) -> bytes:
    """What the database knows a cookie by."""
    return hashlib.sha256(token.encode()).digest()


def mark_of(token: str) -> str:
    """What a list of sessions calls the session of this cookie (see `SessionLine.mark`)."""
    return hashlib.sha256(hash_of(token)).hexdigest()

"""Signing in by name and password.

Every wrong answer takes the same time and says the same words, whether the name exists or not. Attempts are
counted in the database for each name, before the password is looked at, so that many at once, through any
process, cannot pass the limit. (The limit for each client is kept by the web pages.)
"""

import hashlib
from datetime import datetime, timedelta

from fediverse_support.accounts import passwords
from fediverse_support.core.errors import Forbidden, TooMany, Unauthenticated
from fediverse_support.core.models import Account
from fediverse_support.database import accounts, sessions
from fediverse_support.database.accounts import Credentials
from fediverse_support.database.pool import Connection

WINDOW = timedelta(minutes=15)
ATTEMPTS = 10
"""Attempts for one name within `WINDOW`."""


async def by_password(db: Connection, name: str, password: str, now: datetime) -> Account:
    """The active account that `name` and `password` open.

    Raises `Unauthenticated`, with the same words for every wrong pair; `TooMany` over the limit; and, only to
    someone who knew the password, `Forbidden` with the state of the account. Run it outside a transaction:
    the count of attempts must stay when the answer is no.
    """
    name = name.strip().lower().lstrip("@")[:100]
    mark = hashlib.sha256(b"sign-in:" + name.encode()).digest()
    if await sessions.count_attempt(db, mark, now - WINDOW, now) > ATTEMPTS:
        raise TooMany("There were too many attempts with this name. Please wait a quarter of an hour.", 900)
    account = await _checked(db, await accounts.credentials(db, name), password)
    await sessions.forgive_attempts(db, mark)
    return _open_only(account)


async def _checked(db: Connection, found: Credentials | None, password: str) -> Account:
    if found is None or found.password_hash is None:
        await passwords.fits_nobody(password[: passwords.LONGEST])
        raise _wrong()
    if not await passwords.fits(found.password_hash, password[: passwords.LONGEST]):
        raise _wrong()
    if passwords.is_outdated(found.password_hash):
        await accounts.set_password(db, found.account.id, await passwords.hashed(password))
    return found.account


def _wrong() -> Unauthenticated:
    return Unauthenticated("Name and password do not fit together. Nothing is lost; please try again.")


def _open_only(account: Account) -> Account:
    match account.state:
        case "active":
            return account
        case "waiting":
            raise Forbidden("Your request to join is still waiting. Someone will look at it soon.")
        case "declined":
            raise Forbidden("This community decided not to take up your request to join.")
        case "disabled":
            raise Forbidden("This account is closed. Those who look after the community can tell you why.")

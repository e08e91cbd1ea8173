"""Applications: how one makes itself known, and how it proves later that it is the same.

Anybody can register one, and nothing that it says of itself is proved. What protects members is that a code
goes only to an address that was registered, compared in every character, and that they are shown where.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from fediverse_support.core import scopes
from fediverse_support.core.errors import Denied, Malformed
from fediverse_support.database import applications
from fediverse_support.database.applications import Application
from fediverse_support.database.pool import Connection
from fediverse_support.protocol import oauth

LONGEST_NAME = 200
LONGEST_WEBSITE = 2000
MOST_ADDRESSES = 20
UNUSED = timedelta(days=90)
"""What nobody has used for so long, and nobody allows anything, is forgotten. Mastodon keeps it for a day."""

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What would hide in a name, or turn the words around it."""


class Registered(msgspec.Struct, frozen=True):
    """A new application. `secret` is told to it once and kept nowhere."""

    application: Application
    secret: str


async def register(
    db: Connection, name: str, website: str, addresses: Sequence[str], wanted: Sequence[str], now: datetime
) -> Registered:
    """Take up an application. Raises `Malformed` with what is wrong, in the words that apps know."""
    checked = _checked_name(name)
    page = _checked_website(website)
    _check_addresses(addresses)
    if not scopes.KNOWN.issuperset(wanted):
        raise Malformed("Validation failed: Scopes doesn't match configured on the server.")
    await applications.remove_unused(db, now - UNUSED)
    secret = secrets.token_urlsafe(32)
    application = await applications.add(
        db,
        name=checked,
        website=page,
        redirect_uris=addresses,
        scopes=wanted or scopes.DEFAULT,
        client_id=secrets.token_urlsafe(32),
        secret_hash=_hash_of(secret),
        now=now,
    )
    return Registered(application, secret)


async def proved(db: Connection, client_id: str, secret: str) -> Application:
    """The application that knows this secret. Raises `Denied` (`invalid_client`), whatever was wrong."""
    application = await known(db, client_id)
    kept = application.secret_hash if application else bytes(32)
    if not hmac.compare_digest(_hash_of(secret), kept) or application is None:
        raise Denied(
            "invalid_client",
            "Client authentication failed due to unknown client, no client authentication included, "
            "or unsupported authentication method.",
            401,
        )
    return application


async def known(db: Connection, client_id: str) -> Application | None:
    """The application that calls itself so, unproved."""
    return await applications.by_client_id(db, client_id) if 0 < len(client_id) <= 100 else None


def _hash_of(secret: str) -> bytes:
    # 256 random bits need no slow hash.
    return hashlib.sha256(secret.encode()).digest()


def _checked_name(name: str) -> str:
    name = " ".join(_UNSEEN.sub("", name).split())
    if not name:
        raise Malformed("Validation failed: Name can't be blank")
    if len(name) > LONGEST_NAME:
        raise Malformed(f"Validation failed: Name is too long (maximum is {LONGEST_NAME} characters)")
    return name


def _checked_website(website: str) -> str | None:
    website = website.strip()
    if not website:
        return None
    is_fit = website.startswith(("https://", "http://")) and not oauth.trouble_with(website.split("#")[0])
    if not is_fit or len(website) > LONGEST_WEBSITE or not website.isascii() or not website.isprintable():
        raise Malformed("Validation failed: Website must be a valid URL")
    return website


def _check_addresses(addresses: Sequence[str]) -> None:
    if not addresses:
        raise Malformed("Validation failed: Redirect URI can't be blank")
    if len(addresses) > MOST_ADDRESSES:
        raise Malformed("Validation failed: Redirect URI has too many values")
    for address in addresses:
        if trouble := oauth.trouble_with(address):
            raise Malformed(f"Validation failed: {trouble}")

"""Asking to join.

What a stranger learns here is the same whether an e-mail address is known or not: a request with a known
address is stored without it. A name that was ever used stays used (O17), also by a group, because people
and groups share one name space.
"""

from datetime import datetime
from typing import Literal

import msgspec

from fediverse_support.accounts import members, passwords
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Unavailable
from fediverse_support.core.models import Account
from fediverse_support.core.sealing import Seal
from fediverse_support.database import accounts
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

Registration = Literal["open", "approval", "invite", "closed"]

MOST_WAITING = 200
"""How many requests may wait: strangers fill this table, so it has an end."""
REQUEST_LENGTH = 5000


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What someone filled in who would like to join."""

    name: str
    display_name: str = ""
    email: str = ""
    password: str
    words: str = ""


async def ask(
    db: Connection, site: Site, seal: Seal, registration: Registration, request: Request, now: datetime
) -> Account:
    """Store a request to join: active at once where registration is open, else waiting for approval.

    Raises `Forbidden` if nobody can join by themselves, `Malformed` or `Conflict` with what to change.
    The caller opened the transaction.
    """
    if registration in ("invite", "closed"):
        raise Forbidden("This community does not take sign-ups at the moment.")
    name = members.check_name(request.name)
    if name in members.NAMES_OF_THE_HOUSE:
        raise Conflict("This name is not free. Choose another.")
    email = members.checked_email(request.email)
    if len(request.words) > REQUEST_LENGTH:
        raise Malformed(f"Please keep your words under {REQUEST_LENGTH} characters.")
    passwords.check_strength(request.password, name, site.domain)
    return await _store(db, site, seal, registration, request, name, email, now)


async def _store(
    db: Connection,
    site: Site,
    seal: Seal,
    registration: Registration,
    request: Request,
    name: str,
    email: str | None,
    now: datetime,
) -> Account:
    password_hash = await passwords.hashed(request.password)
    if registration == "approval" and await accounts.count_waiting(db) >= MOST_WAITING:
        raise Unavailable("Very many people are asking to join just now. Please come back tomorrow.")
    if email and await accounts.is_email_known(db, email):
        email = None
    return await members.add_hashed(
        db,
        site,
        seal,
        name=name,
        email=email,
        password_hash=password_hash,
        role="member",
        display_name=request.display_name,
        state="active" if registration == "open" else "waiting",
        request=request.words.strip(),
        now=now,
    )

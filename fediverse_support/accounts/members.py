"""Members and their accounts: making one, changing what it may do, closing it.

The command line and the desk use these; what a stranger may ask for is in `sign_up.py`.
"""

import re
from datetime import datetime

from fediverse_support.accounts import grants, passwords
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.identifiers import is_local_name, new_id
from fediverse_support.core.markup import render_markdown
from fediverse_support.core.models import Account, Actor, Role
from fediverse_support.core.sealing import Seal
from fediverse_support.database import accounts, actors, sessions
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

DISPLAY_NAME_LENGTH = 100
ABOUT_LENGTH = 5000
NAMES_OF_THE_HOUSE = frozenset(
    """
    admin administrator moderator mod mods staff owner root system support help security abuse postmaster
    webmaster hostmaster info contact community everyone all here actor inbox outbox api about null undefined
    """.split()  # noqa: SIM905
)
"""Names that would be taken for the people who look after the community."""

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")


async def add(
    db: Connection,
    site: Site,
    seal: Seal,
    *,
    name: str,
    password: str,
    now: datetime,
    email: str | None = None,
    role: Role = "member",
    display_name: str = "",
) -> Account:
    """Make a member who may sign in at once; the caller opened the transaction.

    Raises `Malformed` for a name, address or password that we do not take, `Conflict` for one that is taken.
    """
    passwords.check_strength(password, name, site.domain)
    password_hash = await passwords.hashed(password)
    return await add_hashed(
        db,
        site,
        seal,
        name=name,
        email=checked_email(email),
        password_hash=password_hash,
        role=role,
        display_name=display_name,
        state="active",
        request="",
        now=now,
    )


async def add_hashed(
    db: Connection,
    site: Site,
    seal: Seal,
    *,
    name: str,
    email: str | None,
    password_hash: str,
    role: Role,
    display_name: str,
    state: str,
    request: str,
    now: datetime,
) -> Account:
    """Store the person with their keys, and the account; raises `Conflict` if name or address is taken."""
    await accounts.lock_name(db, name)
    if await actors.local_by_name(db, name) is not None:
        raise Conflict("This name is not free. Choose another.")
    actor = await _person(db, site, seal, name, display_name)
    if state != "active":
        # Nobody outside learns of a person who has only asked to join.
        await accounts.set_actor_state(db, actor.id, "suspended")
    account_id = new_id()
    stored = await accounts.add(
        db,
        account_id=account_id,
        actor_id=actor.id,
        email=email,
        password_hash=password_hash,
        role=role,
        state=state,
        request=request,
        now=now,
    )
    account = await accounts.by_id(db, account_id)
    if not stored or account is None:
        raise Conflict("Another account uses this e-mail address.")
    return account


async def _person(db: Connection, site: Site, seal: Seal, name: str, display_name: str) -> Actor:
    return await actors.add_local(
        db,
        site,
        seal,
        type="Person",
        name=name,
        display_name=display_name.strip()[:DISPLAY_NAME_LENGTH] or name,
        summary_source="",
        summary_html="",
    )


def check_name(name: str) -> str:
    """The name as it will be stored; raises `Malformed` if it cannot be a name here."""
    name = name.strip().lower().lstrip("@")
    if not is_local_name(name):
        raise Malformed("A name has 1 to 30 letters a–z, digits or underscores.")
    return name


def checked_email(email: str | None) -> str | None:
    """One plain address, or None for none; raises `Malformed` for anything else (quotes, lists, spaces)."""
    email = (email or "").strip()
    if not email:
        return None
    if len(email) > 254 or _EMAIL.fullmatch(email) is None or ".." in email:
        raise Malformed("This does not look like an e-mail address.")
    return email


async def by_name(db: Connection, name: str) -> Account:
    """The account of the member called `name`; raises `Missing`."""
    account = await accounts.by_name(db, name)
    if account is None:
        raise Missing(f"There is no member called {name}.")
    return account


async def change_password(db: Connection, account: Account, site: Site, old: str, new: str) -> None:
    """Replace the password after checking the old one; every session ends, the caller begins a new one.

    Raises `Malformed` if the old password does not fit or the new one is too weak.
    """
    found = await accounts.credentials(db, account.name)
    if found is None or found.password_hash is None or not await passwords.fits(found.password_hash, old):
        raise Malformed("The present password is not right. Nothing was changed.")
    await reset_password(db, account, site, new)


async def reset_password(db: Connection, account: Account, site: Site, new: str) -> None:
    """Set a new password and end every session and application. The caller has made sure that this may be."""
    passwords.check_strength(new, account.name, site.domain)
    await accounts.set_password(db, account.id, await passwords.hashed(new))
    await sessions.remove_all(db, account.id)
    await grants.end_all(db, account)


async def staff(db: Connection) -> list[Actor]:
    """The people who look after this community, the longest-serving first."""
    return await accounts.staff(db)


async def disable(db: Connection, account: Account) -> None:
    """Close an account: sessions and applications end at once, the person is no longer shown.

    `enable` opens it again; then one signs in anew, applications too.
    """
    await accounts.set_state(db, account.id, "disabled")
    await accounts.set_actor_state(db, account.actor_id, "suspended")
    await sessions.remove_all(db, account.id)
    await grants.end_all(db, account)


async def enable(db: Connection, account: Account) -> None:
    """Open a closed account again."""
    await accounts.set_state(db, account.id, "active")
    await accounts.set_actor_state(db, account.actor_id, "active")


async def describe(db: Connection, account: Account, display_name: str, about: str) -> None:
    """Replace the display name and the words about oneself; raises `Malformed` if they are too long."""
    if len(display_name) > DISPLAY_NAME_LENGTH or len(about) > ABOUT_LENGTH:
        raise Malformed("This is longer than fits. Nothing was changed.")
    html = render_markdown(about) if about.strip() else ""
    await actors.describe(
        db,
        account.actor_id,
        display_name=display_name.strip() or account.name,
        summary_source=about,
        summary_html=html,
    )

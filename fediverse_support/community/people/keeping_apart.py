"""Blocks, mutes and servers kept away, notes and endorsements: each for one person, and nobody is told.

A block works both ways and at once: neither sees what the other writes, and neither follows the other any
more. The other's server gets the end of a follow like any other, never a Block: some servers show those.
A mute keeps somebody out of lists and notifications and changes nothing else. Everything is safe to run
twice; the caller opened the transaction.
"""

import re
from datetime import datetime, timedelta

from fediverse_support.community.people import following
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, personal
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

LONGEST_NOTE = 2000
LONGEST_MUTE = timedelta(days=365 * 10)
MOST_ENDORSED = 50
NOT_ONESELF = "This is your own account."

_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


async def block(db: Connection, site: Site, me: Actor, other: Actor, now: datetime) -> None:
    """Keep `me` and `other` apart from now on. Raises `Forbidden` for oneself."""
    _check_other(me, other)
    await following.part(db, site, me, other, now)
    await personal.unendorse(db, me.id, other.id)
    await personal.unendorse(db, other.id, me.id)
    await personal.block(db, me.id, other.id, now)


async def blocked_by(db: Connection, other: Actor, me: Actor, now: datetime) -> None:
    """Somebody elsewhere says that they have blocked `me`: then each is out of the other's sight here too."""
    await following.part_quietly(db, me, other)
    await personal.block(db, other.id, me.id, now)


async def unblock(db: Connection, me: Actor, other: Actor) -> None:
    """End a block. Whoever followed whom does not do so again by itself."""
    await personal.unblock(db, me.id, other.id)


async def mute(
    db: Connection, me: Actor, other: Actor, *, notifications: bool, seconds: int, now: datetime
) -> None:
    """Keep somebody out of lists, for `seconds` or (0) for good. Raises `Forbidden` for oneself."""
    _check_other(me, other)
    span = min(timedelta(seconds=seconds), LONGEST_MUTE)
    ends_at = now + span if seconds > 0 else None
    await personal.mute(db, me.id, other.id, notifications=notifications, ends_at=ends_at, now=now)


async def note(db: Connection, me: Actor, other: Actor, text: str) -> None:
    """Write down something about somebody, for oneself alone. Raises `Malformed` if it is too long."""
    words = safe_text(text, LONGEST_NOTE + 1)
    if len(words) > LONGEST_NOTE:
        raise Malformed("A note has at most 2,000 characters.")
    await personal.set_note(db, me.id, other.id, words)


async def endorse(db: Connection, me: Actor, other: Actor) -> None:
    """Point others to somebody whom one follows. Raises `Conflict` for anybody else, and for too many."""
    _check_other(me, other)
    if not await personal.endorse(db, me.id, other.id, MOST_ENDORSED):
        raise Conflict("You can only point others to somebody whom you follow, and to fifty at most.")


async def block_domain(db: Connection, site: Site, me: Actor, text: str, now: datetime) -> None:
    """Keep everybody on a server away, and end every follow with them. Raises `Malformed`, `Forbidden`."""
    domain = domain_in(text)
    if domain == site.domain.partition(":")[0]:
        raise Forbidden("This is the server that you are on.")
    for number in await personal.tied_with(db, me.id, domain):
        other = await actors.by_id(db, number)
        if other is None:
            raise Missing
        await following.part(db, site, me, other, now)
    await personal.block_domain(db, me.id, domain)


def domain_in(text: str) -> str:
    """The name of a server as somebody wrote it: lower case, without a port. Raises `Malformed`."""
    name = text.strip().lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    try:
        plain = name.lstrip("@").rstrip(".").partition(":")[0].encode("idna").decode()
    except UnicodeError:
        plain = ""
    if _DOMAIN.fullmatch(plain) is None:
        raise Malformed("This is not the name of a server.")
    return plain


def _check_other(me: Actor, other: Actor) -> None:
    if me.id == other.id:
        raise Forbidden(NOT_ONESELF)

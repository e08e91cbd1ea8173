"""Invitations into a group: a link with a secret, or one handle, here or on another server.

Whoever has the link, or comes under the handle, need not wait for a moderator: one has looked already. The
secret is shown once, to who made it; here is only its SHA-256. A link ends by its time, by its uses, or by
being taken back; and it does not let in again whom the moderators have turned away since it was made.
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from fediverse_support.community import visibility
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.identifiers import NAME, new_id
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import groups, join_requests
from fediverse_support.database import invitations as stored
from fediverse_support.database.invitations import Invitation, Listed
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.urls import normal_host

USUAL_DAYS = 14
MOST_DAYS = 90
MOST_USES = 1000
MOST_OPEN = 200
"""How many invitations of one group may hold at once."""
LONGEST_NOTE = 500
KEPT = timedelta(days=90)
"""How long one sees that an invitation has ended, and who used it."""

_NAME_ELSEWHERE = re.compile(r"[^\s/@?#]{1,100}")

Ended = Literal["", "expired", "used up", "revoked"]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of an invitation. With a `handle` it is for one person; else it is a link."""

    handle: str = ""
    days: int = USUAL_DAYS
    uses: int = 1
    note: str = ""


class Made(msgspec.Struct, frozen=True):
    """An invitation that was made; `code` is the secret of a link and is known now or never."""

    invitation: Invitation
    code: str


async def make(
    db: Connection, site: Site, group: Group, by: Actor | None, terms: Terms, now: datetime
) -> Made:
    """Make an invitation; `by` is None for the command line. Raises `Malformed` or `Conflict`."""
    if group.life == "archived" or group.actor.moved_to is not None:
        raise Conflict("Nobody joins this group any more.")
    handle = _handle(site, terms.handle) if terms.handle.strip() else None
    note = safe_text(terms.note, LONGEST_NOTE + 1)
    _check(terms, note)
    if handle is not None and not handle.endswith(f"@{site.domain}") and not visibility.federates(group):
        raise Malformed("This group stays on this server. Invite somebody who has an account here.")
    if await stored.count_open(db, group.actor.id, now) >= MOST_OPEN:
        raise Conflict("There are 200 open invitations. Take some back before you make more.")
    code = "" if handle else secrets.token_urlsafe(24)
    invitation = Invitation(
        id=new_id(),
        group_id=group.actor.id,
        handle=handle,
        made_by=by.id if by else None,
        note=note,
        most_uses=1 if handle else terms.uses,
        uses=0,
        created_at=now,
        expires_at=now + timedelta(days=terms.days),
        revoked_at=None,
    )
    await stored.insert(db, invitation, _hash(code) if code else None)
    return Made(invitation, code)


async def found(db: Connection, code: str) -> tuple[Invitation, Group]:
    """The invitation with this secret and its group. Raises `Missing`, also where the group is gone."""
    invitation = await stored.by_hash(db, _hash(code))
    group = await groups.by_actor(db, invitation.group_id) if invitation else None
    if invitation is None or group is None or group.actor.state != "active":
        raise Missing
    return invitation, group


def ended(invitation: Invitation, now: datetime) -> Ended:
    """Why an invitation holds no longer; empty while it does."""
    if invitation.revoked_at is not None:
        return "revoked"
    if invitation.expires_at <= now:
        return "expired"
    return "used up" if invitation.uses >= invitation.most_uses else ""


async def for_person(db: Connection, group: Group, person: Actor, now: datetime) -> Invitation | None:
    """The invitation that holds for this person's handle."""
    invitation = await stored.for_handle(db, group.actor.id, person.handle.lower(), now)
    return invitation if invitation and await _may_use(db, invitation, person) else None


async def redeem(db: Connection, invitation: Invitation, person: Actor, now: datetime) -> bool:
    """Use an invitation once; False if it holds no longer, or not for them. Of two at once, one gets in."""
    return await _may_use(db, invitation, person) and await stored.use(db, invitation.id, person.id, now)


async def of_group(db: Connection, group: Group) -> list[Listed]:
    """The invitations of a group, the latest first, for who looks after it."""
    return await stored.of_group(db, group.actor.id, 2 * MOST_OPEN)


async def revoke(db: Connection, group: Group, invitation_id: int, now: datetime) -> None:
    """Take an invitation back. Raises `Missing` for one of another group. Safe to run twice."""
    if not await stored.revoke(db, group.actor.id, invitation_id, now):
        raise Missing


async def forget_ended(db: Connection, now: datetime) -> None:
    """Delete what ended long ago. Safe to run twice."""
    await stored.forget_ended(db, now - KEPT)


async def _may_use(db: Connection, invitation: Invitation, person: Actor) -> bool:
    """Not after the moderators said no to this person: their last word counts."""
    return not await join_requests.was_turned_away(
        db, invitation.group_id, person.id, since=invitation.created_at
    )


def _handle(site: Site, given: str) -> str:
    """`name@host` in lower case; a name alone is one of ours. Raises `Malformed`."""
    name, _, host = given.strip().lstrip("@").lower().partition("@")
    is_ours = host in ("", site.domain)
    fits = NAME.fullmatch(name) if is_ours else _NAME_ELSEWHERE.fullmatch(name)
    if fits is None:
        raise Malformed("Write the handle like this: name@their.server.")
    return f"{name}@{site.domain if is_ours else normal_host(host, site.gate)}"


def _check(terms: Terms, note: str) -> None:
    if not 1 <= terms.days <= MOST_DAYS:
        raise Malformed("An invitation holds from 1 to 90 days.")
    if not 1 <= terms.uses <= MOST_USES:
        raise Malformed("An invitation may be used from 1 to 1,000 times.")
    if len(note) > LONGEST_NOTE:
        raise Malformed("Keep the note under 500 characters.")


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()

"""Requests to join, from the side of who looks after the group: let in, decline, ask something back.

Of two moderators who decide at once, one decides; the other is told so.
"""

from datetime import datetime

from fediverse_support.community.joining import letters, memberships
from fediverse_support.community.joining.join_answers import KEPT, MOST_MESSAGES
from fediverse_support.community.joining.memberships import check_takes_people, checked_words
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import blocks, follows, join_messages, join_requests
from fediverse_support.database.join_requests import Asker
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

PAGE = 30


async def waiting(db: Connection, group: Group, after: int = 0) -> list[Asker]:
    """Who waits, the longest first, with answers and messages: one page, after the request of that number."""
    return await join_requests.waiting(db, group.actor.id, after, PAGE)


async def decided(db: Connection, group: Group, now: datetime) -> list[Asker]:
    """What was decided within the last thirty days, the latest first."""
    return await join_requests.decided(db, group.actor.id, now - KEPT, PAGE)


async def approve(
    db: Connection, site: Site, group: Group, request_id: int, by: Actor | None, now: datetime
) -> Actor:
    """Let somebody in, and tell their server; who it was. Raises `Missing`, `Conflict`, `Forbidden`."""
    asker = await _open(db, group, request_id)
    check_takes_people(group)
    if await blocks.is_blocked(db, asker.actor.uri, group.actor.uri, now):
        raise Conflict("This account is blocked from the group. Lift the block first, then let them in.")
    await join_requests.decide(db, request_id, "approved", by.id if by else None, "", now)
    await memberships.let_in(db, site, asker.actor, group.actor, now)
    return asker.actor


async def decline(
    db: Connection, site: Site, group: Group, request_id: int, by: Actor | None, note: str, now: datetime
) -> Actor:
    """Do not let somebody in; `note` is for them. Raises `Missing`, `Conflict`, `Malformed`."""
    asker, words = await _open(db, group, request_id), checked_words(note)
    await join_requests.decide(db, request_id, "declined", by.id if by else None, words, now)
    await memberships.decline(db, site, asker.actor, group.actor, words)
    return asker.actor


async def ask_back(
    db: Connection, site: Site, group: Group, request_id: int, by: Actor, question: str, now: datetime
) -> Actor:
    """Ask something before deciding: here on the page of their request, elsewhere by a letter of the group.

    The letter does not say which moderator asks. Raises `Missing`, `Conflict`, `Malformed`.
    """
    asker, words = await _open(db, group, request_id), checked_words(question)
    if not words:
        raise Malformed("Write what you would like to know.")
    if len(await join_messages.of(db, [request_id])) >= MOST_MESSAGES:
        raise Conflict("Much has been said about this request. It is time to decide.")
    uri = None
    if not asker.actor.is_local:
        text = _LETTER.format(group=group.actor.display_name or group.actor.name, question=words)
        uri = await letters.write(db, site, group.actor, asker.actor, text, now)
    await join_messages.add(db, request_id, words, now, from_team=True, author_id=by.id, uri=uri)
    await join_requests.set_asked(db, request_id, True)
    return asker.actor


async def reopen(db: Connection, group: Group, request_id: int) -> Actor:
    """Take back that somebody of ours was declined: their request waits again. Raises `Missing`, `Conflict`.

    Another server has been told, and no word is known by which it would forget that.
    """
    asker = await join_requests.of_group(db, group.actor.id, request_id)
    if asker is None:
        raise Missing
    if not asker.actor.is_local or not await join_requests.reopen(db, request_id):
        raise Conflict("This cannot be taken back any more.")
    await follows.ask(db, asker.actor.id, group.actor.id, f"{asker.actor.uri}#join-{group.actor.name}")
    return asker.actor


async def _open(db: Connection, group: Group, request_id: int) -> Asker:
    asker = await join_requests.of_group(db, group.actor.id, request_id)
    if asker is None:
        raise Missing
    if not asker.request.is_open:
        raise Conflict("This was decided already, or they have changed their mind.")
    return asker


_LETTER = """Thank you for asking to join {group}. Before we decide, we would like to know:

{question}

Answer this message, privately, and the people who look after the group will read it. What you write is \
deleted thirty days after the decision."""

"""What a group on another server tells one of ours who asked to join it, and what they answer.

The wire knows no such thing as a question back: it is a letter of the group to that person alone
(`letters.py`), and the note that goes with a no is the `summary` of the Reject. Both are kept with the
request, for that person and nobody else, and go with it thirty days after the decision (`join_answers.py`).
"""

from datetime import datetime

from fediverse_support.community.joining import letters
from fediverse_support.community.joining.join_answers import MOST_MESSAGES
from fediverse_support.community.joining.memberships import LONGEST_WORDS, checked_words
from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.core.markup import plain_text, sanitise
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, follows, join_messages, join_requests
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import PostDocument


async def letter_arrived(db: Connection, document: PostDocument, group: Actor, now: datetime) -> bool:
    """Keep what a group asks one of ours who waits to be let in; False if this is no such letter.

    Nobody else can write to our members in this way: only a group that they asked, and only until it decides.
    Safe to run twice; an edit replaces the words.
    """
    if not group.is_group or len(document.to) != 1 or document.cc:
        return False
    member = await actors.by_uri(db, document.to[0])
    if member is None or not member.is_local:
        return False
    follow = await follows.between(db, member.id, group.id)
    words = _plain(document.content)
    if follow is None or follow.state != "pending" or not words:
        return False
    await join_requests.put(db, group.id, member.id, now)
    request = await join_requests.open_of(db, group.id, member.id)
    if request is None or len(await join_messages.of(db, [request.id])) >= MOST_MESSAGES:
        return False
    await join_messages.add(db, request.id, words, now, from_team=True, author_id=group.id, uri=document.id)
    await join_requests.set_asked(db, request.id, True)
    return True


async def answer(db: Connection, site: Site, member: Actor, group: Actor, text: str, now: datetime) -> None:
    """A member answers by a letter what a group elsewhere asked back. Raises `Conflict`, `Malformed`."""
    words = checked_words(text)
    if not words:
        raise Malformed("There is nothing written yet.")
    request = await join_requests.open_of(db, group.id, member.id)
    if request is None or request.state != "asked":
        raise Conflict("Nobody waits for an answer just now.")
    said = await join_messages.of(db, [request.id])
    asked = next((line.uri for line in reversed(said) if line.from_team), None)
    uri = await letters.write(db, site, member, group, words, now, in_reply_to=asked)
    await join_messages.add(db, request.id, words, now, from_team=False, author_id=member.id, uri=uri)
    await join_requests.set_asked(db, request.id, False)


async def ended(db: Connection, member: Actor, group: Actor, reason: str, now: datetime) -> bool:
    """A group elsewhere says no, or ends a membership; False if there was neither. Keeps what it says why."""
    follow = await follows.between(db, member.id, group.id)
    if follow is None:
        return False
    note = _plain(reason)
    if group.is_group and follow.state == "accepted":
        await join_requests.put_removal(db, group.id, member.id, None, note, now)
    elif group.is_group:
        await join_requests.put(db, group.id, member.id, now)
        request = await join_requests.open_of(db, group.id, member.id)
        if request is not None:
            await join_requests.decide(db, request.id, "declined", None, note, now)
    return await follows.remove(db, member.id, group.id)


def _plain(html: str) -> str:
    return plain_text(sanitise(html)).strip()[:LONGEST_WORDS]

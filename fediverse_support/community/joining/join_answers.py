"""What is written about a request to join, here or on another server, and when it is deleted.

Answers, questions back and notes stay until thirty days after the decision; then only the decision is left.
"""

from datetime import datetime, timedelta

from fediverse_support.community.joining import letters
from fediverse_support.community.joining.memberships import LONGEST_WORDS, checked_words
from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.core.markup import plain_text, sanitise, strip_group_mention
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import join_messages, join_requests, tombstones
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import PostDocument

KEPT = timedelta(days=30)
"""How long answers, messages and notes stay after the decision."""
MOST_MESSAGES = 40
"""About one request."""
_AT_ONCE = 500


async def answer(db: Connection, group: Group, member: Actor, text: str, now: datetime) -> None:
    """A member of this community answers what the moderators asked back. Raises `Conflict`, `Malformed`."""
    words = checked_words(text)
    if not words:
        raise Malformed("There is nothing written yet.")
    request = await join_requests.open_of(db, group.actor.id, member.id)
    if request is None or request.state != "asked":
        raise Conflict("Nobody waits for an answer just now.")
    await join_messages.add(db, request.id, words, now, from_team=False, author_id=member.id)
    await join_requests.set_asked(db, request.id, False)


async def answer_arrived(
    db: Connection, site: Site, document: PostDocument, author: Actor, now: datetime
) -> bool:
    """Whether a Note answers what a group of ours asked `author` back; then it is kept with their request.

    It is nothing else, however it is addressed: who answers in public by mistake has not written a post into
    the group. After the decision it is dropped. Safe to run twice; an edit replaces the words.
    """
    if document.in_reply_to is None or not letters.is_letter(site, document.in_reply_to):
        return False
    request = await join_requests.asked_in(db, document.in_reply_to, author.id)
    if request is None:
        return False
    if not request.is_open or await tombstones.is_buried(db, document.id, author.uri):
        return True
    words = strip_group_mention(plain_text(sanitise(document.content)))[:LONGEST_WORDS]
    known = await join_messages.of(db, [request.id])
    if words and len(known) < MOST_MESSAGES:
        await join_messages.add(
            db, request.id, words, now, from_team=False, author_id=author.id, uri=document.id
        )
        await join_requests.set_asked(db, request.id, False)
    return True


async def take_back(db: Connection, uri: str, author: Actor) -> None:
    """The author of an answer on another server has deleted it. Safe to run twice."""
    await join_messages.delete(db, uri, author.id)


async def empty_old_answers(db: Connection, now: datetime) -> int:
    """Delete what was written about requests decided thirty days ago; how many. Safe to run twice."""
    old = await join_requests.to_empty(db, now - KEPT, _AT_ONCE)
    if old:
        await join_requests.empty(db, old, now - KEPT, now)
    return len(old)


async def forget(db: Connection, actor_id: int, now: datetime) -> None:
    """Somebody is gone: delete at once what they wrote to join anywhere. Safe to run twice."""
    theirs = await join_requests.of_actor(db, actor_id)
    if theirs:
        await join_requests.empty(db, theirs, now, now)

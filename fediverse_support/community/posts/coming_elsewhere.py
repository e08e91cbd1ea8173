"""Our members would like to come to events whose organiser is on another server.

The organiser is asked by a `Join` and answers by Accept or Reject; only an answer to our own Join counts. The
way in comes as a letter of the organiser to the guest, in answer to the event, and is shown to that guest
alone. Not every server knows Join: then no answer comes, and the page of the event there is the way.
"""

from datetime import datetime

from fediverse_support.community.posts import taking_part
from fediverse_support.core.errors import Conflict, Forbidden, Missing
from fediverse_support.core.events import Event, GuestState
from fediverse_support.core.markup import sanitise
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, events, posts
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol.addressing import is_public
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import PostDocument

LONGEST_LETTERS = 20_000


async def ask(db: Connection, site: Site, person: Actor, post_id: int, now: datetime) -> GuestState:
    """Ask the organiser, once; how it stands. Raises `Missing`, `Forbidden` or `Conflict`."""
    post = await taking_part.post_for(db, person, post_id, now)
    organiser, event = await _theirs(db, post)
    if event.is_cancelled or (event.ends_at or event.starts_at) <= now:
        raise Conflict("This is over, or does not take place.")
    state = await events.state_of(db, post_id, person.id)
    if state == "declined":
        raise Forbidden("The organiser could not say yes to you this time.")
    if state is not None:
        return state
    uri = new_activity_uri(site)
    await events.ask(db, post_id, person.id, uri, now)
    join = activities.join(uri, guest=person.uri, organiser=organiser.uri, event=post.uri)
    await publish(db, site, person, join, object_uri=_topic(person, post), to=[organiser])
    return "asked"


async def stay_away(db: Connection, site: Site, person: Actor, post_id: int, now: datetime) -> None:
    """Not come after all, and tell the organiser. Safe to run twice."""
    post = await posts.by_id(db, post_id)
    organiser = await actors.by_id(db, post.author_id) if post is not None else None
    if post is None or organiser is None or not await events.leave(db, post_id, person.id):
        return
    for join in await stored.standing(db, person.id, "Join", [_topic(person, post)]):
        leave = activities.leave(
            new_activity_uri(site), guest=person.uri, organiser=organiser.uri, event=post.uri
        )
        await publish(db, site, person, leave, object_uri=_topic(person, post), to=[organiser])
        await stored.mark_undone(db, join.id, now)


async def answered(db: Connection, organiser: Actor, join_uri: str, state: GuestState) -> bool:
    """The organiser says yes or no to the Join of one of ours; False if that is no Join to them."""
    return await events.answer_join(db, organiser.id, join_uri, state)


async def letter_arrived(db: Connection, document: PostDocument, organiser: Actor) -> bool:
    """Keep what an organiser writes to one guest of ours; False if this is no such letter."""
    if len(document.to) != 1 or document.cc or is_public(document.to, document.cc):
        return False
    if document.in_reply_to is None or document.is_vote:
        return False
    guest = await actors.by_uri(db, document.to[0])
    if guest is None or not guest.is_local:
        return False
    html = sanitise(document.content)
    return len(html) <= LONGEST_LETTERS and await events.keep_letter(
        db, organiser.id, document.in_reply_to, guest.id, html, LONGEST_LETTERS
    )


def _topic(person: Actor, post: Post) -> str:
    """What Join and Leave are about: of one guest they arrive in order, and they concern nobody else."""
    return f"{person.uri}#comes-{post.public_id}"


async def _theirs(db: Connection, post: Post) -> tuple[Actor, Event]:
    organiser, event = await actors.by_id(db, post.author_id), await events.of_post(db, post.id)
    if organiser is None or organiser.is_local or organiser.state != "active" or event is None:
        raise Missing("There is no event here.")
    return organiser, event

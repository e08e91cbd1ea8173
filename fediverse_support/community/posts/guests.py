"""Coming to an event: asking, being let in, staying away.

Whoever is let in learns the join link: people here on the page, people elsewhere by a letter to them alone,
once. How many come is told to nobody; the organiser and the moderators of the group see the names.
"""

from datetime import datetime

import msgspec

from fediverse_support.community.joining import letters
from fediverse_support.community.posts import taking_part
from fediverse_support.core.errors import Conflict, Forbidden, Missing
from fediverse_support.core.events import Event, GuestState
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, events, posts
from fediverse_support.database.events import Guest
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering.events import when_and_where
from fediverse_support.protocol.site import Site


async def ask(
    db: Connection,
    site: Site,
    person: Actor,
    post_id: int,
    activity_uri: str,
    now: datetime,
    *,
    must_wait: bool = False,
) -> GuestState:
    """`person`, here or elsewhere, would like to come; what they are told. Safe to run twice.

    `must_wait`: policy wants a person to look first. Raises `Missing` if they may not see it or its organiser
    is not here, `Forbidden` or `Conflict` where the answer is no.
    """
    post = await taking_part.post_for(db, person, post_id, now)
    organiser, event = await _ours(db, post)
    _check_takes_place(event, now)
    if person.id == organiser.id:
        raise Conflict("You call people to this event yourself.")
    state = await events.state_of(db, post_id, person.id)
    if state == "declined":
        raise Forbidden("The organiser could not say yes to you this time.")
    is_let_in = state == "accepted" or (event.joining == "open" and not must_wait)
    if state != "accepted" and is_let_in:
        await _check_room(db, event)
    await events.ask(db, post_id, person.id, activity_uri, now)
    if not is_let_in:
        return "asked"
    await _let_in(db, site, post, organiser, event, await _guest(db, post_id, person), now)
    return "accepted"


async def stay_away(db: Connection, person: Actor, post_id: int) -> bool:
    """`person` does not come after all; False if they never asked. Safe to run twice."""
    return await events.leave(db, post_id, person.id)


async def let_in(db: Connection, site: Site, post_id: int, guest_id: int, now: datetime) -> None:
    """The organiser or a moderator says yes. Raises `Missing`, and `Conflict` if there is no place left."""
    post, organiser, event, guest = await _asked(db, post_id, guest_id)
    if guest.state != "accepted":
        await _check_room(db, event)
        await _let_in(db, site, post, organiser, event, guest, now)


async def decline(db: Connection, site: Site, post_id: int, guest_id: int) -> None:
    """The organiser or a moderator says no, also to who was let in before. Raises `Missing`."""
    post, organiser, _, guest = await _asked(db, post_id, guest_id)
    await events.set_state(db, post_id, guest_id, "declined")
    if not guest.actor.is_local:
        await answer(db, site, "Reject", post, organiser, guest.actor, guest.activity_uri)


async def send_links(db: Connection, site: Site, post: Post, now: datetime) -> None:
    """Tell guests elsewhere the join link as it is now, each once. Safe to run twice."""
    organiser, event = await _ours(db, post)
    for guest in await events.guests(db, post.id):
        if guest.state == "accepted":
            await _send_link(db, site, post, organiser, event, guest, now)


async def answer(
    db: Connection, site: Site, verb: str, post: Post, organiser: Actor, guest: Actor, join_uri: str
) -> None:
    """Answer one Join, known by its id, with `Accept` or `Reject`."""
    render = activities.accept_join if verb == "Accept" else activities.reject_join
    document = render(
        new_activity_uri(site), organiser=organiser.uri, guest=guest.uri, join_id=join_uri, event=post.uri
    )
    await publish(db, site, organiser, document, object_uri=guest.uri, to=[guest])


async def _let_in(
    db: Connection, site: Site, post: Post, organiser: Actor, event: Event, guest: Guest, now: datetime
) -> None:
    await events.set_state(db, post.id, guest.actor.id, "accepted")
    if not guest.actor.is_local:
        await answer(db, site, "Accept", post, organiser, guest.actor, guest.activity_uri)
    await _send_link(db, site, post, organiser, event, guest, now)


async def _send_link(
    db: Connection, site: Site, post: Post, organiser: Actor, event: Event, guest: Guest, now: datetime
) -> None:
    if guest.actor.is_local or not event.join_link or guest.link_sent == event.join_link:
        return
    when = when_and_where(msgspec.structs.replace(event, place=""))
    text = (
        f"You are expected: {post.title}, {when}.\n\nThis is the way in: {event.join_link}\n\n"
        "Please keep the link to yourself."
    )
    await letters.write(db, site, organiser, guest.actor, text, now, in_reply_to=post.uri)
    await events.mark_link_sent(db, post.id, guest.actor.id, event.join_link)


def _check_takes_place(event: Event, now: datetime) -> None:
    if event.is_cancelled:
        raise Conflict("This does not take place.")
    if (event.ends_at or event.starts_at) <= now:
        raise Conflict("This is over.")


async def _check_room(db: Connection, event: Event) -> None:
    """Raise `Conflict` if every place is taken. The event is locked, so that the last one is given once."""
    if event.most_people is not None and await events.accepted_count(db, event.post_id) >= event.most_people:
        raise Conflict("There is no place left.")


async def _ours(db: Connection, post: Post) -> tuple[Actor, Event]:
    """The organiser and the event, locked, if the organiser is here. Raises `Missing`."""
    organiser = await actors.by_id(db, post.author_id)
    event = await events.lock(db, post.id)
    if organiser is None or not organiser.is_local or event is None:
        raise Missing("There is no event of ours here.")
    return organiser, event


async def _guest(db: Connection, post_id: int, person: Actor) -> Guest:
    found = next((one for one in await events.guests(db, post_id) if one.actor.id == person.id), None)
    if found is None:
        raise Missing("This person has not asked to come.")
    return found


async def _asked(db: Connection, post_id: int, guest_id: int) -> tuple[Post, Actor, Event, Guest]:
    post, person = await posts.by_id(db, post_id), await actors.by_id(db, guest_id)
    if post is None or person is None:
        raise Missing("There is nothing here.")
    organiser, event = await _ours(db, post)
    return post, organiser, event, await _guest(db, post_id, person)

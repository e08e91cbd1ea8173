"""The organiser of an event changes when and where it is, or calls it off."""

from datetime import datetime

import msgspec

from fediverse_support.community.joining import letters
from fediverse_support.community.posts import events as calling
from fediverse_support.community.posts import guests, holds, judging
from fediverse_support.community.posts import posts as writing
from fediverse_support.community.posts.events import NewEvent
from fediverse_support.core.errors import Conflict, Forbidden, Gone, Missing
from fediverse_support.core.events import Event
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, events, posts
from fediverse_support.database.pool import Connection
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.site import Site


async def change(
    db: Connection,
    site: Site,
    organiser: Actor,
    post_id: int,
    new: NewEvent,
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Change what an event is, and tell everybody. Raises `Missing`, `Gone`, `Forbidden` or `Malformed`.

    Nobody who was let in is sent away when there are fewer places. A new join link goes to every guest. It
    is judged as the edit of a post is, and raises `NotTaken`; what a moderator looks at first waits, and
    until then the event stays as it is.
    """
    post, known = await _own(db, organiser, post_id)
    new = calling.check(new, now)
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    if group is None:
        raise Missing("This is in no group any more.")
    judged = await judging.judged(db, policy, organiser, group, post, now, is_edit=True, addition=new)
    if judged.decision.is_held and post.state == "live":
        words = {"event": msgspec.to_builtins(new)}
        await holds.keep_edit(db, post, words, organiser.uri, judged.decision, judged.number, now)
        return
    event = calling.of(post_id, new)
    await events.put(db, msgspec.structs.replace(event, is_cancelled=known.is_cancelled))
    await _tell(db, site, organiser, post, now)
    if post.state == "held":
        await holds.keep_post(db, post, organiser.uri, judged.decision, judged.number, now)
    await guests.send_links(db, site, post, now)


async def set_cancelled(
    db: Connection, site: Site, organiser: Actor, post_id: int, is_cancelled: bool, now: datetime
) -> None:
    """Call an event off, or on again; guests elsewhere get a letter. Raises as `change` does.

    Nobody has to wait for a moderator with it: people are on their way.
    """
    post, known = await _own(db, organiser, post_id)
    if known.is_cancelled == is_cancelled:
        return
    await events.put(db, msgspec.structs.replace(known, is_cancelled=is_cancelled))
    await _tell(db, site, organiser, post, now)
    what = "does not take place" if is_cancelled else "takes place after all"
    for guest in await events.guests(db, post.id):
        if guest.state == "accepted" and not guest.actor.is_local:
            text = f"{post.title}: this {what}."
            await letters.write(db, site, organiser, guest.actor, text, now, in_reply_to=post.uri)


async def _own(db: Connection, organiser: Actor, post_id: int) -> tuple[Post, Event]:
    """The post and the event, locked."""
    post = await posts.lock(db, post_id)
    event = await events.lock(db, post_id)
    if post is None or event is None:
        raise Missing("There is no such event.")
    if post.author_id != organiser.id:
        raise Forbidden("Only the organiser may change an event.")
    if post.state == "deleted":
        raise Gone("This post was deleted.")
    return post, event


async def _tell(db: Connection, site: Site, organiser: Actor, post: Post, now: datetime) -> None:
    """A change of the event is an edit of its post, whose words stay."""
    if now <= (post.edited_at or post.published_at):
        raise Conflict("This was changed a moment ago. Look at it again before you change it.")
    changed = msgspec.structs.replace(post, edited_at=now)
    await writing.replace_words(db, site, organiser, post, changed, now)

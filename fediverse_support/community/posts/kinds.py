"""What a post is besides its words: a poll, an event, or nothing more.

The one place where writing (`posts.py`) and arriving (`arrivals.py`) learn of it: a new kind is added here.
"""

from datetime import datetime

from fediverse_support.community.pictures import media
from fediverse_support.community.posts import answering
from fediverse_support.community.posts import events as calling
from fediverse_support.community.posts import polls as asking
from fediverse_support.community.posts.events import NewEvent
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.core import clock
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import events, polls, tags
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.rendering import events as event_documents
from fediverse_support.protocol.rendering import questions
from fediverse_support.protocol.rendering.context import Json
from fediverse_support.protocol.rendering.posts import note
from fediverse_support.protocol.rendering.reply_policies import can_reply
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import PostDocument

Addition = NewPoll | NewEvent
"""What a member adds to the words of a new post."""


async def keep(db: Connection, post: Post, addition: Addition) -> None:
    """Store what was added to a new post of ours. Raises `Malformed`."""
    if isinstance(addition, NewPoll):
        await asking.keep(db, post, addition)
    else:
        await calling.keep(db, post, addition)


async def document(
    db: Connection,
    site: Site,
    post: Post,
    author: Actor,
    group: Actor | None,
    parent_author: Actor | None,
    root_uri: str | None,
) -> Json:
    """A post of ours as it is sent and served: a Note, a Question or an Event. Raises as `note` does."""
    poll = await polls.of_post(db, post.id) if post.type == "Question" else None
    event = await events.of_post(db, post.id) if post.type == "Event" else None
    worded = event_documents.worded(post, event) if event is not None else post
    worded = media.sendable(site, worded, clock.now())
    offered = await tags.offered(db, group.id) if post.tags and group and group.is_local else []
    rights = await answering.of_post(db, post, group)
    rendered = note(
        site,
        worded,
        author,
        group,
        parent_author=parent_author,
        root_uri=root_uri,
        offered=offered,
        can_reply=can_reply(group, rights.outsiders, rights.members) if group else None,
    )
    if poll is not None:
        return questions.question(rendered, poll)
    return event_documents.event(rendered, event) if event is not None else rendered


async def arrived(db: Connection, post: Post, document: PostDocument, now: datetime) -> None:
    """Store what a new post from another server is besides its words. Safe to run twice."""
    await asking.arrived(db, post, document, now)
    await calling.arrived(db, post, document)


async def changed(
    db: Connection, post: Post, document: PostDocument, now: datetime, *, is_newer: bool
) -> bool:
    """Its author's server describes it again; whether it differs in more than words. Safe to run twice."""
    if is_newer:
        await calling.arrived(db, post, document)
    return await asking.changed(db, post, document, now, is_newer=is_newer)

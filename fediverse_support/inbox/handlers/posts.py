"""Create, Update and Delete of posts."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fediverse_support.community.arriving import arrivals
from fediverse_support.community.arriving.received_posts import Place
from fediverse_support.community.joining import join_answers, joining_elsewhere
from fediverse_support.community.posts import coming_elsewhere, removals
from fediverse_support.community.posts.judging import NotTaken
from fediverse_support.core.errors import Gone, Malformed, Refused, Trouble
from fediverse_support.core.models import Actor
from fediverse_support.database import decisions
from fediverse_support.database import posts as stored
from fediverse_support.inbox.context import Context, Held
from fediverse_support.inbox.handlers import actors, moderation
from fediverse_support.inbox.handlers.polls import vote
from fediverse_support.inbox.judging import Considered
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol import parsing
from fediverse_support.protocol.parsing import consistency
from fediverse_support.protocol.vocabulary import Activity, PostDocument

MOST_ANCESTORS = 50


async def create(context: Context, activity: Activity, sender: Verified) -> str:
    """A new post, or a version of one that came before its Create."""
    document = _post_of(context, activity)
    consistency.created_by_its_author(activity, document)
    if document.is_vote and activity.type == "Create":
        return await vote(context, activity, document, sender)
    if await coming_elsewhere.letter_arrived(context.db, document, sender.actor):
        context.hold_back()
        return "Kept for the guest whom it is for."
    if await joining_elsewhere.letter_arrived(context.db, document, sender.actor, context.now):
        context.hold_back()
        return "Kept for who asked to join."
    return await receive(context, document, sender.actor, context.raw)


async def update(context: Context, activity: Activity, sender: Verified) -> str:
    """A changed post, or a changed actor."""
    if activity.object is not None and parsing.kind(activity.object) == "actor":
        return await actors.update(context, activity, sender)
    if activity.object is None and activity.object_id == sender.uri:
        return await actors.update(context, activity, sender)
    return await create(context, activity, sender)


async def delete(context: Context, activity: Activity, sender: Verified) -> str:
    """A post goes, by its author or by a moderator of its group; or an actor goes."""
    uri = activity.object_id
    if uri is None:
        raise Malformed("A Delete must say of what.")
    if uri == sender.uri:
        return await actors.delete(context, sender)
    post = await stored.by_uri(context.db, uri, for_update=True)
    if post is None or post.author_id == sender.actor.id:
        context.site.gate.check(uri)
        if not context.site.gate.same_origin(uri, sender.uri):
            raise Refused("This belongs to somebody else.")
        await removals.delete_remote(
            context.db, context.site, uri, post, sender.actor, context.raw, context.now
        )
        await join_answers.take_back(context.db, uri, sender.actor)
        return "Deleted."
    return await moderation.delete(context, post, activity, sender)


async def receive(
    context: Context,
    document: PostDocument,
    author: Actor,
    activity: Mapping[str, Any] | None,
) -> str:
    """Find the place of a verified post and store it; unknown parents are looked up as far as allowed."""
    if await join_answers.answer_arrived(context.db, context.site, document, author, context.now):
        return "An answer to what was asked about a request to join."
    place = await arrivals.place_of(context.db, document, author, context.now)
    if place.parent is None and document.in_reply_to and place.group is not None and place.group.is_local:
        if not place.is_known:
            # Who may not speak here does not make us look up what they answer.
            arrivals.check_may_speak(place, author, document)
        place = await _with_parent(context, document, author, place.group) or place
    return await stored_or_held(context, document, author, place, context.considered, activity)


async def stored_or_held(
    context: Context,
    document: PostDocument,
    author: Actor,
    place: Place,
    considered: Considered,
    activity: Mapping[str, Any] | None,
) -> str:
    """Store a post in its place. Raises `Held` for a later version of a live one: it says what it said."""
    received = await arrivals.receive(
        context.db, context.site, document, author, place, considered.judged, activity, context.now
    )
    if received.what == "waits":
        raise Held(considered, received.post)
    return received.sentence


async def _with_parent(context: Context, document: PostDocument, author: Actor, group: Actor) -> Place | None:
    """Fetch the posts above a reply, from the nearest up, and store them from the top down.

    Only if they belong to the group anyway: an answer must not drag into it what somebody wrote elsewhere.
    """
    above: list[PostDocument] = []
    seen = {document.id}
    uri = document.in_reply_to
    while uri is not None and uri not in seen and len(above) < MOST_ANCESTORS:
        seen.add(uri)
        if await stored.by_uri(context.db, uri) is not None or context.site.is_ours(uri):
            break
        try:
            parent = parsing.post(context.document(uri), context.site.gate)
        except Trouble:
            # The parent cannot be had: the reply starts a thread of its own until the parent arrives.
            break
        above.append(parent)
        uri = parent.in_reply_to
    if not above:
        return None
    top = await arrivals.place_of(context.db, above[-1], author, context.now)
    if top.group is None or top.group.id != group.id:
        return None
    for parent in reversed(above):
        try:
            await _store_ancestor(context, parent, group)
        except NotTaken as refusal:
            await decisions.record(context.db, refusal.arrival, refusal.decision)
            break
        except Trouble:
            break
    return await arrivals.place_of(context.db, document, author, context.now, within=group)


async def _store_ancestor(context: Context, document: PostDocument, group: Actor) -> None:
    """Store a post that we looked up: judged like any other, and announced to nobody."""
    author = await context.actor(document.author)
    activity = parsing.activity(context.raw, context.site.gate)
    considered = await context.judge(
        document, msgspec.structs.replace(activity, id=document.id), within=group
    )
    place = await arrivals.place_of(context.db, document, author, context.now, within=group)
    await arrivals.receive(
        context.db, context.site, document, author, place, considered.judged, None, context.now
    )


def _post_of(context: Context, activity: Activity) -> PostDocument:
    """The post in the activity, if it was embedded; otherwise as its own server has it."""
    if context.post is not None:
        return context.post
    if activity.object is not None:
        return parsing.post(activity.object, context.site.gate)
    if activity.object_id is None:
        raise Malformed("This activity must say of what.")
    document = context.document(activity.object_id)
    if parsing.kind(document) != "post":
        raise Gone("There is no post at this address.")
    return parsing.post(document, context.site.gate)

"""Announce: a group elsewhere passes something on, or somebody boosts a post.

What a group announces is not its own: the body inside may be forged. A post inside counts only as its own
server has it, or with its author's integrity proof, or where group and author share a server, which could
forge it anyway (O11).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from fediverse_support.community.arriving import arrivals
from fediverse_support.community.posts import removals
from fediverse_support.community.posts.judging import NotTaken
from fediverse_support.core.errors import Gone, Malformed, Missing, Refused, RemoteTrouble, Trouble
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, decisions, follows, groups, reactions
from fediverse_support.database import posts as stored
from fediverse_support.inbox import proving
from fediverse_support.inbox.context import Context, Held
from fediverse_support.inbox.handlers import boosts, by_groups, posts
from fediverse_support.inbox.handlers.polls import passed_on
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol import parsing
from fediverse_support.protocol.addressing import is_public
from fediverse_support.protocol.vocabulary import Activity, PostDocument

MOST_AT_ONCE = 100
PATIENCE = timedelta(hours=6)
"""For so long we go on asking for what a group has passed on from a member on a third server."""
_FROM_HERE = "This is from here."
"""A group sends what our members write in it back to us, as to everybody: that is no news, and no mistake."""


async def announce(context: Context, activity: Activity, sender: Verified) -> str:
    """What a group that somebody here is in passes on; of everybody else it is a boost."""
    if not sender.actor.is_group:
        return await boosts.boost(context, activity, sender)
    if not await follows.has_local_followers(context.db, sender.actor.id):
        raise Refused("Nobody here is in this group.")
    outcomes = [await _one(context, activity, sender, item) for item in activity.objects[:MOST_AT_ONCE]]
    if not outcomes:
        raise Malformed("An Announce must say of what.")
    return " ".join(dict.fromkeys(outcomes))


async def _one(context: Context, activity: Activity, sender: Verified, item: str | Mapping[str, Any]) -> str:
    """One of the things announced. In a batch (PieFed) none that is wrong or waits stops the others."""
    is_batch = len(activity.objects) > 1
    try:
        if not is_batch:
            return await _passed_on(context, activity, sender, item)
        async with context.db.transaction():
            return await _passed_on(context, activity, sender, item)
    except Held as held:
        if not is_batch:
            raise
        context.waits.append(held)
        return "Waits for a moderator."
    except Trouble as trouble:
        if _may_be_shown_later(context, activity, sender, trouble):
            raise RemoteTrouble("The author's server does not show this to us yet.") from None
        if not is_batch:
            raise
        if isinstance(trouble, NotTaken):
            await decisions.record(context.db, trouble.arrival, trouble.decision)
        return trouble.message


async def _passed_on(
    context: Context, activity: Activity, sender: Verified, item: str | Mapping[str, Any]
) -> str:
    if isinstance(item, str) and context.site.is_ours(item):
        return _FROM_HERE
    if isinstance(item, str):
        return await _post(context, activity, sender, _fetched(context, item))
    if parsing.kind(item) == "post":
        return await _post(context, activity, sender, await _believed_post(context, (sender.uri,), item))
    return await _inner(context, activity, sender, parsing.activity(item, context.site.gate))


def _may_be_shown_later(context: Context, activity: Activity, sender: Verified, trouble: Trouble) -> bool:
    """Whether what was not found may be there in a while.

    The server of a member elsewhere shows their words to us only when the group's server has told it that we
    have members too; while that one is away the answer is the same as for what does not exist.
    """
    was_not_found = isinstance(trouble, Missing) and not isinstance(trouble, Gone)
    if not was_not_found or not sender.actor.approves_followers or activity.published is None:
        return False
    was_asked_for = any(isinstance(found, Missing) for found in context.fetched.values())
    return was_asked_for and context.now - activity.published < PATIENCE


async def _inner(context: Context, activity: Activity, sender: Verified, inner: Activity) -> str:
    """The group passes on an activity."""
    group = sender.actor
    if inner.type in ("Create", "Update"):
        if inner.object_id == group.uri:
            return await by_groups.described(context, group)
        if inner.object_id is not None and context.site.is_ours(inner.object_id):
            return _FROM_HERE
        if inner.object is not None:
            post = await _post_within(context, sender, inner)
            return await _post(context, activity, sender, post)
        return await _post(context, activity, sender, _fetched(context, inner.object_id or ""))
    if inner.type == "PollVote":
        return await passed_on(context, inner, group)
    if inner.type == "Delete":
        return await _removed(context, sender, inner)
    if inner.type == "Undo" and inner.object is not None and inner.object.get("type") == "Delete":
        return await _restored(context, sender, parsing.activity(inner.object, context.site.gate))
    return await by_groups.told(context, inner, group)


async def _post(context: Context, activity: Activity, sender: Verified, document: PostDocument) -> str:
    """Store a post that the group has announced: in that group, unless it belongs to one of ours."""
    if context.site.is_ours(document.id):
        return _FROM_HERE
    author = await context.actor(document.author)
    considered = await context.judge(document, activity, within=sender.actor)
    place = await arrivals.place_of(context.db, document, author, context.now)
    is_beside = place.parent is None and place.astray_from is None
    if is_beside and (place.group is None or not place.group.is_local):
        place = msgspec.structs.replace(place, group=sender.actor, rules=None)
    is_own = place.group is not None and place.group.id == sender.actor.id
    if not is_own and not is_public(document.to, document.cc):
        raise Refused("A group may announce what is public, and what its own members say to its members.")
    place = msgspec.structs.replace(place, is_vouched=is_own)
    return await posts.stored_or_held(context, document, author, place, considered, None)


async def _post_within(context: Context, sender: Verified, inner: Activity) -> PostDocument:
    """The post in an activity that a group passes on: by the activity's proof, the post's own, or fetched."""
    proof = await proving.proved(context, inner.raw, inner.actor)
    if proof is not None:
        inner = parsing.activity(proof.document, context.site.gate)
    vouched = (sender.uri, proof.author) if proof is not None else (sender.uri,)
    return await _believed_post(context, vouched, inner.object or {})


async def _believed_post(
    context: Context, vouched: tuple[str, ...], document: Mapping[str, Any]
) -> PostDocument:
    """The embedded post where it can be believed; otherwise the one that its own server has.

    `vouched` have signed what it is embedded in: the group, whose server could forge what is on it anyway,
    and, with a proof, the author.
    """
    gate = context.site.gate
    claimed = parsing.post(document, gate)
    if gate.same_origin(claimed.id, vouched[0]) or claimed.author in vouched:
        return claimed
    proof = await proving.proved(context, document, claimed.author)
    if proof is not None:
        return parsing.post(proof.document, gate)
    return _fetched(context, claimed.id)


def _fetched(context: Context, uri: str) -> PostDocument:
    if context.site.is_ours(uri):
        raise Missing("This is from here, and known if it is anything.")
    document = context.document(uri)
    if parsing.kind(document) == "activity":
        inner = parsing.activity(document, context.site.gate)
        if inner.object_id is None:
            raise Missing("There is no post at this address.")
        document = context.document(inner.object_id)
    return parsing.post(document, context.site.gate)


async def _removed(context: Context, sender: Verified, inner: Activity) -> str:
    """A Delete that the group passes on: of its author, proved or confirmed, or the group's own decision."""
    post = await stored.by_uri(context.db, inner.object_id or "", for_update=True)
    if post is None or post.state == "deleted":
        return "There was none."
    if context.site.is_ours(post.uri):
        return await _taken_down(context, sender.actor, inner, post)
    author = await actors.by_id(context.db, post.author_id)
    is_own = author is not None and inner.actor == author.uri
    if is_own and await proving.proved(context, inner.raw, inner.actor) is not None:
        await removals.delete_confirmed(context.db, context.site, post, context.now)
        return "Deleted, as its author has proved."
    if not is_own and post.group_id == sender.actor.id:
        # Asking would not tell: what a moderator has hidden is not shown by its own server either.
        return await _taken_down(context, sender.actor, inner, post)
    try:
        context.document(post.uri)
    except (Gone, Missing):
        await removals.delete_confirmed(context.db, context.site, post, context.now)
        return "Deleted, as its own server confirms."
    return await _taken_down(context, sender.actor, inner, post)


async def _taken_down(context: Context, group: Actor, inner: Activity, post: Post) -> str:
    if post.group_id != group.id:
        raise Refused("This post is not in that group.")
    if await by_groups.was_taken_back(context, inner, group):
        return "This was taken back before it arrived."
    await removals.hide_by_group(context.db, post.id, group.id)
    if post.state == "live":
        await by_groups.note_removal(context, inner, group, post)
    return "Taken down by its group."


async def _restored(context: Context, sender: Verified, inner: Activity) -> str:
    group = sender.actor
    await by_groups.take_back(context, inner, group)
    post = await stored.by_uri(context.db, inner.object_id or "", for_update=True)
    if post is None or post.state != "hidden" or post.group_id != group.id:
        return "There was nothing to restore."
    if post.hidden_by != group.id and not await groups.is_moderator(
        context.db, group.id, post.hidden_by or 0
    ):
        return "There was nothing to restore."
    await stored.set_state(context.db, post.id, "live", None)
    return "Restored by its group."


async def undo(context: Context, activity: Activity, sender: Verified) -> str:
    """An Announce is taken back: a group withdraws a post, or a boost ends."""
    inner = activity.object
    uri = activity.object_id or ""
    about = parsing.activity(inner, context.site.gate).object_id if inner is not None else None
    await reactions.unboost(context.db, sender.actor.id, uri, about)
    post = await stored.by_uri(context.db, about, for_update=True) if about else None
    if post is not None and sender.actor.is_group and post.group_id == sender.actor.id:
        await removals.hide_by_group(context.db, post.id, sender.actor.id)
        return "Withdrawn by its group."
    return "Taken back."

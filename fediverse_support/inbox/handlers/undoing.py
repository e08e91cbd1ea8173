"""Undo: the handler of what is undone takes it back. Only who did a thing undoes it."""

from fediverse_support.core.errors import Malformed, Refused
from fediverse_support.database import follows, inbox, tombstones
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.handlers import announces, bans, moderation, reactions
from fediverse_support.inbox.handlers import events as coming
from fediverse_support.inbox.handlers import follows as following
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol import json_gate, parsing
from fediverse_support.protocol.parsing import consistency
from fediverse_support.protocol.vocabulary import Activity


async def undo(context: Context, activity: Activity, sender: Verified) -> str:
    """Find out what is undone and let its own handler do it. An id that is unknown yet is remembered."""
    if activity.object_id is not None:
        await inbox.take_back(context.db, activity.object_id, sender.uri, context.now)
    if activity.object is None:
        return await _by_id(context, activity, sender)
    inner = parsing.activity(activity.object, context.site.gate)
    consistency.undone_by_its_actor(activity, inner)
    if inner.type == "Follow":
        return await following.undo(context, activity, sender)
    if inner.type == "Accept":
        return await following.undo_accept(context, inner, sender)
    if inner.type in ("Like", "Dislike", "EmojiReact"):
        return await reactions.undo(context, activity, sender)
    if inner.type == "Announce":
        return await announces.undo(context, activity, sender)
    if inner.type == "Join":
        return await coming.undo_join(context, inner, sender)
    return await _undo_deed(context, activity, inner, sender)


async def _undo_deed(context: Context, activity: Activity, inner: Activity, sender: Verified) -> str:
    """A moderator takes something back."""
    if inner.type == "Block":
        return await bans.undo_block(context, activity, inner, sender)
    if inner.type == "Lock":
        return await moderation.undo_lock(context, inner, sender)
    if inner.type == "Delete":
        return await moderation.undo_delete(context, inner, sender)
    return f"Nothing to undo here for {inner.type[:40]}."


async def _by_id(context: Context, activity: Activity, sender: Verified) -> str:
    uri = activity.object_id
    if uri is None:
        raise Malformed("An Undo must say of what.")
    if not context.site.gate.same_origin(uri, sender.uri):
        raise Refused("This was done by somebody else.")
    await tombstones.mark_undone(context.db, uri, sender.uri)
    follow = await follows.by_activity(context.db, sender.actor.id, uri)
    if follow is not None:
        await follows.remove(context.db, sender.actor.id, follow.followed_id)
        return "Has left."
    await reactions.undo(context, activity, sender)
    await announces.undo(context, activity, sender)
    await bans.undo_by_id(context, uri, sender)
    return await _deed_of_before(context, activity, uri, sender) or "Taken back."


async def _deed_of_before(context: Context, activity: Activity, uri: str, sender: Verified) -> str | None:
    """A moderator's deed that is named by its id only: what it was is read from what arrived then."""
    arrived = await inbox.by_activity(context.db, uri)
    if arrived is None or arrived.actor_uri != sender.uri or arrived.type not in ("Lock", "Delete"):
        return None
    inner = parsing.activity(json_gate.read(arrived.body), context.site.gate)
    return await _undo_deed(context, activity, inner, sender)

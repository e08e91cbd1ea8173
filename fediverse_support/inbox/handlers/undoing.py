"""Undo: the handler of what is undone takes it back. Only who did a thing undoes it."""

from fediverse_support.core.errors import Malformed, Refused
from fediverse_support.database import blocks, follows, tombstones
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.handlers import announces, moderation, reactions
from fediverse_support.inbox.handlers import events as coming
from fediverse_support.inbox.handlers import follows as following
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol import parsing
from fediverse_support.protocol.parsing import consistency
from fediverse_support.protocol.vocabulary import Activity


async def undo(context: Context, activity: Activity, sender: Verified) -> str:
    """Find out what is undone and let its own handler do it. An id that is unknown yet is remembered."""
    if activity.object is None:
        return await _by_id(context, activity, sender)
    inner = parsing.activity(activity.object, context.site.gate)
    consistency.undone_by_its_actor(activity, inner)
    if inner.type == "Follow":
        return await following.undo(context, activity, sender)
    if inner.type in ("Like", "Dislike", "EmojiReact"):
        return await reactions.undo(context, activity, sender)
    if inner.type == "Announce":
        return await announces.undo(context, activity, sender)
    if inner.type == "Join":
        return await coming.undo_join(context, inner, sender)
    if inner.type == "Block":
        return await moderation.undo_block(context, activity, sender)
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
    await blocks.unblock(context.db, sender.uri, uri, None)
    return "Taken back."

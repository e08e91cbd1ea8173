"""What moderators do in our groups over the wire: pins, names, locks, and taking posts down and up again.

A moderator of one of our groups may live on another server. Each deed is done once, recorded with its
reason, and passed on by the group as it came. What a group elsewhere does comes announced by that group
(`by_groups.py`); bans are in `bans.py`.
"""

from fediverse_support.community.groups import moderators, pins
from fediverse_support.community.posts import announcing, removals
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Refused
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, groups, locks, posts, tombstones
from fediverse_support.inbox.authority import our_group, post_in_our_group, require_moderator
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.handlers import by_groups
from fediverse_support.inbox.trust import Verified
from fediverse_support.moderation import deeds
from fediverse_support.protocol.vocabulary import Activity

LONGEST_REASON = 1_000
TAKEN_BACK = "This was taken back before it arrived."


async def add(context: Context, activity: Activity, sender: Verified) -> str:
    """A moderator pins a post or names another moderator of one of our groups."""
    return await _change(context, activity, sender, adds=True)


async def remove(context: Context, activity: Activity, sender: Verified) -> str:
    """A moderator unpins a post, or somebody moderates no longer."""
    return await _change(context, activity, sender, adds=False)


async def _change(context: Context, activity: Activity, sender: Verified, *, adds: bool) -> str:
    group = await our_group(context, (activity.target_id or "").rpartition("/")[0])
    if group is None or activity.target_id not in (group.featured_url, group.moderators_url):
        return await by_groups.moderator_named_directly(context, activity, sender)
    await require_moderator(context, group, sender)
    if activity.object_id is None:
        raise Malformed("This must say of what.")
    if activity.target_id == group.featured_url:
        await _pin(context, group, activity.object_id, adds=adds)
        deed = "pin post" if adds else "unpin post"
    else:
        await _name_moderator(context, group, activity.object_id, adds=adds)
        deed = "add moderator" if adds else "remove moderator"
    await announcing.pass_on(context.db, context.site, group, context.raw, activity.object_id, context.now)
    await note(context, deed, activity.object_id, activity, sender, group)
    context.hold_back()
    return "Done by a moderator."


async def _pin(context: Context, group: Actor, object_uri: str, *, adds: bool) -> None:
    post = await posts.by_uri(context.db, object_uri)
    if not adds:
        await pins.unpin(context.db, context.site, group, object_uri)
        return
    if post is None:
        raise Refused("This post is not in the group.")
    try:
        await pins.pin(context.db, context.site, group, post)
    except Conflict as conflict:
        raise Refused(conflict.message) from None


async def _name_moderator(context: Context, group: Actor, object_uri: str, *, adds: bool) -> None:
    person = await context.actor(object_uri)
    try:
        if adds:
            await moderators.name(context.db, group, person, context.now)
        else:
            await moderators.dismiss(context.db, group, person)
    except Conflict as conflict:
        raise Refused(conflict.message) from None


async def lock(context: Context, activity: Activity, sender: Verified) -> str:
    """A moderator closes a post, and all below it, for answers."""
    post, group = await post_in_our_group(context, activity.object_id)
    await require_moderator(context, group, sender)
    if await was_taken_back(context, activity, sender):
        return TAKEN_BACK
    if not await locks.lock(context.db, post.id, sender.actor.id, context.now):
        return "It was locked."
    await announcing.pass_on(context.db, context.site, group, context.raw, post.uri, context.now)
    await note(context, "lock thread", post.uri, activity, sender, group)
    context.hold_back()
    return "Locked by a moderator."


async def undo_lock(context: Context, inner: Activity, sender: Verified) -> str:
    """A moderator opens a post for answers again, whoever had closed it."""
    post, group = await post_in_our_group(context, inner.object_id)
    await require_moderator(context, group, sender)
    await take_back(context, inner, sender)
    if not await locks.unlock(context.db, post.id):
        return "It was not locked."
    await announcing.pass_on(context.db, context.site, group, context.raw, post.uri, context.now)
    await note(context, "unlock thread", post.uri, inner, sender, group)
    return "Opened by a moderator."


async def delete(context: Context, post: Post, activity: Activity, sender: Verified) -> str:
    """A moderator takes down a post that somebody else wrote in one of our groups."""
    if await was_taken_back(context, activity, sender):
        return TAKEN_BACK
    await removals.hide_by_moderator(context.db, context.site, post, sender.actor, context.raw, context.now)
    if post.state == "live":
        await note(context, "hide post", post.uri, activity, sender, None, group_id=post.group_id)
    return "Taken down by a moderator of the group."


async def undo_delete(context: Context, inner: Activity, sender: Verified) -> str:
    """A moderator of one of our groups brings back what its moderators took down."""
    post = await posts.by_uri(context.db, inner.object_id or "", for_update=True)
    group = await actors.by_id(context.db, post.group_id) if post and post.group_id else None
    if post is None or group is None or not group.is_local:
        return "There was nothing to restore."
    await require_moderator(context, group, sender)
    await take_back(context, inner, sender)
    if post.state != "hidden":
        return "There was nothing to restore."
    if post.hidden_by != sender.actor.id and not await groups.is_moderator(
        context.db, group.id, post.hidden_by or 0
    ):
        raise Forbidden("Only who took it down, or a moderator of this community, brings it back.")
    await removals.restore(context.db, context.site, post, context.raw, context.now)
    await note(context, "show post", post.uri, inner, sender, group)
    return "Restored by a moderator."


async def was_taken_back(context: Context, activity: Activity, sender: Verified) -> bool:
    """Whether the Undo of this arrived before it."""
    return activity.id is not None and await tombstones.was_undone(context.db, activity.id, sender.uri)


async def take_back(context: Context, inner: Activity, sender: Verified) -> None:
    """Remember an Undo, in case that what it undoes arrives later."""
    if inner.id is not None:
        await tombstones.mark_undone(context.db, inner.id, sender.uri)


async def note(
    context: Context,
    deed: str,
    about: str,
    activity: Activity,
    sender: Verified,
    group: Actor | None,
    *,
    group_id: int | None = None,
) -> None:
    """Put a moderator's deed on the record, with the reason that came with it."""
    reason = safe_text(activity.summary or "", LONGEST_REASON)
    number = group.id if group else group_id
    await deeds.record(context.db, None, deed, about, reason, context.now, by_uri=sender.uri, group_id=number)

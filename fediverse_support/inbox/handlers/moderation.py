"""What moderators do over the wire: Add, Remove, Block, and undoing a Delete or a Block.

A moderator of one of our groups may live on another server. What a group elsewhere does with its own
posts comes announced by that group (`announces.py`).
"""

from fediverse_support.community import announcing, removals
from fediverse_support.core.errors import Forbidden, Malformed, Refused
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, blocks, groups, posts
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol.vocabulary import Activity


async def add(context: Context, activity: Activity, sender: Verified) -> str:
    """A moderator pins a post or names another moderator of one of our groups."""
    return await _change(context, activity, sender, adds=True)


async def remove(context: Context, activity: Activity, sender: Verified) -> str:
    """A moderator unpins a post, or somebody moderates no longer."""
    return await _change(context, activity, sender, adds=False)


async def _change(context: Context, activity: Activity, sender: Verified, *, adds: bool) -> str:
    group = await _group_with(context, activity.target_id)
    if group is None:
        return "Nothing to do here for this collection."
    await _require_moderator(context, group, sender)
    if activity.object_id is None:
        raise Malformed("This must say of what.")
    if activity.target_id == group.featured_url:
        await _pin(context, group, activity.object_id, adds=adds)
    else:
        await _name_moderator(context, group, activity.object_id, adds=adds)
    await announcing.pass_on(context.db, context.site, group, context.raw, activity.object_id, context.now)
    return "Done by a moderator."


async def _group_with(context: Context, collection: str | None) -> Actor | None:
    """Our group that has this collection of moderators or of pinned posts."""
    if collection is None or not context.site.is_ours(collection):
        return None
    group = await actors.by_uri(context.db, collection.rpartition("/")[0])
    if group is None or not group.is_group or collection not in (group.featured_url, group.moderators_url):
        return None
    return group


async def _pin(context: Context, group: Actor, object_uri: str, *, adds: bool) -> None:
    post = await posts.by_uri(context.db, object_uri)
    if adds and (post is None or post.group_id != group.id):
        raise Refused("This post is not in the group.")
    await (groups.pin if adds else groups.unpin)(context.db, group.id, object_uri)


async def _name_moderator(context: Context, group: Actor, object_uri: str, *, adds: bool) -> None:
    person = await context.actor(object_uri)
    await (groups.add_moderator if adds else groups.remove_moderator)(context.db, group.id, person.id)


async def pin_by_group(context: Context, inner: Activity, group: Actor) -> str:
    """A group elsewhere says that one of its posts is pinned, or no longer."""
    if inner.object_id is None or inner.target_id is None or inner.target_id != group.featured_url:
        return "Nothing to do here for this collection."
    change = groups.pin if inner.type == "Add" else groups.unpin
    await change(context.db, group.id, inner.object_id)
    return "Noted."


async def block(context: Context, activity: Activity, sender: Verified) -> str:
    """Somebody blocks somebody: from one of our groups (by its moderators), or from themselves."""
    if activity.object_id is None:
        raise Malformed("A Block must say of whom.")
    target = activity.target_id or sender.uri
    if target != sender.uri:
        group = await actors.by_uri(context.db, target)
        if group is None or not group.is_local or not group.is_group:
            return "Nothing to do here for this block."
        await _require_moderator(context, group, sender)
        await announcing.pass_on(
            context.db, context.site, group, context.raw, activity.object_id, context.now
        )
    elif not context.site.is_ours(activity.object_id):
        return "Nothing to do here for this block."
    await blocks.block(
        context.db,
        blocker_uri=sender.uri,
        blocked_uri=activity.object_id,
        target_uri=target,
        activity_uri=activity.id or f"{sender.uri}#block",
        reason=safe_text(activity.summary or "", 1000),
        ends_at=activity.end_time,
    )
    return "Noted."


async def undo_block(context: Context, activity: Activity, sender: Verified) -> str:
    """A block is lifted by who made it."""
    inner = activity.object or {}
    blocked = inner.get("object")
    await blocks.unblock(
        context.db, sender.uri, activity.object_id or "", blocked if isinstance(blocked, str) else None
    )
    return "Lifted."


async def undo_delete(context: Context, inner: Activity, sender: Verified) -> str:
    """A moderator of one of our groups brings back what they took down."""
    post = await posts.by_uri(context.db, inner.object_id or "", for_update=True)
    if post is None or post.state != "hidden" or post.group_id is None:
        return "There was nothing to restore."
    group = await actors.by_id(context.db, post.group_id)
    if group is None or not group.is_local:
        return "There was nothing to restore."
    await _require_moderator(context, group, sender)
    if post.hidden_by != sender.actor.id:
        raise Forbidden("Only who took it down, or a moderator of this community, brings it back.")
    await removals.restore(context.db, context.site, post, context.raw, context.now)
    return "Restored by a moderator."


async def _require_moderator(context: Context, group: Actor, sender: Verified) -> None:
    if not await groups.is_moderator(context.db, group.id, sender.actor.id):
        raise Forbidden("Only the moderators of the group may do this.")

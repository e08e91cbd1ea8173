"""Block and its Undo: from a group of ours by its moderators; of one of ours by a person, group or server.

`target` tells from where (Lemmy, PieFed, Mbin): a group, or a whole server as `https://there.example/`.
Without one somebody blocks for themselves; Smithereen's groups do it in this way too, as their own actor.
"""

from fediverse_support.community.joining import bans
from fediverse_support.community.joining.bans import Ban
from fediverse_support.community.people import keeping_apart
from fediverse_support.community.posts import announcing
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Refused
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, blocks
from fediverse_support.inbox.authority import our_group, require_moderator, speaks_for
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.handlers import by_groups, moderation
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol.vocabulary import Activity

NOTHING = "Nothing to do here for this block."


async def block(context: Context, activity: Activity, sender: Verified) -> str:
    """Somebody is kept out: of one of our groups, or one of ours of something elsewhere."""
    if activity.object_id is None:
        raise Malformed("A Block must say of whom.")
    if await moderation.was_taken_back(context, activity, sender):
        return moderation.TAKEN_BACK
    group = await our_group(context, activity.target_id)
    if group is not None:
        return await _from_our_group(context, activity, sender, group)
    target = await _target_elsewhere(context, activity, sender)
    if target is None or not context.site.is_ours(activity.object_id):
        return NOTHING
    await by_groups.note_ban(context, activity, sender.actor, target)
    if target == sender.uri and (ours := await _person_of_ours(context, activity, sender)) is not None:
        await keeping_apart.blocked_by(context.db, sender.actor, ours, context.now)
    return "Noted."


async def _person_of_ours(context: Context, activity: Activity, sender: Verified) -> Actor | None:
    """Whom of ours a person elsewhere blocks for themselves, or no longer."""
    found = await actors.by_uri(context.db, activity.object_id or "")
    is_between_people = not sender.actor.is_group and found is not None and found.is_local
    return found if is_between_people and found is not None and found.type == "Person" else None


async def _from_our_group(context: Context, activity: Activity, sender: Verified, group: Actor) -> str:
    await require_moderator(context, group, sender)
    decided = Ban(
        person=activity.object_id or "",
        by=sender.actor,
        activity_uri=activity.id or f"{sender.uri}#block",
        reason=safe_text(activity.summary or "", bans.LONGEST_REASON),
        until=activity.end_time,
        hides_posts=activity.removes_data,
    )
    try:
        await bans.ban(context.db, context.site, group, decided, context.now)
    except Conflict as conflict:
        raise Refused(conflict.message) from None
    await announcing.pass_on(context.db, context.site, group, context.raw, decided.person, context.now)
    await moderation.note(context, "ban from group", decided.person, activity, sender, group)
    return "Noted."


async def undo_block(context: Context, activity: Activity, inner: Activity, sender: Verified) -> str:
    """A block is lifted: in a group by any of its moderators, else by who made it."""
    await moderation.take_back(context, inner, sender)
    group = await our_group(context, inner.target_id)
    if group is not None:
        return await _lift_in_our_group(context, activity, inner, sender, group)
    target = await _target_elsewhere(context, inner, sender)
    if target is None or target == sender.uri:
        await blocks.unblock(context.db, sender.uri, inner.id or "", inner.object_id)
        if (ours := await _person_of_ours(context, inner, sender)) is not None:
            await keeping_apart.unblock(context.db, sender.actor, ours)
    else:
        await blocks.lift(context.db, inner.object_id or "", target)
    return "Lifted."


async def undo_by_id(context: Context, uri: str, sender: Verified) -> None:
    """A block is lifted by its id alone."""
    known = await blocks.by_activity(context.db, sender.uri, uri)
    group = await our_group(context, known.target_uri) if known is not None else None
    if known is None or group is None:
        await blocks.unblock(context.db, sender.uri, uri, None)
        ours = await actors.by_uri(context.db, known.blocked_uri) if known is not None else None
        if ours is not None and ours.is_local:
            await keeping_apart.unblock(context.db, sender.actor, ours)
    else:
        await require_moderator(context, group, sender)
        await bans.lift(context.db, context.site, known.blocked_uri, group.uri, context.now, restores=False)


async def _lift_in_our_group(
    context: Context, activity: Activity, inner: Activity, sender: Verified, group: Actor
) -> str:
    await require_moderator(context, group, sender)
    person = inner.object_id or ""
    restores = activity.raw.get("restoreData") is True
    if not await bans.lift(context.db, context.site, person, group.uri, context.now, restores=restores):
        return "There was none."
    await announcing.pass_on(context.db, context.site, group, context.raw, person, context.now)
    await moderation.note(context, "lift ban from group", person, inner, sender, group)
    return "Lifted."


async def _target_elsewhere(context: Context, activity: Activity, sender: Verified) -> str | None:
    """From where one of ours is kept out: the sender, a group that they speak for, or their whole server.

    Raises `Forbidden` for the server or the groups of others, and for ours.
    """
    if activity.target_id is None or activity.target_id == sender.uri:
        return sender.uri
    target = activity.target_id
    if target.rstrip("/") == context.site.gate.origin(target):
        if not context.site.gate.same_origin(target, sender.uri):
            raise Forbidden("Only its own people speak for a server.")
        return bans.root_of(target, context.site)
    group = None if context.site.is_ours(target) else await actors.by_uri(context.db, target)
    if group is None or not group.is_group:
        return None
    if not await speaks_for(context, group, sender):
        raise Forbidden("Only the moderators of the group may do this.")
    return group.uri

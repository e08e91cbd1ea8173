"""What a group on another server says of itself: what it pins and locks, who looks after it, whom it bans.

A group speaks for itself: what it announces about its own posts and people is taken as told, whoever it names
as the one who did it. Nothing here reaches beyond that group. An Undo is remembered under the group's name
and not under that of the actor inside, whom nobody has verified.
"""

from fediverse_support.community.arriving import remote_actors
from fediverse_support.community.joining import bans
from fediverse_support.community.joining.bans import Ban
from fediverse_support.core.errors import Malformed, Refused
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, blocks, groups, locks, posts, tombstones
from fediverse_support.inbox.authority import speaks_for
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.handlers import reports
from fediverse_support.inbox.trust import Verified
from fediverse_support.moderation import deeds
from fediverse_support.protocol import parsing
from fediverse_support.protocol.vocabulary import Activity

NOTHING = "Nothing to do here for this collection."


async def told(context: Context, inner: Activity, group: Actor) -> str:
    """What a group announces of its own affairs, but for posts and their removal (`announces.py`)."""
    undone = _undone(context, inner)
    kind = undone.type if undone is not None else inner.type
    match kind:
        case "Add" | "Remove" if undone is None:
            return await _collections(context, inner, group)
        case "Lock":
            return await _lock(context, undone or inner, group, is_undo=undone is not None)
        case "Block":
            await _posts_of_banned(context, inner, undone, group)
            return await _block(context, undone or inner, group, is_undo=undone is not None)
        case "Flag" if undone is None:
            return await _flag(context, inner, group)
    return f"Nothing to do here for {inner.type[:40]} within a group."


def _undone(context: Context, inner: Activity) -> Activity | None:
    if inner.type != "Undo" or inner.object is None:
        return None
    return parsing.activity(inner.object, context.site.gate)


async def described(context: Context, group: Actor) -> str:
    """A group elsewhere was changed by one of its moderators: read it anew from where it lives."""
    document = parsing.actor(context.document(group.uri), context.site.gate)
    await remote_actors.store(
        context.db, context.site, document, handle_confirmed=group.handle_confirmed, now=context.now
    )
    return "The group's description was renewed."


async def _collections(context: Context, inner: Activity, group: Actor) -> str:
    if inner.object_id is None or inner.target_id is None:
        return NOTHING
    if inner.target_id == group.featured_url:
        change = groups.pin if inner.type == "Add" else groups.unpin
        await change(context.db, group.id, inner.object_id)
        return "Noted."
    if inner.target_id == group.moderators_url:
        return await _moderator(context, inner, group)
    return NOTHING


async def moderator_named_directly(context: Context, activity: Activity, sender: Verified) -> str:
    """A member of ours hears from a moderator elsewhere that they look after a group now, or no longer."""
    uri = (activity.target_id or "").rpartition("/")[0]
    group = await actors.by_uri(context.db, uri) if uri and not context.site.is_ours(uri) else None
    if group is None or not group.is_group or activity.target_id != group.moderators_url:
        return NOTHING
    if not context.site.is_ours(activity.object_id or ""):
        return NOTHING
    if not await speaks_for(context, group, sender):
        raise Refused("Only the moderators of the group may do this.")
    return await _moderator(context, activity, group)


async def _moderator(context: Context, named: Activity, group: Actor) -> str:
    """Keep who of ours looks after a group elsewhere; others are listed by the group."""
    person = await actors.by_uri(context.db, named.object_id or "")
    if person is None or not person.is_local or person.type != "Person" or person.state != "active":
        return "Nobody of ours."
    change = groups.add_moderator if named.type == "Add" else groups.remove_moderator
    await change(context.db, group.id, person.id)
    return "Noted."


async def _lock(context: Context, locked: Activity, group: Actor, *, is_undo: bool) -> str:
    post = await posts.by_uri(context.db, locked.object_id or "", for_update=True)
    if post is None or post.group_id != group.id:
        raise Refused("This post is not in that group.")
    if is_undo:
        await take_back(context, locked, group)
        await locks.unlock(context.db, post.id)
        return "Opened by its group."
    if await was_taken_back(context, locked, group):
        return "This was taken back before it arrived."
    await locks.lock(context.db, post.id, group.id, context.now)
    return "Locked by its group."


async def _block(context: Context, block: Activity, group: Actor, *, is_undo: bool) -> str:
    """A group bans one of ours, or lifts that; whom else it bans is between it and them."""
    if block.target_id not in (None, group.uri) or not context.site.is_ours(block.object_id or ""):
        return "Nothing to do here for this block."
    if is_undo:
        await take_back(context, block, group)
        await blocks.lift(context.db, block.object_id or "", group.uri)
        return "Lifted."
    if await was_taken_back(context, block, group):
        return "This was taken back before it arrived."
    await note_ban(context, block, group, group.uri)
    return "Noted."


async def _posts_of_banned(context: Context, inner: Activity, undone: Activity | None, group: Actor) -> None:
    """Hide what somebody wrote in the group that bans them, or bring it back, where the group says so."""
    block = undone or inner
    person = await actors.by_uri(context.db, block.object_id or "")
    if person is None or block.target_id not in (None, group.uri):
        return
    changed: list[Post] = []
    if undone is not None:
        await take_back(context, block, group)
    if undone is None and block.removes_data and not await was_taken_back(context, block, group):
        changed = await blocks.hide_posts(
            context.db,
            author_id=person.id,
            group_id=group.id,
            blocked_uri=person.uri,
            target_uri=group.uri,
            by=group.id,
        )
    elif undone is not None and inner.raw.get("restoreData") is True:
        changed = await blocks.show_posts(context.db, person.uri, group.uri)
    await blocks.refresh_threads(context.db, [post.root_id for post in changed])


async def note_ban(context: Context, block: Activity, by: Actor, target: str) -> None:
    """Remember that one of ours was asked to stay away from `target`. Raises `Malformed` if it is over."""
    if block.end_time is not None and block.end_time <= context.now:
        raise Malformed("This block has ended before it arrived.")
    decided = Ban(
        person=block.object_id or "",
        by=by,
        activity_uri=block.id or f"{by.uri}#block",
        reason=safe_text(block.summary or "", bans.LONGEST_REASON),
        until=block.end_time,
    )
    await bans.note(context.db, decided, target)


async def _flag(context: Context, flag: Activity, group: Actor) -> str:
    """A group passes a report on to the servers of its moderators: kept if one of them is from here."""
    if not any(person.is_local for person in await groups.moderators(context.db, group.id)):
        raise Refused("Nobody here looks after this group.")
    named = reports.names(flag)
    found = await posts.by_uri(context.db, named[0]) if named else None
    if found is None or found.group_id != group.id:
        raise Refused("This post is not in that group.")
    await reports.keep(context, flag, named, group)
    return "The moderators will see this report."


async def was_taken_back(context: Context, activity: Activity, group: Actor) -> bool:
    """Whether the group has announced the Undo of this already."""
    return activity.id is not None and await tombstones.was_undone(context.db, activity.id, group.uri)


async def note_removal(context: Context, inner: Activity, group: Actor, post: Post) -> None:
    """Put on the record that a group took a post down, with its reason: for the author, who may be ours."""
    await deeds.record(
        context.db,
        None,
        "hide post",
        post.uri,
        safe_text(inner.summary or "", bans.LONGEST_REASON),
        context.now,
        by_uri=group.uri,
        group_id=group.id,
    )


async def take_back(context: Context, activity: Activity, group: Actor) -> None:
    """Remember an Undo that a group has announced, in case that what it undoes comes later."""
    if activity.id is not None:
        await tombstones.mark_undone(context.db, activity.id, group.uri)

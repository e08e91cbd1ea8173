"""Follow, and its answers Accept and Reject."""

import structlog

from fediverse_support.community import visibility
from fediverse_support.community.joining import invitations, joining_elsewhere, memberships, servers
from fediverse_support.core.errors import Forbidden, Refused
from fediverse_support.core.models import GUEST, Actor, Group
from fediverse_support.database import actors, follows, groups, personal, tombstones
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol.vocabulary import Activity

log = structlog.get_logger()

NOBODY_THERE = "There is nobody here of that name to follow."
"""Also said of a group that the asker may not know of: nobody learns from us that there is one."""
ONLY_PEOPLE = "What is said in this group is for its members: only people join it, no groups and no servers."


async def follow(context: Context, activity: Activity, sender: Verified) -> str:
    """Record that `sender` asks to follow one of ours; answer at once where the door is open."""
    followed = await _ours(context, activity.object_id)
    uri = activity.id or f"{sender.uri}#follow"
    if await tombstones.was_undone(context.db, uri, sender.uri):
        return "The follow was taken back before it arrived."
    try:
        return await _asked(context, followed, sender.actor, uri)
    except Forbidden as no:
        log.info("follow.declined", host=sender.actor.host, reason=no.message)
        await memberships.answer_to(
            context.db, context.site, "Reject", uri, sender.actor, followed, no.message
        )
        return f"Declined: {no.message}"


async def _asked(context: Context, followed: Actor, asker: Actor, uri: str) -> str:
    """Let in, let wait, or decline kindly; raises `Forbidden` for a plain no."""
    must_wait = context.decision.is_quiet or context.decision.is_held
    if not followed.is_group and await personal.are_apart(context.db, followed.id, asker):
        # Not even that somebody was blocked is told: there is no answer.
        raise Refused(NOBODY_THERE)
    group = await groups.by_actor(context.db, followed.id) if followed.is_group else None
    if group is not None and visibility.is_closed(group):
        await _check_may_know(context, group, asker)
        if asker.type != "Person":
            # A group would pass on what it hears, and a server or a bot has nobody behind it.
            raise Forbidden(ONLY_PEOPLE)
        await context.know_software(asker)
        if await servers.cannot_keep(context.db, asker, group):
            await servers.decline_kindly(context.db, context.site, followed, asker, uri, context.now)
            return f"Declined: {servers.CANNOT_KEEP}"
        must_wait = must_wait or await servers.must_look_first(context.db, asker, group)
    await memberships.ask(context.db, context.site, asker, followed, uri, context.now, must_wait=must_wait)
    kept = await follows.between(context.db, asker.id, followed.id)
    return "Let in." if kept and kept.state == "accepted" else "Waits for a moderator."


async def _check_may_know(context: Context, group: Group, asker: Actor) -> None:
    """Refuse without a word where `asker` may not learn that there is such a group (L3)."""
    if visibility.federates(group) and visibility.may_know(GUEST, group):
        return
    known = await follows.between(context.db, asker.id, group.actor.id)
    is_invited = await invitations.for_person(context.db, group, asker, context.now) is not None
    if not visibility.federates(group) or not (known is not None or is_invited):
        raise Refused(NOBODY_THERE)


async def undo(context: Context, activity: Activity, sender: Verified) -> str:
    """`sender` follows no longer. Lemmy embeds the Follow under a new id: then the pair counts."""
    inner = activity.object
    followed_uri = _object_of(inner) if inner is not None else None
    if activity.object_id:
        known = await follows.by_activity(context.db, sender.actor.id, activity.object_id)
        await tombstones.mark_undone(context.db, activity.object_id, sender.uri)
        if known is not None:
            await follows.remove(context.db, sender.actor.id, known.followed_id)
            return "Has left."
    followed = await actors.by_uri(context.db, followed_uri) if followed_uri else None
    if followed is not None and await follows.remove(context.db, sender.actor.id, followed.id):
        return "Has left."
    return "Did not follow."


async def accept(context: Context, activity: Activity, sender: Verified) -> str:
    """A group or person elsewhere lets one of ours in. Only an answer to our own Follow counts (O16)."""
    member = await _asker(context, activity, sender)
    if member is None or not await memberships.accepted_elsewhere(
        context.db, member, sender.actor, context.now
    ):
        raise Refused("This accepts something that nobody here has asked for.")
    return "One of ours was let in."


async def reject(context: Context, activity: Activity, sender: Verified) -> str:
    """A group or person elsewhere says no, or ends it. Mastodon also says so when it suspends an account."""
    member = await _asker(context, activity, sender)
    reason = activity.summary or ""
    if member is None or not await joining_elsewhere.ended(
        context.db, member, sender.actor, reason, context.now
    ):
        raise Refused("This rejects something that nobody here has asked for.")
    return "One of ours was not let in."


async def undo_accept(context: Context, inner: Activity, sender: Verified) -> str:
    """A group elsewhere takes back that it let one of ours in (Smithereen's way to remove a member)."""
    member = await _asker(context, inner, sender)
    if member is None or not await follows.remove(context.db, member.id, sender.actor.id):
        return "One of ours was not in there."
    return "One of ours is no longer in there."


async def _asker(context: Context, activity: Activity, sender: Verified) -> Actor | None:
    """The member of ours whose Follow of `sender` is answered: by its id, or by the embedded pair."""
    if activity.object_id and context.site.is_ours(activity.object_id):
        row = await follows.asked_as(context.db, activity.object_id, sender.actor.id)
        if row is not None:
            return await actors.by_id(context.db, row.follower_id)
    inner = activity.object
    if inner is None or inner.get("type") != "Follow" or _object_of(inner) != sender.uri:
        return None
    asker = inner.get("actor")
    actor = await actors.by_uri(context.db, asker) if isinstance(asker, str) else None
    return actor if actor is not None and actor.is_local else None


async def _ours(context: Context, uri: str | None) -> Actor:
    actor = await actors.by_uri(context.db, uri) if uri else None
    if actor is None or not actor.is_local or actor.state != "active" or actor.type == "Application":
        raise Refused(NOBODY_THERE)
    return actor


def _object_of(inner: object) -> str | None:
    found = inner.get("object") if hasattr(inner, "get") else None
    if isinstance(found, dict):
        found = found.get("id")
    return found if isinstance(found, str) else None

"""Join and Leave of events, as Mobilizon has them: answered by Accept or Reject of the organiser.

Where the sender may not see the event there is no answer: it is as if there were none. A TentativeAccept is
an answer to an invitation, which we never send; it is left alone.
"""

from fediverse_support.community.posts import coming_elsewhere, guests
from fediverse_support.core.errors import Conflict, Forbidden, Malformed
from fediverse_support.core.events import GuestState
from fediverse_support.core.models import Post
from fediverse_support.database import actors, posts, tombstones
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol.accessors import reference
from fediverse_support.protocol.vocabulary import Activity

_NOTHING = "Nothing to do here for this event."


async def join(context: Context, activity: Activity, sender: Verified) -> str:
    """Somebody would like to come to an event of ours."""
    post = await _event(context, activity.object_id)
    if post is None:
        return _NOTHING
    uri = activity.id or f"{sender.uri}#join"
    if await tombstones.was_undone(context.db, uri, sender.uri):
        return "Taken back before it arrived."
    must_wait = context.decision.is_quiet or context.decision.is_held
    try:
        state = await guests.ask(
            context.db, context.site, sender.actor, post.id, uri, context.now, must_wait=must_wait
        )
    except (Forbidden, Conflict) as no:
        organiser = await actors.by_id(context.db, post.author_id)
        if organiser is not None and organiser.is_local:
            await guests.answer(context.db, context.site, "Reject", post, organiser, sender.actor, uri)
        return f"Declined: {no.message}"
    return "Let in." if state == "accepted" else "Waits for the organiser."


async def leave(context: Context, activity: Activity, sender: Verified) -> str:
    """Somebody does not come after all."""
    return await _stay_away(context, activity.object_id, sender)


async def undo_join(context: Context, inner: Activity, sender: Verified) -> str:
    """The same, as an Undo."""
    if inner.id is not None:
        await tombstones.mark_undone(context.db, inner.id, sender.uri)
    return await _stay_away(context, inner.object_id, sender)


async def answered(context: Context, activity: Activity, sender: Verified, state: GuestState) -> str | None:
    """An organiser elsewhere answers the Join of one of ours; None if that is no answer to one."""
    uri = activity.object_id
    if uri is None or not context.site.is_ours(uri):
        return None
    is_answer = await coming_elsewhere.answered(context.db, sender.actor, uri, state)
    return "The organiser has answered one of ours." if is_answer else None


async def _stay_away(context: Context, uri: str | None, sender: Verified) -> str:
    post = await _event(context, uri)
    if post is not None and await guests.stay_away(context.db, sender.actor, post.id):
        return "Does not come."
    return _NOTHING


async def _event(context: Context, uri: str | None) -> Post | None:
    if reference(uri, context.site.gate) is None:
        raise Malformed("This must say to what.")
    post = await posts.by_uri(context.db, uri or "")
    return post if post is not None and post.type == "Event" and context.site.is_ours(post.uri) else None

"""A person elsewhere boosts a post: one of ours, or, if somebody here follows them, whatever is public.

Of what is not from here only the id is believed: the post is fetched from its own server and judged like any
other, so that nothing comes in by way of a boost that would not come in by itself. What is not for everybody
is not boosted, and who was blocked by the author boosts nothing of theirs: neither is told.
"""

import msgspec

from fediverse_support.community.arriving import arrivals
from fediverse_support.community.notifying import happenings
from fediverse_support.community.people.personal_audiences import PRIVATE
from fediverse_support.core.errors import Gone, Malformed, Missing, Refused
from fediverse_support.core.models import Post, Reach
from fediverse_support.database import follows, reactions
from fediverse_support.database import posts as stored
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.handlers import posts
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol import parsing
from fediverse_support.protocol.addressing import is_public, is_quiet
from fediverse_support.protocol.vocabulary import Activity

NOT_FROM_HERE = "This boosts something that is not from here, and nobody here follows who boosts it."
NOT_FOR_ALL = "Only what is for everybody is boosted, and for everybody to see."


async def boost(context: Context, activity: Activity, sender: Verified) -> str:
    """Keep a boost, with the post if that is not known yet. Safe to run twice."""
    if activity.object_id is None:
        raise Malformed("An Announce must say of what.")
    post = await stored.by_uri(context.db, activity.object_id)
    if context.site.is_ours(activity.object_id):
        if post is None or post.reach in PRIVATE:
            raise Missing("There is no such post here.")
    else:
        await _check_wanted(context, activity, sender)
        post = post or await _brought(context, activity, activity.object_id)
    if post.state == "deleted" or post.reach not in ("open", "quiet", "members"):
        raise Refused(NOT_FOR_ALL)
    if await _keep(context, activity, sender, post):
        await happenings.boosted(context.db, sender.actor.id, post, context.now)
    context.hold_back()
    return "Remembered."


async def _check_wanted(context: Context, activity: Activity, sender: Verified) -> None:
    if not await follows.has_local_followers(context.db, sender.actor.id):
        raise Refused(NOT_FROM_HERE)
    if not is_public(activity.to, activity.cc):
        raise Refused(NOT_FOR_ALL)


async def _brought(context: Context, activity: Activity, uri: str) -> Post:
    """The post at `uri`, fetched, judged and stored; announced to nobody."""
    document = parsing.post(context.document(uri), context.site.gate)
    if not is_public(document.to, document.cc):
        raise Refused(NOT_FOR_ALL)
    author = await context.actor(document.author)
    considered = await context.judge(document, msgspec.structs.replace(activity, id=document.id))
    place = await arrivals.place_of(context.db, document, author, context.now)
    place = msgspec.structs.replace(place, is_wanted=True)
    await posts.stored_or_held(context, document, author, place, considered, None)
    found = await stored.by_uri(context.db, document.id)
    if found is None:
        raise Gone("There is no post at this address.")
    return found


async def _keep(context: Context, activity: Activity, sender: Verified, post: Post) -> bool:
    uri = activity.id or f"{sender.uri}#announce"
    return await reactions.boost(
        context.db, sender.actor.id, post.uri, uri, _reach(activity), by_uri=sender.uri
    )


def _reach(activity: Activity) -> Reach:
    """How far a boost goes. One for certain people only is remembered, for its Undo, and shown to nobody."""
    if not is_public(activity.to, activity.cc):
        return "sealed"
    return "quiet" if is_quiet(activity.to, activity.cc) else "open"

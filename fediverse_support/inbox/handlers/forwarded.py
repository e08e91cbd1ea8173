"""Activities that somebody else than their actor has sent (inbox forwarding, ActivityPub 7.1.2).

With its actor's own integrity proof such an activity is handled like one that the actor sent (see
`processing.py`), and never comes here. Without, nothing of it is believed but the id of its object, which
is then read from its own server. LD signatures count for nothing (O9).
"""

from fediverse_support.community.posts import removals
from fediverse_support.core.errors import Forbidden, Gone, Malformed, Missing, Refused
from fediverse_support.database import posts as stored
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.handlers import posts
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol.vocabulary import Activity


async def forwarded(context: Context, activity: Activity, sender: Verified) -> str:
    """Take in a forwarded post or deletion as its own server has it; nothing else can be forwarded."""
    if activity.object_id is None or activity.type not in ("Create", "Update", "Delete"):
        raise Refused("This was not sent by who did it.")
    if activity.type == "Delete":
        return await _delete(context, activity)
    document = context.post
    if document is None or document.author != sender.uri:
        raise Forbidden("This was written by somebody else.")
    return await posts.receive(context, document, sender.actor, None)


async def _delete(context: Context, activity: Activity) -> str:
    post = await stored.by_uri(context.db, activity.object_id or "", for_update=True)
    if post is None:
        return "There was none."
    if context.site.is_ours(post.uri):
        raise Forbidden("This is from here.")
    try:
        context.document(post.uri)
    except (Gone, Missing):
        await removals.delete_confirmed(context.db, context.site, post, context.now)
        return "Deleted, as its own server confirms."
    raise Malformed("Its own server still has it.")

"""Flag: somebody asks our moderators to look at something."""

from fediverse_support.core.errors import Malformed
from fediverse_support.core.markup import plain_text
from fediverse_support.database import reports
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol.vocabulary import Activity

MOST_OBJECTS = 50


async def flag(context: Context, activity: Activity, sender: Verified) -> str:
    """Put a report before the moderators. Mastodon sends account and posts, Lemmy one post (7.4)."""
    named = [_id(item) for item in activity.objects[:MOST_OBJECTS]]
    ours = [uri for uri in named if uri is not None]
    if not ours:
        raise Malformed("A report must say about what.")
    reason = plain_text(activity.content or activity.summary or "")
    await reports.insert(
        context.db,
        activity_uri=activity.id,
        reporter_uri=sender.uri,
        object_uris=ours,
        reason=reason,
    )
    return "The moderators will see this report."


def _id(item: object) -> str | None:
    if isinstance(item, str):
        return item
    found = item.get("id") if hasattr(item, "get") else None
    return found if isinstance(found, str) else None

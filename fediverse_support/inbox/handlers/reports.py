"""Flag: somebody asks our moderators to look at something."""

from fediverse_support.community.notifying import happenings
from fediverse_support.core.errors import Malformed
from fediverse_support.core.markup import plain_text
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, posts
from fediverse_support.database import reports as stored
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.trust import Verified
from fediverse_support.moderation import reports
from fediverse_support.protocol.vocabulary import Activity

MOST_OBJECTS = 50


async def flag(context: Context, activity: Activity, sender: Verified) -> str:
    """Put a report before the moderators. Mastodon sends account and posts, Lemmy one post (7.4).

    One about a post in a group of ours concerns that group: its moderators on other servers get it too, as it
    came, and nobody else does.
    """
    named = names(activity)
    if not named:
        raise Malformed("A report must say about what.")
    post, group = await _concerned(context, named)
    is_new = await keep(context, activity, named, group)
    if is_new and post is not None and group is not None and post.reach != "sealed":
        await reports.relay_to_team(context.db, context.site, group, context.raw, post.uri, context.now)
    return "The moderators will see this report."


def names(activity: Activity) -> list[str]:
    """The ids of what is reported."""
    found = (_id(item) for item in activity.objects[:MOST_OBJECTS])
    return [uri for uri in found if uri is not None]


async def keep(context: Context, activity: Activity, named: list[str], group: Actor | None) -> bool:
    """Store a report and tell those who can act; False if it is stored already."""
    report_id = await stored.insert(
        context.db,
        activity_uri=activity.id,
        reporter_uri=activity.actor,
        object_uris=named,
        reason=plain_text(activity.content or activity.summary or ""),
        group_id=group.id if group else None,
    )
    reporter = await actors.by_uri(context.db, activity.actor)
    if report_id is not None and reporter is not None:
        group_id = group.id if group else None
        await happenings.reported(context.db, report_id, reporter.id, group_id, context.now)
    return report_id is not None


async def _concerned(context: Context, named: list[str]) -> tuple[Post | None, Actor | None]:
    """The first of these that is a post in a group of ours, with the group."""
    for uri in named:
        post = await posts.by_uri(context.db, uri)
        group = await actors.by_id(context.db, post.group_id) if post and post.group_id else None
        if group is not None and group.is_local:
            return post, group
    return None, None


def _id(item: object) -> str | None:
    if isinstance(item, str):
        return item
    found = item.get("id") if hasattr(item, "get") else None
    return found if isinstance(found, str) else None

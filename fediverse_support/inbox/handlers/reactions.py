"""Like, Dislike and EmojiReact, and taking them back. All of them are kept as what they are; none is counted
in public."""

from fediverse_support.community.notifying import happenings
from fediverse_support.community.posts import reactions
from fediverse_support.core.errors import Malformed
from fediverse_support.core.markup import safe_text
from fediverse_support.database import posts, tombstones
from fediverse_support.database import reactions as stored
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol import parsing
from fediverse_support.protocol.vocabulary import Activity


async def like(context: Context, activity: Activity, sender: Verified) -> str:
    """Keep a reaction; the group passes it on to servers that understand it."""
    if activity.object_id is None:
        raise Malformed("A reaction must say to what.")
    uri = activity.id or f"{sender.uri}#{activity.type}-{activity.object_id}"
    if await tombstones.was_undone(context.db, uri, sender.uri):
        return "Taken back before it arrived."
    is_new = await stored.react(context.db, sender.actor.id, activity.object_id, kind_of(activity), uri)
    if is_new:
        post = await posts.by_uri(context.db, activity.object_id)
        if post is not None and kind_of(activity) != "dislike":
            await happenings.favourited(context.db, sender.actor.id, post, context.now)
        await reactions.pass_on(context.db, context.site, activity.object_id, context.raw, context.now)
        context.hold_back()
    return "Kept." if is_new else "Known."


async def undo(context: Context, activity: Activity, sender: Verified) -> str:
    """Take a reaction back: by its id, or by what it was to."""
    inner = parsing.activity(activity.object, context.site.gate) if activity.object is not None else None
    uri = activity.object_id or f"{sender.uri}#none"
    await tombstones.mark_undone(context.db, uri, sender.uri)
    object_uri = inner.object_id if inner is not None else None
    kind = kind_of(inner) if inner is not None else "like"
    was_to = await stored.unreact(context.db, sender.actor.id, uri, object_uri, kind)
    if was_to is None:
        return "There was none."
    post = await posts.by_uri(context.db, was_to)
    if post is not None:
        await happenings.unfavourited(context.db, sender.actor.id, post.id)
    await reactions.pass_on(context.db, context.site, was_to, context.raw, context.now)
    return "Taken back."


def kind_of(activity: Activity) -> str:
    """`like`, `dislike`, or the emoji (Misskey sends it as `content` of a Like)."""
    if activity.type == "Dislike":
        return "dislike"
    return safe_text(activity.content or "", 64) or "like"

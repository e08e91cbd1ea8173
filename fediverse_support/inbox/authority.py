"""Who may moderate what, as far as an arrival is concerned.

In our groups their moderators do, wherever they live. Of a group elsewhere we believe what the group itself
announces; what one of its moderators sends us directly we believe where that person is on the group's own
server, which could say anything in the group's name anyway, or where the group lists them.
"""

from fediverse_support.core.errors import Forbidden, Malformed, Missing
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, groups, posts
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol import parsing


async def require_moderator(context: Context, group: Actor, sender: Verified) -> None:
    """Raise `Forbidden` unless `sender` looks after this group of ours."""
    if not await groups.is_moderator(context.db, group.id, sender.actor.id):
        raise Forbidden("Only the moderators of the group may do this.")


async def post_in_our_group(context: Context, uri: str | None) -> tuple[Post, Actor]:
    """A post by its id, held until the transaction ends, with its group. Raises `Missing`, `Malformed`.

    A post of a group elsewhere counts as missing: what its moderators do comes announced by that group.
    """
    if uri is None:
        raise Malformed("This must say of what.")
    post = await posts.by_uri(context.db, uri, for_update=True)
    group = await actors.by_id(context.db, post.group_id) if post and post.group_id else None
    if post is None or group is None or not group.is_local:
        raise Missing("There is no such post in a group here.")
    return post, group


async def our_group(context: Context, uri: str | None) -> Actor | None:
    """Our group with this id."""
    if uri is None or not context.site.is_ours(uri):
        return None
    group = await actors.by_uri(context.db, uri)
    return group if group is not None and group.is_group and group.state == "active" else None


async def speaks_for(context: Context, group: Actor, sender: Verified) -> bool:
    """Whether `sender` may tell us what a group elsewhere has decided."""
    if sender.uri == group.uri or context.site.gate.same_origin(sender.uri, group.uri):
        return True
    if group.moderators_url is None:
        return False
    listed = parsing.collection(context.document(group.moderators_url), context.site.gate)
    return sender.uri in listed.items

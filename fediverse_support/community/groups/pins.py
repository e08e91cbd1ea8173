"""What a group keeps at the top.

Servers that know groups are told by an Add, which the group passes on; microblogs look at what a group
features when they hear that the group has changed.
"""

from fediverse_support.community.groups import group_documents
from fediverse_support.core.errors import Conflict
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import groups
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

MOST = 20


async def pin(db: Connection, site: Site, group: Actor, post: Post) -> None:
    """Keep a post at the top of its group. Safe to run twice.

    Raises `Conflict` for a post of another group, one that is out of view, or one too many.
    """
    if post.group_id != group.id or post.state != "live":
        raise Conflict("This post is not in the group.")
    pinned = await groups.pinned_uris(db, group.id)
    if post.uri in pinned:
        return
    if len(pinned) >= MOST:
        raise Conflict("A group keeps at most 20 posts at the top. Let one sink first.")
    await groups.pin(db, group.id, post.uri)
    await _renew(db, site, group)


async def unpin(db: Connection, site: Site, group: Actor, object_uri: str) -> None:
    """Let a post sink again. Safe to run twice."""
    if object_uri in await groups.pinned_uris(db, group.id):
        await groups.unpin(db, group.id, object_uri)
        await _renew(db, site, group)


async def _renew(db: Connection, site: Site, group: Actor) -> None:
    ours = await groups.by_actor(db, group.id) if group.is_local else None
    if ours is not None:
        await group_documents.tell_microblogs(db, site, ours)

"""Reactions to posts in our groups are passed on to the servers that understand them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fediverse_support.community import visibility
from fediverse_support.community.posts import announcing
from fediverse_support.database import actors, posts
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site


async def pass_on(
    db: Connection, site: Site, object_uri: str, activity: Mapping[str, Any], now: datetime
) -> None:
    """Announce a reaction, or its Undo, if it is to a live post in one of our groups: as far as that goes."""
    post = await posts.by_uri(db, object_uri)
    if post is None or post.group_id is None or not visibility.leaves(post):
        return
    group = await actors.by_id(db, post.group_id)
    if group is not None and group.is_local:
        await announcing.pass_on(db, site, group, activity, object_uri, now, reach=post.reach)

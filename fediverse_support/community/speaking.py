"""Who may speak in a group of ours."""

from datetime import datetime

from fediverse_support.community import visibility
from fediverse_support.core.errors import Forbidden
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import blocks, follows, groups
from fediverse_support.database.pool import Connection


async def check(db: Connection, group: Group, author: Actor, now: datetime) -> None:
    """Raise `Forbidden` unless `author` may post and answer in `group`."""
    if group.actor.state != "active":
        raise Forbidden("This group is closed.")
    if not author.is_local and not visibility.federates(group):
        raise Forbidden("This group is for members of its own community.")
    if await blocks.is_blocked(db, author.uri, group.actor.uri, now):
        raise Forbidden("The moderators of this group have asked this account not to post in it.")
    needs_membership = group.speaking == "members" or group.seeing == "members"
    if group.speaking == "everyone" and not needs_membership:
        return
    if await groups.is_moderator(db, group.actor.id, author.id):
        return
    if group.speaking == "moderators":
        raise Forbidden("Only the moderators of this group post in it.")
    follow = await follows.between(db, author.id, group.actor.id)
    if follow is None or follow.state != "accepted":
        raise Forbidden("Only members of this group post in it. Join it first.")

"""Who may do what a moderator does, and in whose name it goes out.

The moderators of a group look after that group and no other, wherever it lives; the staff of this community
after all of its groups. In a group elsewhere staff who do not look after it can only take a post out of view
here.
"""

from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Account, Actor, Viewer
from fediverse_support.database import actors, groups
from fediverse_support.database.pool import Connection


def looks_after(viewer: Viewer, group: Actor | None) -> bool:
    """Whether `viewer` may moderate in this group, here or elsewhere."""
    if group is None or viewer.is_guest:
        return False
    return group.id in viewer.moderates or (group.is_local and viewer.is_staff)


async def speaks_there(db: Connection, group: Actor, moderator: Actor) -> bool:
    """Whether what `moderator`, who is from here, does in `group` is sent to other servers."""
    return group.is_local or await groups.is_moderator(db, group.id, moderator.id)


async def acting(db: Connection, by: Account) -> Actor:
    """The actor in whose name a moderator acts. Raises `Missing` if there is none."""
    actor = await actors.by_id(db, by.actor_id)
    if actor is None:
        raise Missing
    return actor

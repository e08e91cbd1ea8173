"""Who looks after a group of ours: people here or on other servers.

The owner is one of them, decides about the group's life, and can only be replaced by handing over.
"""

from datetime import datetime

from fediverse_support.core.errors import Conflict, Forbidden, Malformed
from fediverse_support.core.models import Actor
from fediverse_support.database import blocks, groups
from fediverse_support.database.pool import Connection


async def name(db: Connection, group: Actor, person: Actor, now: datetime) -> bool:
    """Let somebody look after a group; False when they did. Safe to run twice.

    Raises `Malformed` for what is no person, `Conflict` for who has been asked to stay away.
    """
    if person.type not in ("Person", "Service") or person.state != "active":
        raise Malformed("Only people look after a group.")
    if await groups.is_moderator(db, group.id, person.id):
        return False
    if await blocks.is_blocked(db, person.uri, group.uri, now):
        raise Conflict("This person has been asked to stay away. Lift that first.")
    await groups.add_moderator(db, group.id, person.id)
    return True


async def dismiss(db: Connection, group: Actor, person: Actor) -> bool:
    """Let somebody look after a group no longer; False when they did not. Safe to run twice.

    Raises `Forbidden` for the owner.
    """
    if await groups.owner(db, group.id) == person.id:
        raise Forbidden("The owner of a group stays until the group is handed over.")
    if not await groups.is_moderator(db, group.id, person.id):
        return False
    await groups.remove_moderator(db, group.id, person.id)
    return True

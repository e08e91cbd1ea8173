"""Groups next door: which other groups, here or elsewhere, a group points to. One way, unasked.

Only what is open in them is ever shown there.
"""

from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import surroundings
from fediverse_support.database.pool import Connection

MOST_SISTERS = 12


async def add(db: Connection, group: Group, sister: Actor) -> None:
    """Let `sister` stand next door to `group`. Safe to run twice.

    Raises `Malformed` for what is no other group, `Conflict` for too many.
    """
    if not sister.is_group or sister.id == group.actor.id or sister.state != "active":
        raise Malformed("Only another group can stand next door.")
    if await surroundings.count_sisters(db, group.actor.id) >= MOST_SISTERS:
        raise Conflict(f"There can be {MOST_SISTERS} groups next door at most.")
    await surroundings.add_sister(db, group.actor.id, sister.id)


async def remove(db: Connection, group: Group, sister_id: int) -> None:
    """Let a group stand next door no longer. Safe to run twice."""
    await surroundings.remove_sister(db, group.actor.id, sister_id)

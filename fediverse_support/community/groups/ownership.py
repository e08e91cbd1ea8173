"""Who decides about a group: its owner, one of those who look after it and has an account here.

The owner hands a group over by offering it; until the other moderator has accepted, the owner stays. A group
without an owner is decided about by the admins, who can also name one at any time.
"""

from datetime import datetime

from fediverse_support.community.groups import group_documents
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import groups, lives
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site


async def offer(db: Connection, group: Group, owner_id: int, person: Actor, now: datetime) -> None:
    """Offer a group to another of its moderators; an earlier offer ends.

    Raises `Malformed` unless they look after it and have an account here, `Conflict` if `owner_id` is not the
    owner (any more).
    """
    await _check_local_moderator(db, group, person)
    if await groups.owner(db, group.actor.id) != owner_id:
        raise Conflict("Only the owner can offer this group.")
    if person.id == owner_id:
        raise Malformed("They own this group already.")
    await lives.offer(db, group.actor.id, owner_id, person.id, now)


async def take_back(db: Connection, group: Group) -> None:
    """The owner keeps the group after all. Safe to run twice."""
    await lives.end_offer(db, group.actor.id)


async def answer(db: Connection, group: Group, person: Actor, *, accepts: bool) -> None:
    """Who was offered a group accepts or declines it. Raises `Missing` if no offer stands any more."""
    found = await lives.handover(db, group.actor.id)
    if found is None or found.to_id != person.id:
        raise Missing
    await lives.end_offer(db, group.actor.id)
    if not accepts:
        return
    await _check_local_moderator(db, group, person)
    if await groups.owner(db, group.actor.id) != found.from_id:
        raise Conflict("Who offered you this group does not own it any more.")
    await lives.set_owner(db, group.actor.id, person.id)


async def assign(db: Connection, site: Site, group: Group, person: Actor) -> None:
    """An admin names the owner, who looks after the group from then on if they did not. Safe to run twice.

    Raises `Malformed` for somebody without an account here.
    """
    if not person.is_local or person.type != "Person" or person.state != "active":
        raise Malformed("An owner has an account in this community.")
    looked_after = await groups.is_moderator(db, group.actor.id, person.id)
    await lives.end_offer(db, group.actor.id)
    await lives.set_owner(db, group.actor.id, person.id)
    if not looked_after:
        await group_documents.tell_followers(db, site, group)


async def _check_local_moderator(db: Connection, group: Group, person: Actor) -> None:
    if not person.is_local or not await groups.is_moderator(db, group.actor.id, person.id):
        raise Malformed("A group is handed to somebody who looks after it and has an account here.")

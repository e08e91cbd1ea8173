"""Groups that may be for somebody: never people, and never by what anybody reads.

What counts is what they came for: groups under the topics of those that they are in stand first, then the
others in the community's own order. Who may not know of a group is not pointed to it, nor to one that one
enters by invitation only.
"""

from datetime import UTC, datetime
from typing import Literal

from fediverse_support.community.house import directories
from fediverse_support.core.models import Group, Viewer
from fediverse_support.database import directory, suggestions
from fediverse_support.database.pool import Connection

Order = Literal["active", "new"]


async def for_viewer(db: Connection, viewer: Viewer, domain: str, now: datetime) -> list[Group]:
    """Groups that this viewer is not in and could enter, those of their own topics first."""
    if viewer.actor_id is None:
        return []
    known = await suggestions.left_out(db, viewer.actor_id) | set(viewer.moderates) | {viewer.actor_id}
    found = [
        group
        for group in await directories.listed(db, viewer, domain, now)
        if group.actor.id not in known and group.life == "running" and group.joining != "invite"
    ]
    needs = await suggestions.needs_of(db, viewer.actor_id)
    places = await directory.places(db, [group.actor.id for group in found])
    return sorted(found, key=lambda group: -len(needs.intersection(places.get(group.actor.id, ()))))


async def dismiss(db: Connection, viewer: Viewer, suggested_id: int) -> None:
    """Do not point this viewer there again. Safe to run twice."""
    if viewer.actor_id is not None:
        await suggestions.dismiss(db, viewer.actor_id, suggested_id)


async def in_order(db: Connection, viewer: Viewer, domain: str, now: datetime, order: Order) -> list[Group]:
    """The directory as one list: the groups in which somebody wrote last come first, or the newest."""
    found = [group for group in await directories.listed(db, viewer, domain, now) if group.life == "running"]
    if order == "new":
        return sorted(found, key=lambda group: group.actor.created_at, reverse=True)
    active = await suggestions.last_active(db, [group.actor.id for group in found])
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda group: active.get(group.actor.id, never), reverse=True)

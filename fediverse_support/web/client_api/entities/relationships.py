"""Relationship, field by field (mastodon-api.md §4.11)."""

from collections.abc import Sequence
from typing import Any

from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Viewer
from fediverse_support.database import relationships
from fediverse_support.database.pool import Connection
from fediverse_support.database.relationships import RelationshipRow
from fediverse_support.web.client_api.entities.moments import maybe_moment


async def shown(db: Connection, viewer: Viewer, actor_ids: Sequence[int]) -> list[dict[str, Any]]:
    """How the viewer stands to each of these, in this order; whom there is not is left out. One statement."""
    if viewer.actor_id is None or not actor_ids:
        return []
    rows = await relationships.of_viewer(db, viewer, actor_ids, clock.now())
    found = {row.id: row for row in rows}
    return [relationship(found[number]) for number in dict.fromkeys(actor_ids) if number in found]


async def one(db: Connection, viewer: Viewer, actor_id: int) -> dict[str, Any]:
    """How the viewer stands to one other. Raises `Missing`."""
    found = await shown(db, viewer, [actor_id])
    if not found:
        raise Missing
    return found[0]


def relationship(row: RelationshipRow) -> dict[str, Any]:
    """One row as a Relationship. Nobody learns here by whom they were blocked."""
    return {
        "id": str(row.id),
        "following": row.following,
        "showing_reblogs": row.showing_boosts,
        "notifying": row.notifying,
        "languages": list(row.languages) or None,
        "followed_by": row.followed_by,
        "blocking": row.blocking,
        "blocked_by": False,
        "muting": row.muting,
        "muting_notifications": row.muting_notifications,
        "muting_expires_at": maybe_moment(row.muting_ends_at),
        "requested": row.requested,
        "requested_by": row.requested_by,
        "domain_blocking": row.domain_blocking,
        "endorsed": row.endorsed,
        "note": row.note,
    }

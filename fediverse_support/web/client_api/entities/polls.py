"""Poll, field by field (mastodon-api.md §4.8)."""

from datetime import datetime
from typing import Any

from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Viewer
from fediverse_support.database import client_statuses
from fediverse_support.database.client_statuses import PollRow, StatusRow
from fediverse_support.database.pool import Connection
from fediverse_support.web.client_api.entities.moments import maybe_moment


async def one(db: Connection, viewer: Viewer, post_id: int) -> dict[str, Any]:
    """The poll of a post that `viewer` may see; polls have the numbers of their posts. Raises `Missing`."""
    page = await client_statuses.by_ids(db, viewer, [post_id])
    for status in page.statuses:
        if status.poll is not None and status.id == post_id:
            return poll(status, status.poll, viewer, clock.now())
    raise Missing


def poll(status: StatusRow, row: PollRow, viewer: Viewer, now: datetime) -> dict[str, Any]:
    """The poll of `status`. What was chosen is hidden until the end where its author wants that."""
    is_over = row.is_over(now)
    tells = is_over or not row.hides_totals
    entity: dict[str, Any] = {
        "id": str(status.id),
        "expires_at": maybe_moment(row.ends_at or row.closed_at),
        "expired": is_over,
        "multiple": row.is_multiple,
        "votes_count": sum(row.votes) if tells else row.voters,
        "voters_count": row.voters,
        "options": [
            {"title": name, "votes_count": votes if tells else None}
            for name, votes in zip(row.names, row.votes, strict=True)
        ],
        "emojis": [],
    }
    if viewer.actor_id is not None:
        entity["voted"] = bool(row.own) or status.author_id == viewer.actor_id
        entity["own_votes"] = list(row.own)
    return entity

"""What is written now and sent later (ScheduledStatus, mastodon-api.md §4.12)."""

from typing import Any

import msgspec
from starlette.routing import Route

from fediverse_support.community.people import scheduling
from fediverse_support.community.people.posting_by_mention import Wish
from fediverse_support.community.pictures import media as pictures
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.database import media as stored_media
from fediverse_support.database import scheduled_posts
from fediverse_support.database.pool import Connection
from fediverse_support.database.scheduled_posts import Scheduled
from fediverse_support.web.client_api.calls import Call, call
from fediverse_support.web.client_api.entities import media
from fediverse_support.web.client_api.entities.moments import maybe_moment
from fediverse_support.web.client_api.paging import linked, window
from fediverse_support.web.client_api.wishes import moment_in


@call("read:statuses")
async def every(one: Call) -> Any:
    """What is scheduled, the newest first."""
    part = window(one)
    found = await scheduled_posts.page(
        one.db, one.me, below=part.max_id, above=part.after, is_upward=part.is_upward, limit=part.limit
    )
    items = [await _shown(one, one.db, each) for each in found]
    return linked(one, items, [each.id for each in found], part, always_next=False)


@call("read:statuses")
async def show(one: Call) -> Any:
    """One of them."""
    return await one_of(one, one.db, one.path_id())


@call("write:statuses")
async def put_off(one: Call) -> Any:
    """Send it at another time."""
    at = moment_in(one.params, "scheduled_at")
    if at is None:
        raise Malformed("Validation failed: Scheduled at can't be blank")
    async with one.db.transaction():
        found = await scheduling.put_off(one.db, one.me, one.path_id(), at, one.now)
    if found is None:
        raise Missing
    return await _shown(one, one.db, found)


@call("write:statuses")
async def cancel(one: Call) -> Any:
    """Do not send it."""
    if not await scheduled_posts.remove(one.db, one.me, one.path_id()):
        raise Missing
    return {}


async def one_of(one: Call, db: Connection, number: int) -> Any:
    """One of one's own. Raises `Missing`."""
    found = await scheduled_posts.by_id(db, one.me, number)
    if found is None:
        raise Missing
    return await _shown(one, db, found)


async def _shown(one: Call, db: Connection, scheduled: Scheduled) -> dict[str, Any]:
    wish = msgspec.convert(scheduled.wish, Wish)
    found = [await stored_media.own(db, one.me, number) for number in wish.media_ids]
    attachments = [pictures.attachment_of(one.site, each) for each in found if each is not None]
    return {
        "id": str(scheduled.id),
        "scheduled_at": maybe_moment(scheduled.scheduled_at),
        "params": {
            "text": wish.source,
            "visibility": wish.visibility or "unlisted",
            "spoiler_text": wish.content_warning,
            "sensitive": wish.sensitive,
            "language": wish.language,
            "in_reply_to_id": str(wish.in_reply_to) if wish.in_reply_to is not None else None,
            "media_ids": [str(number) for number in wish.media_ids] or None,
            "poll": _poll(wish),
            "application_id": wish.application_id,
            "allowed_mentions": None,
            "scheduled_at": None,
            "idempotency": None,
            "with_rate_limit": False,
        },
        "media_attachments": [media.of(one.services, each) for each in attachments],
    }


def _poll(wish: Wish) -> dict[str, Any] | None:
    if wish.poll is None:
        return None
    return {
        "options": list(wish.poll.answers),
        "expires_in": int(wish.poll.ends_after.total_seconds()),
        "multiple": wish.poll.is_multiple,
        "hide_totals": wish.poll.hides_totals,
    }


ROUTES = [
    Route("/api/v1/scheduled_statuses", every),
    Route("/api/v1/scheduled_statuses/{id}", show),
    Route("/api/v1/scheduled_statuses/{id}", put_off, methods=["PUT"]),
    Route("/api/v1/scheduled_statuses/{id}", cancel, methods=["DELETE"]),
]

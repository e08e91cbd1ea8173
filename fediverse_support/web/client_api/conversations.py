"""Conversations: what was said directly, and only to those whom it names."""

from typing import Any

from starlette.routing import Route

from fediverse_support.core.errors import Missing
from fediverse_support.database import conversations as stored
from fediverse_support.web.client_api.calls import Call, call
from fediverse_support.web.client_api.entities import conversations as entities
from fediverse_support.web.client_api.paging import linked, window


@call("read:statuses")
async def index(one: Call) -> Any:
    """A page of conversations; the cursors are the numbers of what was said last."""
    part = window(one)
    found, page = await stored.page(
        one.db,
        one.viewer,
        max_id=part.max_id,
        after=part.after,
        limit=part.limit,
        is_upward=part.is_upward,
    )
    made = await entities.rendered(one.services, one.db, one.viewer, found, page)
    return linked(one, made, [each.last_id for each in found], part, always_next=False)


@call("write:conversations")
async def read(one: Call) -> Any:
    """Mark one as read."""
    return await _marked(one, is_read=True)


@call("write:conversations")
async def unread(one: Call) -> Any:
    """Mark one as not read."""
    return await _marked(one, is_read=False)


@call("write:conversations")
async def put_away(one: Call) -> Any:
    """Take one out of the list until more is said in it. Nothing is deleted."""
    found, _ = await stored.one(one.db, one.viewer, one.path_id())
    if found is None:
        raise Missing
    await stored.put_away(one.db, one.me, found.id, found.last_id)
    return {}


async def _marked(one: Call, *, is_read: bool) -> Any:
    found, _ = await stored.one(one.db, one.viewer, one.path_id())
    if found is None:
        raise Missing
    await stored.mark_read(one.db, one.me, found.id, found.last_id if is_read else found.last_id - 1)
    again, page = await stored.one(one.db, one.viewer, found.id)
    made = await entities.rendered(one.services, one.db, one.viewer, [again] if again else [], page)
    if not made:
        raise Missing
    return made[0]


ROUTES = [
    Route("/api/v1/conversations", index),
    Route("/api/v1/conversations/{id}", put_away, methods=["DELETE"]),
    Route("/api/v1/conversations/{id}/read", read, methods=["POST"]),
    Route("/api/v1/conversations/{id}/unread", unread, methods=["POST"]),
]

"""Announcements: what the community tells all members."""

from typing import Any

from starlette.routing import Route

from fediverse_support.community.house import announcements
from fediverse_support.web.client_api.calls import Call, call
from fediverse_support.web.client_api.entities import house


@call("read")
async def current(one: Call) -> Any:
    """What is said at present; what one has put away only with `with_dismissed`."""
    everything = one.params.flag("with_dismissed", False)
    find = announcements.current if everything else announcements.unread
    return [house.announcement(shown) for shown in await find(one.db, one.me, one.now)]


@call("write:accounts")
async def dismiss(one: Call) -> Any:
    """Put one away."""
    await announcements.put_away(one.db, one.path_id(), one.me, one.now)
    return {}


@call("write:favourites")
async def react(one: Call) -> Any:
    """Put an emoji under one."""
    async with one.db.transaction():
        await announcements.react(one.db, one.path_id(), one.me, one.path_text("name"), one.now)
    return {}


@call("write:favourites")
async def take_back(one: Call) -> Any:
    """Take an emoji away again."""
    await announcements.take_back(one.db, one.path_id(), one.me, one.path_text("name"))
    return {}


ROUTES = [
    Route("/api/v1/announcements", current),
    Route("/api/v1/announcements/{id}/dismiss", dismiss, methods=["POST"]),
    Route("/api/v1/announcements/{id}/reactions/{name}", react, methods=["PUT"]),
    Route("/api/v1/announcements/{id}/reactions/{name}", take_back, methods=["DELETE"]),
]

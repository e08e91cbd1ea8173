"""Tags: following them, and showing them on a profile (mastodon-api.md §2.2, §4.12)."""

from typing import Any

from starlette.routing import Route

from fediverse_support.community.people import tags_kept as keeping
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.database import tags as stored
from fediverse_support.web.client_api.calls import NOT_FOUND, Call, Who, call
from fediverse_support.web.client_api.entities import accounts
from fediverse_support.web.client_api.entities import tags as entities
from fediverse_support.web.client_api.paging import linked, window

SUGGESTED = 10


@call("read:follows")
async def followed(call: Call) -> Any:
    """The tags that one follows."""
    asked = window(call, 100, 200)
    found = await stored.followed(
        call.db, call.me, asked.max_id, asked.after, asked.limit, is_upward=asked.is_upward
    )
    mine = await stored.of_mine(call.db, call.me, [one.tag for one in found])
    shown = [entities.of_mine(call.site, one.tag, mine) for one in found]
    return linked(call, shown, [one.id for one in found], asked, prev="since_id", always_next=False)


@call(who=Who.ANYONE)
async def show(call: Call) -> Any:
    """One tag. That it is used by nobody is no reason not to show it: apps ask before one follows it."""
    return await _shown(call, _named(call))


@call("write:follows")
async def follow(call: Call) -> Any:
    """Follow a tag."""
    name = _named(call)
    async with call.db.transaction():
        await keeping.follow(call.db, call.me, name, call.now)
    return await _shown(call, name)


@call("write:follows")
async def unfollow(call: Call) -> Any:
    """Follow it no longer."""
    name = _named(call)
    await stored.unfollow(call.db, call.me, name)
    return await _shown(call, name)


@call("write:accounts")
async def feature(call: Call) -> Any:
    """Show a tag on one's profile, by its address."""
    name = _named(call)
    async with call.db.transaction():
        await keeping.feature(call.db, call.me, name, call.now)
    return await _shown(call, name)


@call("write:accounts")
async def unfeature(call: Call) -> Any:
    """Show it no longer."""
    name = _named(call)
    await stored.unfeature_by_name(call.db, call.me, name)
    return await _shown(call, name)


@call("read:accounts")
async def featured(call: Call) -> Any:
    """The tags on one's own profile."""
    found = await stored.featured(call.db, call.viewer, call.me)
    return [entities.featured(call.site, one) for one in found]


@call("read:accounts", who=Who.ANYONE)
async def featured_by(call: Call) -> Any:
    """The tags on somebody's profile."""
    number = call.path_id()
    await accounts.one(call.services, call.db, call.viewer, number)
    found = await stored.featured(call.db, call.viewer, number)
    return [entities.featured(call.site, one) for one in found]


@call("write:accounts")
async def add_featured(call: Call) -> Any:
    """Show a tag on one's profile."""
    name = keeping.named(call.params.text("name"))
    async with call.db.transaction():
        await keeping.feature(call.db, call.me, name, call.now)
    found = await stored.featured(call.db, call.viewer, call.me)
    return entities.featured(call.site, keeping.one_of(found, name))


@call("write:accounts")
async def remove_featured(call: Call) -> Any:
    """Show it no longer."""
    if not await stored.unfeature(call.db, call.me, call.path_id()):
        raise Missing(NOT_FOUND)
    return {}


@call("read:accounts")
async def suggested(call: Call) -> Any:
    """Tags that one has used most, and does not show yet."""
    names = await stored.used_by(call.db, call.me, SUGGESTED)
    mine = await stored.of_mine(call.db, call.me, names)
    return [entities.of_mine(call.site, name, mine) for name in names]


def _named(call: Call) -> str:
    try:
        return keeping.named(call.path_text("name"))
    except Malformed:
        raise Missing(NOT_FOUND) from None


async def _shown(call: Call, name: str) -> dict[str, Any]:
    return entities.of_mine(call.site, name, await stored.of_mine(call.db, call.viewer.actor_id, [name]))


def _post(path: str, handler: Any) -> Route:
    return Route(path, handler, methods=["POST"])


ROUTES: list[Route] = [
    Route("/api/v1/followed_tags", followed),
    Route("/api/v1/tags/{name}", show),
    _post("/api/v1/tags/{name}/follow", follow),
    _post("/api/v1/tags/{name}/unfollow", unfollow),
    _post("/api/v1/tags/{name}/feature", feature),
    _post("/api/v1/tags/{name}/unfeature", unfeature),
    Route("/api/v1/featured_tags", featured),
    _post("/api/v1/featured_tags", add_featured),
    Route("/api/v1/featured_tags/{id}", remove_featured, methods=["DELETE"]),
    Route("/api/v1/featured_tags/suggestions", suggested),
    Route("/api/v1/accounts/{id}/featured_tags", featured_by),
]

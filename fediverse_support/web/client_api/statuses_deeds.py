"""What people do with posts: like, boost, keep, pin, silence; and the lists of what they like and keep."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.routing import Route

from fediverse_support.community.posts import reacting
from fediverse_support.core.models import Reach
from fediverse_support.database import bookmarks
from fediverse_support.database.bookmarks import Kept
from fediverse_support.web.client_api.calls import Call, call
from fediverse_support.web.client_api.entities import statuses
from fediverse_support.web.client_api.paging import Window, linked, window
from fediverse_support.web.client_api.wishes import myself, visibility_in


@call("write:favourites", limit="300 per 10 minutes")
async def favourite(one: Call) -> Any:
    """Like a post."""
    async with one.db.transaction():
        me = await myself(one, one.db)
        post = await reacting.favourite(one.db, one.site, me, one.viewer, one.path_id(), one.now)
    return await _shown(one, post.id)


@call("write:favourites", limit="300 per 10 minutes")
async def unfavourite(one: Call) -> Any:
    """Take that back."""
    async with one.db.transaction():
        me = await myself(one, one.db)
        post = await reacting.unfavourite(one.db, one.site, me, one.viewer, one.path_id(), one.now)
    return await _shown(one, post.id)


@call("write:statuses", limit="100 per 10 minutes")
async def boost(one: Call) -> Any:
    """Show a post to one's followers: answered with the boost, which has the post in it."""
    asked: Reach = "open" if visibility_in(one.params) in (None, "public") else "quiet"
    async with one.db.transaction():
        me = await myself(one, one.db)
        number = await reacting.boost(one.db, one.site, me, one.viewer, one.path_id(), one.now, asked=asked)
    return await _shown(one, number)


@call("write:statuses", limit="100 per 10 minutes")
async def unboost(one: Call) -> Any:
    """Take that back: answered with the post."""
    async with one.db.transaction():
        me = await myself(one, one.db)
        post = await reacting.unboost(one.db, one.site, me, one.viewer, one.path_id(), one.now)
    return await _shown(one, post.id)


@call("write:bookmarks")
async def bookmark(one: Call) -> Any:
    """Keep a post for oneself."""
    me = await myself(one, one.db)
    return await _shown(one, (await reacting.bookmark(one.db, me, one.viewer, one.path_id(), one.now)).id)


@call("write:bookmarks")
async def unbookmark(one: Call) -> Any:
    """Keep it no longer."""
    me = await myself(one, one.db)
    return await _shown(one, (await reacting.unbookmark(one.db, me, one.viewer, one.path_id())).id)


@call("write:accounts", limit="30 per 10 minutes")
async def pin(one: Call) -> Any:
    """Keep a post at the top of one's profile, or of the group as which one acts."""
    async with one.db.transaction():
        me = await myself(one, one.db)
        post = await reacting.pin(one.db, one.site, me, one.viewer, one.path_id(), one.now)
    return await _shown(one, post.id)


@call("write:accounts", limit="30 per 10 minutes")
async def unpin(one: Call) -> Any:
    """Let it sink again."""
    async with one.db.transaction():
        me = await myself(one, one.db)
        post = await reacting.unpin(one.db, one.site, me, one.viewer, one.path_id())
    return await _shown(one, post.id)


@call("write:mutes")
async def mute(one: Call) -> Any:
    """Hear nothing more of a thread."""
    post = await reacting.post_for(one.db, one.viewer, one.path_id())
    await bookmarks.mute_thread(one.db, one.me, post.root_id, one.now)
    return await _shown(one, post.id)


@call("write:mutes")
async def unmute(one: Call) -> Any:
    """Hear of it again."""
    post = await reacting.post_for(one.db, one.viewer, one.path_id())
    await bookmarks.unmute_thread(one.db, one.me, post.root_id)
    return await _shown(one, post.id)


@call("read:bookmarks")
async def bookmarked(one: Call) -> Any:
    """What one keeps, by when it was kept."""
    return await _listed(one, bookmarks.page)


@call("read:favourites")
async def favourited(one: Call) -> Any:
    """What one likes, by when one did."""
    return await _listed(one, bookmarks.likes)


async def _listed(one: Call, page: Callable[..., Awaitable[list[Kept]]]) -> Any:
    part: Window = window(one)
    found = await page(
        one.db, one.me, below=part.max_id, above=part.after, is_from_below=part.is_upward, limit=part.limit
    )
    items = await statuses.shown(one.services, one.db, one.viewer, [each.post_id for each in found])
    return linked(one, items, [each.id for each in found], part, always_next=False)


async def _shown(one: Call, number: int) -> Any:
    return await statuses.one(one.services, one.db, one.viewer, number)


_DEEDS = {
    "favourite": favourite,
    "unfavourite": unfavourite,
    "reblog": boost,
    "unreblog": unboost,
    "bookmark": bookmark,
    "unbookmark": unbookmark,
    "pin": pin,
    "unpin": unpin,
    "mute": mute,
    "unmute": unmute,
}

ROUTES = [
    *(Route(f"/api/v1/statuses/{{id}}/{name}", deed, methods=["POST"]) for name, deed in _DEEDS.items()),
    Route("/api/v1/bookmarks", bookmarked),
    Route("/api/v1/favourites", favourited),
]

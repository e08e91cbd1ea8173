"""Following people and joining groups, and letting oneself be followed (mastodon-api.md §2.1, §9.3).

A follow that exists is only changed: apps use the same call for what they want to see of somebody. Requests
to join a group are the follow requests of the group, for a member who acts as it.
"""

from starlette.routing import Route

from fediverse_support.community.people import following
from fediverse_support.community.people.following import Wishes
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, client_accounts, personal
from fediverse_support.web.client_api.calls import Answer, Call, call
from fediverse_support.web.client_api.entities import accounts, relationships
from fediverse_support.web.client_api.entities.accounts import Json
from fediverse_support.web.client_api.paging import linked, window

FOLLOWS = "400 per day"


@call("write:follows", limit=FOLLOWS)
async def follow(one: Call) -> Json:
    """Follow somebody, ask to, or change what is wished of them."""
    target, params = await target_of(one), one.params
    languages = [tag[:35] for tag in params.texts("languages") if tag] if params.has("languages") else None
    wishes = Wishes(shows_boosts=params.flag("reblogs"), notifies=params.flag("notify"), languages=languages)
    async with one.db.transaction():
        await following.follow(one.db, one.site, one.viewer, target, wishes, one.now)
    return await relationships.one(one.db, one.viewer, target.id)


@call("write:follows")
async def unfollow(one: Call) -> Json:
    """Follow no longer, leave a group, or take a request back."""
    target = await target_of(one)
    async with one.db.transaction():
        await following.unfollow(one.db, one.site, one.viewer, target, one.now)
    return await relationships.one(one.db, one.viewer, target.id)


@call("write:follows")
async def remove_from_followers(one: Call) -> Json:
    """Let somebody follow no longer."""
    target = await target_of(one)
    async with one.db.transaction():
        await following.end_follower(one.db, one.site, one.viewer, target, one.now)
    return await relationships.one(one.db, one.viewer, target.id)


@call("read:follows")
async def requests(one: Call) -> Answer:
    """Who asks to follow, or to join the group."""
    asked = window(one, 40, 80)
    rows = await personal.asking(one.db, one.me, asked.after, asked.max_id, asked.limit)
    shown = await accounts.shown(one.services, one.db, one.viewer, [row.actor_id for row in rows])
    return linked(one, shown, [row.id for row in rows], asked, prev="since_id", always_next=False)


@call("write:follows")
async def authorize(one: Call) -> Json:
    """Let somebody in who asks."""
    asker = await target_of(one)
    async with one.db.transaction():
        await following.authorize(one.db, one.site, one.viewer, asker, one.now)
    return await relationships.one(one.db, one.viewer, asker.id)


@call("write:follows")
async def reject(one: Call) -> Json:
    """Say no to somebody who asks."""
    asker = await target_of(one)
    async with one.db.transaction():
        await following.reject(one.db, one.site, one.viewer, asker, one.now)
    return await relationships.one(one.db, one.viewer, asker.id)


@call("read:follows")
async def familiar_followers(one: Call) -> list[Json]:
    """Whom one follows among who follows others: nobody. Who is close to whom is nobody else's business."""
    return [{"id": str(number), "accounts": []} for number in one.params.ids("id")[:40]]


async def target_of(one: Call) -> Actor:
    """The person or group in the address, if the viewer may know of it. Raises `Missing`."""
    number = one.path_id()
    row = (await client_accounts.by_ids(one.db, [number])).get(number)
    if row is None or not accounts.may_know(one.viewer, row):
        raise Missing
    found = await actors.by_id(one.db, number)
    if found is None or found.state == "gone":
        raise Missing
    return found


ROUTES = [
    Route("/api/v1/accounts/{id}/follow", follow, methods=["POST"]),
    Route("/api/v1/accounts/{id}/unfollow", unfollow, methods=["POST"]),
    Route("/api/v1/accounts/{id}/remove_from_followers", remove_from_followers, methods=["POST"]),
    Route("/api/v1/accounts/familiar_followers", familiar_followers),
    Route("/api/v1/follow_requests", requests),
    Route("/api/v1/follow_requests/{id}/authorize", authorize, methods=["POST"]),
    Route("/api/v1/follow_requests/{id}/reject", reject, methods=["POST"]),
]

"""Whose notifications are let through, and the people who wait for an answer to that."""

from typing import Any

from starlette.routing import Route

from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.database import client_statuses
from fediverse_support.database import notification_policies as stored
from fediverse_support.database.client_statuses import Page
from fediverse_support.database.notification_policies import WISHES, NotificationPolicy, Request, Wish
from fediverse_support.web.client_api.calls import Call, call
from fediverse_support.web.client_api.entities import accounts, statuses
from fediverse_support.web.client_api.entities.accounts import Json
from fediverse_support.web.client_api.entities.moments import moment
from fediverse_support.web.client_api.paging import linked, window

_FIRST_NAMES = {
    "filter_not_following": "for_not_following",
    "filter_not_followers": "for_not_followers",
    "filter_new_accounts": "for_new_accounts",
    "filter_private_mentions": "for_private_mentions",
}
"""What the first version of the policy knew: only whether something is filtered."""


@call("read:notifications")
async def show(one: Call) -> Any:
    """What becomes of notifications by strangers, and how much waits."""
    return await _policy(one)


@call("write:notifications")
async def change(one: Call) -> Any:
    """Keep other wishes; what is not named stays."""
    wishes: dict[str, Wish] = {}
    for name in NotificationPolicy.__struct_fields__:
        word = one.params.maybe(name)
        if word is None:
            continue
        if word not in WISHES:
            raise Malformed(f"Validation failed: {name} must be accept, filter or drop")
        wishes[name] = next(wish for wish in WISHES if wish == word)
    await stored.put(one.db, one.me, wishes)
    return await _policy(one)


@call("read:notifications")
async def show_first(one: Call) -> Any:
    """The same in the first version."""
    return await _first_policy(one)


@call("write:notifications")
async def change_first(one: Call) -> Any:
    """The same in the first version."""
    wishes: dict[str, Wish] = {}
    for name, wish in _FIRST_NAMES.items():
        if (is_filtered := one.params.flag(name)) is not None:
            wishes[wish] = "filter" if is_filtered else "accept"
    await stored.put(one.db, one.me, wishes)
    return await _first_policy(one)


@call("read:notifications")
async def requests(one: Call) -> Any:
    """Who waits, the latest to come first, each with the last post that is among it."""
    part = window(one, 40, 80)
    found = await stored.requests(
        one.db,
        one.me,
        max_id=part.max_id,
        after=part.after,
        limit=part.limit,
        is_upward=part.is_upward,
    )
    made = await _requests(one, found)
    return linked(one, made, [each.id for each in found], part, always_next=False)


@call("read:notifications")
async def request(one: Call) -> Any:
    """One of them."""
    found = await stored.request(one.db, one.me, one.path_id())
    made = await _requests(one, [found] if found is not None else [])
    if not made:
        raise Missing
    return made[0]


@call("write:notifications")
async def accept(one: Call) -> Any:
    """Let somebody through, with all that waits, for good."""
    async with one.db.transaction():
        if not await stored.accept(one.db, one.me, [one.path_id()]):
            raise Missing
    return {}


@call("write:notifications")
async def dismiss(one: Call) -> Any:
    """Put away what waits by somebody."""
    if not await stored.dismiss(one.db, one.me, [one.path_id()]):
        raise Missing
    return {}


@call("write:notifications")
async def accept_several(one: Call) -> Any:
    """Let several through."""
    await stored.accept(one.db, one.me, one.params.ids("id"))
    return {}


@call("write:notifications")
async def dismiss_several(one: Call) -> Any:
    """Put away what waits by several."""
    await stored.dismiss(one.db, one.me, one.params.ids("id"))
    return {}


@call("read:notifications")
async def are_merged(one: Call) -> Any:
    """Whether what was let through is in the list: here it is at once."""
    return {"merged": True}


async def _policy(one: Call) -> Json:
    policy, waiting = await stored.of(one.db, one.me)
    wishes = {name: getattr(policy, name) for name in NotificationPolicy.__struct_fields__}
    return {**wishes, "summary": _summary(waiting)}


async def _first_policy(one: Call) -> Json:
    policy, waiting = await stored.of(one.db, one.me)
    wishes = {name: getattr(policy, wish) != "accept" for name, wish in _FIRST_NAMES.items()}
    return {**wishes, "summary": _summary(waiting)}


def _summary(waiting: stored.Waiting) -> Json:
    return {
        "pending_requests_count": waiting.requests,
        "pending_notifications_count": waiting.notifications,
    }


async def _requests(one: Call, found: list[Request]) -> list[Json]:
    people = await accounts.shown(one.services, one.db, one.viewer, [each.from_id for each in found])
    said = await _last_posts(one, [each.last_post_id for each in found])
    by_id = {account["id"]: account for account in people}
    last = {int(status["id"]): status for status in said}
    return [
        {
            "id": str(each.id),
            "created_at": moment(each.made_at),
            "updated_at": moment(each.updated_at),
            "account": by_id[str(each.from_id)],
            # A text: that is how Mastodon answers, and apps read it so.
            "notifications_count": str(each.count),
            "last_status": last.get(each.last_post_id) if each.last_post_id is not None else None,
        }
        for each in found
        if str(each.from_id) in by_id
    ]


async def _last_posts(one: Call, numbers: list[int | None]) -> list[Json]:
    wanted = [number for number in numbers if number is not None]
    page: Page = await client_statuses.by_ids(one.db, one.viewer, wanted)
    return await statuses.rendered(one.services, one.db, one.viewer, page)


_REQUESTS = "/api/v1/notifications/requests"
ROUTES = [
    Route("/api/v2/notifications/policy", show),
    Route("/api/v2/notifications/policy", change, methods=["PATCH", "PUT"]),
    Route("/api/v1/notifications/policy", show_first),
    Route("/api/v1/notifications/policy", change_first, methods=["PATCH", "PUT"]),
    Route(_REQUESTS, requests),
    Route(f"{_REQUESTS}/accept", accept_several, methods=["POST"]),
    Route(f"{_REQUESTS}/dismiss", dismiss_several, methods=["POST"]),
    Route(f"{_REQUESTS}/merged", are_merged),
    Route(f"{_REQUESTS}/{{id}}", request),
    Route(f"{_REQUESTS}/{{id}}/accept", accept, methods=["POST"]),
    Route(f"{_REQUESTS}/{{id}}/dismiss", dismiss, methods=["POST"]),
]

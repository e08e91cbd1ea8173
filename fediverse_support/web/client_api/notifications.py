"""Notifications one by one (v1), and in groups (v2): what is new for whoever the app acts as."""

from collections.abc import Sequence
from typing import Any

from starlette.routing import Route

from fediverse_support.core.errors import Missing
from fediverse_support.database import notifications as stored
from fediverse_support.database.client_statuses import Page
from fediverse_support.database.notifications import GROUPABLE, KINDS, Chosen, Notification, Span
from fediverse_support.web.client_api.calls import Answer, Call, call
from fediverse_support.web.client_api.entities import accounts
from fediverse_support.web.client_api.entities import notifications as entities
from fediverse_support.web.client_api.paging import Window, linked, window

USUAL, MOST = 40, 80
MOST_COUNTED = 1_000


@call("read:notifications")
async def index(one: Call) -> Any:
    """A page of notifications, newest first."""
    part = window(one, USUAL, MOST)
    found, page = await stored.page(one.db, one.viewer, _chosen(one), _span(part))
    shown = await entities.speak_of(one.services, one.db, one.viewer, found, page)
    known = one.params.texts("supported_types")
    made = [entities.notification(shown, each, one.viewer, known) for each in found]
    return linked(one, [entity for entity in made if entity], [each.id for each in found], part)


@call("read:notifications")
async def show(one: Call) -> Any:
    """One of them, also one that was filtered."""
    found, page = await stored.by_ids(one.db, one.viewer, [one.path_id()])
    return await _single(one, found, page)


@call("write:notifications")
async def clear(one: Call) -> Any:
    """Put all of them away for good."""
    await stored.forget_all(one.db, one.me)
    return {}


@call("write:notifications")
async def dismiss(one: Call) -> Any:
    """Put one away for good."""
    if not await stored.forget(one.db, one.me, [one.path_id()]):
        raise Missing
    return {}


@call("write:notifications")
async def dismiss_named(one: Call) -> Any:
    """The same as old apps ask for it, with the number as a parameter."""
    number = one.params.id("id")
    if number is None or not await stored.forget(one.db, one.me, [number]):
        raise Missing
    return {}


@call("write:notifications")
async def dismiss_several(one: Call) -> Any:
    """Put several away for good."""
    await stored.forget(one.db, one.me, one.params.ids("ids"))
    return {}


@call("read:notifications")
async def count_unread(one: Call) -> Any:
    """How many have come since the marker."""
    limit = one.params.number("limit", 100, 1, MOST_COUNTED)
    return {"count": await stored.unread(one.db, one.viewer, _chosen(one), limit)}


# Groups


@call("read:notifications")
async def groups(one: Call) -> Any:
    """A page of notifications, those of one deed to one post gathered."""
    part = window(one, USUAL, MOST)
    found, page = await stored.groups(one.db, one.viewer, _chosen(one), _span(part), _grouped(one))
    shown = await entities.speak_of(one.services, one.db, one.viewer, [each.newest for each in found], page)
    partial = one.params.text("expand_accounts") == "partial_avatars"
    results = entities.results(shown, found, one.params.texts("supported_types"), are_partial=partial)
    ends = [found[0].most, min(each.least for each in found)] if found else []
    return linked(one, results, ends, part)


@call("read:notifications")
async def count_unread_groups(one: Call) -> Any:
    """How many groups have come since the marker."""
    limit = one.params.number("limit", 100, 1, MOST_COUNTED)
    return {"count": await stored.unread_groups(one.db, one.viewer, _chosen(one), _grouped(one), limit)}


@call("read:notifications")
async def show_group(one: Call) -> Any:
    """One group."""
    found, page = await stored.group(one.db, one.viewer, one.path_text("group_key"))
    if found is None:
        raise Missing
    shown = await entities.speak_of(one.services, one.db, one.viewer, [found.newest], page)
    return entities.results(shown, [found], one.params.texts("supported_types"), are_partial=False)


@call("read:notifications")
async def senders(one: Call) -> Any:
    """Everybody who is in a group, the newest first."""
    numbers = await stored.senders_of_group(one.db, one.viewer, one.path_text("group_key"))
    if not numbers:
        raise Missing
    return await accounts.shown(one.services, one.db, one.viewer, numbers)


@call("write:notifications")
async def dismiss_group(one: Call) -> Any:
    """Put a group away for good."""
    if not await stored.forget_group(one.db, one.me, one.path_text("group_key")):
        raise Missing
    return {}


async def _single(one: Call, found: Sequence[Notification], page: Page) -> Any:
    shown = await entities.speak_of(one.services, one.db, one.viewer, found, page)
    known = one.params.texts("supported_types")
    for each in found:
        if (entity := entities.notification(shown, each, one.viewer, known)) is not None:
            return Answer(entity)
    raise Missing


def _chosen(one: Call) -> Chosen:
    """Which kinds are wanted; words that are none of ours name nothing."""
    wanted, unwanted = one.params.texts("types"), frozenset(one.params.texts("exclude_types"))
    return Chosen(
        kinds=tuple(kind for kind in KINDS if (not wanted or kind in wanted) and kind not in unwanted),
        from_id=one.params.id("account_id"),
        with_filtered=bool(one.params.flag("include_filtered", False)),
    )


def _grouped(one: Call) -> list[str]:
    """Which kinds are gathered: those that an app names, usually all that can be."""
    named = one.params.texts("grouped_types")
    return [kind for kind in GROUPABLE if kind in named] if named else list(GROUPABLE)


def _span(part: Window) -> Span:
    return Span(limit=part.limit, max_id=part.max_id, after=part.after, is_upward=part.is_upward)


V1, V2 = "/api/v1/notifications", "/api/v2/notifications"
ROUTES = [
    Route(V1, index),
    Route(f"{V1}/clear", clear, methods=["POST"]),
    Route(f"{V1}/dismiss", dismiss_named, methods=["POST"]),
    Route(f"{V1}/destroy_multiple", dismiss_several, methods=["DELETE"]),
    Route(f"{V1}/unread_count", count_unread),
    Route(f"{V1}/{{id}}", show),
    Route(f"{V1}/{{id}}", dismiss, methods=["DELETE"]),
    Route(f"{V1}/{{id}}/dismiss", dismiss, methods=["POST"]),
    Route(V2, groups),
    Route(f"{V2}/unread_count", count_unread_groups),
    Route(f"{V2}/{{group_key}}", show_group),
    Route(f"{V2}/{{group_key}}/accounts", senders),
    Route(f"{V2}/{{group_key}}/dismiss", dismiss_group, methods=["POST"]),
]

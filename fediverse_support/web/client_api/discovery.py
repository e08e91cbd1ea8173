"""Finding groups: suggestions, the directory, and what is told of trends (nothing).

People are never suggested to each other here, and nothing that a person writes is put on show by numbers.
"""

from typing import Any

from starlette.routing import Route

from fediverse_support.community.house import suggestions
from fediverse_support.core.models import Group
from fediverse_support.web.client_api.calls import Call, Who, call
from fediverse_support.web.client_api.entities import accounts
from fediverse_support.web.client_api.paging import offset_linked

FARTHEST = 100_000


@call("read:accounts")
async def suggested(one: Call) -> Any:
    """Groups that may be for somebody, with why: who looks after the community has put them there."""
    return [
        {"source": "staff", "sources": ["featured"], "account": account} for account in await _suggested(one)
    ]


@call("read:accounts")
async def suggested_accounts(one: Call) -> Any:
    """The same in the older form."""
    return await _suggested(one)


async def _suggested(one: Call) -> list[Any]:
    limit = one.params.number("limit", 40, 1, 80)
    found = await suggestions.for_viewer(one.db, one.viewer, one.site.domain, one.now)
    return await _shown(one, found[:limit])


@call("write:accounts")
async def dismiss(one: Call) -> Any:
    """Do not suggest this one again."""
    await suggestions.dismiss(one.db, one.viewer, one.path_id())
    return {}


@call("read:accounts", who=Who.ANYONE)
async def directory(one: Call) -> Any:
    """The groups of this community that the viewer may find. Nobody else is listed."""
    limit = one.params.number("limit", 40, 1, 80)
    offset = one.params.number("offset", 0, 0, FARTHEST)
    order: suggestions.Order = "new" if one.params.text("order") == "new" else "active"
    found = await suggestions.in_order(one.db, one.viewer, one.site.domain, one.now, order)
    return offset_linked(one, await _shown(one, found[offset : offset + limit]), offset, limit)


async def _shown(one: Call, groups: list[Group]) -> list[Any]:
    return await accounts.shown(one.services, one.db, one.viewer, [group.actor.id for group in groups])


@call(who=Who.ANYONE, connection="never")
async def trends(one: Call) -> Any:
    """There are none: what many look at is nobody's business here."""
    return []


ROUTES = [
    Route("/api/v1/suggestions", suggested_accounts),
    Route("/api/v2/suggestions", suggested),
    Route("/api/v1/suggestions/{id}", dismiss, methods=["DELETE"]),
    Route("/api/v1/directory", directory),
    Route("/api/v1/trends", trends),
    Route("/api/v1/trends/tags", trends),
    Route("/api/v1/trends/statuses", trends),
    Route("/api/v1/trends/links", trends),
]

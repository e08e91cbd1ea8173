"""What apps ask for and this community does not have: the answers that they take well (mastodon-api.md §2.3).

A list of what there is none of is empty; what cannot be done says so in a sentence, because apps show it;
everything else that is not in the table is 404 (`door.py`), also all of `admin/`.
"""

from typing import Any

from starlette.routing import Route

from fediverse_support.core.errors import Forbidden, Malformed, Missing
from fediverse_support.web.client_api.calls import Call, Who, call

NO_TRANSLATIONS = "Translation is not supported on this server"
NO_QUOTES = "Quotes are not supported on this server"
FOR_THE_DESK = "This action is not allowed"


@call(who=Who.ANYONE, connection="never")
async def nothing(one: Call) -> Any:
    """A list of what there is none of."""
    return []


@call(who=Who.ANYONE, connection="never")
async def missing(one: Call) -> Any:
    """What there is not, said outright so that apps do not look further."""
    raise Missing


@call("read:statuses", who=Who.ANYONE)
async def translate(one: Call) -> Any:
    """Nothing is translated: what people write here would be sent to somebody else."""
    raise Malformed(NO_TRANSLATIONS)


@call("write:statuses")
async def revoke_quote(one: Call) -> Any:
    """Nothing here is quoted."""
    raise Malformed(NO_QUOTES)


@call(who=Who.MEMBER)
async def admin(one: Call) -> Any:
    """Moderators look after the community on its desk in the web, not in apps."""
    raise Forbidden(FOR_THE_DESK)


_NOTHING = (
    "/api/v1/peers/search",
    "/api/v1/accounts/{id}/identity_proofs",
    "/api/v1/statuses/{id}/quotes",
    "/api/v1/timelines/direct",
)

_MISSING = (
    "/api/v1/annual_reports",
    "/api/v1/annual_reports/{year}",
    "/api/v1/collections",
    "/api/v1/accounts/{id}/collections",
    "/api/v1/accounts/{id}/in_collections",
    "/api/v1/donation_campaigns",
    "/api/v1/statuses/{id}/card",
    "/api/oembed",
)

_ADMIN = (
    "accounts", "reports", "domain_allows", "domain_blocks", "email_domain_blocks", "ip_blocks",
    "canonical_email_blocks", "measures", "dimensions", "retention", "tags",
)  # fmt: skip

ROUTES = [
    *(Route(path, nothing) for path in _NOTHING),
    *(Route(path, missing) for path in _MISSING),
    *(Route(f"/api/v1/admin/{name}", admin, methods=["GET", "POST"]) for name in _ADMIN),
    Route("/api/v2/admin/accounts", admin),
    Route("/api/v1/statuses/{id}/translate", translate, methods=["POST"]),
    Route("/api/v1/statuses/{id}/quotes/{quote}/revoke", revoke_quote, methods=["POST"]),
]

"""Applications making themselves known."""

from collections.abc import Sequence
from typing import Any

from starlette.routing import Route

from fediverse_support.accounts import applications, vapid
from fediverse_support.core import scopes
from fediverse_support.database import applications as stored
from fediverse_support.database.applications import Application
from fediverse_support.database.pool import acquire
from fediverse_support.web.client_api.calls import Call, Who, call

BY_COMMAND: dict[str, Any] = {
    "id": "0",
    "name": "fediverse-support",
    "website": None,
    "redirect_uri": "",
    "redirect_uris": [],
}
"""What a token belongs to that was made by command."""


@call(who=Who.ANYONE, connection="never", limit="30 per 10 minutes")
async def register(call: Call) -> dict[str, Any]:
    """A new application; its secret is said only now. A token that came along does not matter."""
    params = call.params
    addresses = [address for text in params.texts("redirect_uris") for address in text.split()]
    wanted = scopes.parse(" ".join(params.texts("scopes")))
    async with acquire(call.services.pool) as db:
        async with db.transaction():
            made = await applications.register(
                db, params.text("client_name"), params.text("website"), addresses, wanted, call.now
            )
        key = await vapid.public_key(db, call.services.seal, call.now)
    return entity(made.application, key) | {
        "client_id": made.application.client_id,
        "client_secret": made.secret,
        "client_secret_expires_at": 0,
    }


@call(who=Who.APP)
async def verify(call: Call) -> dict[str, Any]:
    """The application that a token belongs to."""
    grant = call.grant
    assert grant is not None
    key = await vapid.public_key(call.db, call.services.seal, call.now)
    if grant.application_id is None:
        return BY_COMMAND | {"scopes": sorted(grant.scopes), "vapid_key": key}
    application = await stored.by_id(call.db, grant.application_id)
    assert application is not None  # the token would be gone with it
    return entity(application, key)


def entity(application: Application, key: str) -> dict[str, Any]:
    """An application without what only it knows. No website is null: "" is no address (§11, 3)."""
    addresses: Sequence[str] = application.redirect_uris
    return {
        "id": str(application.id),
        "name": application.name,
        "website": application.website,
        "scopes": list(application.scopes),
        "redirect_uri": "\n".join(addresses),
        "redirect_uris": list(addresses),
        "vapid_key": key,
    }


ROUTES = [
    Route("/api/v1/apps", register, methods=["POST"]),
    Route("/api/v1/apps/verify_credentials", verify),
]

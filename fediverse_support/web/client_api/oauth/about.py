"""What this server can do about OAuth (RFC 8414), and who the owner of a token is."""

from typing import Any

from starlette.routing import Route

from fediverse_support.core import scopes
from fediverse_support.web.client_api.calls import Answer, Call, Who, call
from fediverse_support.web.client_api.entities import accounts
from fediverse_support.web.client_api.oauth.windows import ASK

DESCRIPTION = "https://docs.joinmastodon.org/"
"""Where the makers of apps read how this is meant."""


@call(who=Who.ANYONE, connection="never")
async def metadata(call: Call) -> Answer:
    """The document by which apps find the addresses, and learn that S256 is taken."""
    origin = call.site.origin
    document = {
        "issuer": f"{origin}/",
        "service_documentation": DESCRIPTION,
        "authorization_endpoint": f"{origin}{ASK}",
        "token_endpoint": f"{origin}/oauth/token",
        "app_registration_endpoint": f"{origin}/api/v1/apps",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "userinfo_endpoint": f"{origin}/oauth/userinfo",
        "scopes_supported": sorted(scope for scope in scopes.KNOWN if not scope.startswith("admin:")),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }
    return Answer(document, headers={"Cache-Control": "public, max-age=3600"})


@call("profile")
async def userinfo(call: Call) -> dict[str, Any]:
    """Who somebody is, as OpenID Connect words it."""
    me = await accounts.one(call.services, call.db, call.viewer, call.me)
    return {
        "iss": f"{call.site.origin}/",
        "sub": me["uri"],
        "name": me["display_name"],
        "preferred_username": me["username"],
        "profile": me["url"],
        "picture": me["avatar"],
    }


ROUTES = [
    Route("/.well-known/oauth-authorization-server", metadata),
    Route("/oauth/userinfo", userinfo, methods=["GET", "POST"]),
]

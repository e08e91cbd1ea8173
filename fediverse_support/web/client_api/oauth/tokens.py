"""Where apps get tokens and give them back (RFC 6749, RFC 7009)."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from starlette.routing import Route

from fediverse_support.accounts import applications, authorizing
from fediverse_support.accounts.authorizing import Issued
from fediverse_support.core.errors import Denied
from fediverse_support.database.applications import Application
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.web.client_api.calls import Answer, Call, Who, call

_RESPONSES = {"Pragma": "no-cache"}


@call(who=Who.ANYONE, connection="never", limit="300 per 10 minutes")
async def token(call: Call) -> Answer:
    """A token for a code, or one of the application itself. Raises `Denied`."""
    grant_type = call.params.text("grant_type")
    if grant_type not in ("authorization_code", "client_credentials"):
        raise Denied(
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
        )
    async with acquire(call.services.pool) as db:
        try:
            application = await _application(call, db)
        except Denied as trouble:
            return _not_proved(call, trouble)
        if grant_type == "client_credentials":
            async with db.transaction():
                issued = await authorizing.own_token(db, application, call.params.text("scope"), call.now)
        else:
            issued = await _redeemed(call, db, application)
    return Answer(entity(issued), headers=_RESPONSES)


async def _redeemed(call: Call, db: Connection, application: Application) -> Issued:
    async with db.transaction():
        issued = await authorizing.redeem(
            db,
            application,
            call.params.text("code"),
            call.params.text("redirect_uri"),
            call.params.text("code_verifier"),
            call.now,
        )
    if issued is None:
        raise Denied(
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked, does not match the redirection "
            "URI used in the authorization request, or was issued to another client.",
        )
    return issued


@call(who=Who.ANYONE, connection="never", limit="300 per 10 minutes")
async def revoke(call: Call) -> Answer | dict[str, Any]:
    """End a token. Of one that there is not, the same is said."""
    async with acquire(call.services.pool) as db:
        try:
            application = await _application(call, db)
        except Denied as trouble:
            return _not_proved(call, trouble)
        await authorizing.revoke(db, application, call.params.text("token"))
    return {}


def entity(issued: Issued) -> dict[str, Any]:
    """A token as apps read it; the time in whole seconds, as a number."""
    return {
        "access_token": issued.token,
        "token_type": "Bearer",
        "scope": " ".join(issued.scopes),
        "created_at": int(issued.made_at.timestamp()),
    }


async def _application(call: Call, db: Connection) -> Application:
    """Who calls: by HTTP Basic, or by what stands in the body (RFC 6749, 2.3.1). Raises `Denied`."""
    client_id, secret = _basic(call) or (call.params.text("client_id"), call.params.text("client_secret"))
    return await applications.proved(db, client_id, secret)


def _basic(call: Call) -> tuple[str, str] | None:
    kind, _, encoded = call.request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)


def _not_proved(call: Call, trouble: Denied) -> Answer:
    """What is said to a client that is not who it says; who tried it by HTTP Basic is told so in its way."""
    headers = {} if _basic(call) is None else {"WWW-Authenticate": 'Basic realm="oauth"'}
    return Answer({"error": trouble.code, "error_description": trouble.message}, trouble.status, headers)


ROUTES = [
    Route("/oauth/token", token, methods=["POST"]),
    Route("/oauth/revoke", revoke, methods=["POST"]),
]

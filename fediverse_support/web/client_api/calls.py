"""Who may make a call of the client API, and the checks that come before it.

Every handler is declared with `call`: the scope that a token needs, and whether it needs a person. The
order is the same for all: what was sent → token → its scope → limit → handler. The errors are always JSON,
because apps show them; 401 is only ever said of a token, because apps sign people out on it, and what a
viewer may not see answers like what does not exist (L3).
"""

import enum
import functools
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from fediverse_support.accounts import grants
from fediverse_support.core import clock, scopes
from fediverse_support.core.errors import (
    Conflict,
    Denied,
    Forbidden,
    Malformed,
    Misconfigured,
    Missing,
    RemoteTrouble,
    Trouble,
    Unauthenticated,
)
from fediverse_support.core.models import GUEST, Viewer
from fediverse_support.database.grants import Grant
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.protocol.site import Site
from fediverse_support.web import clients
from fediverse_support.web.client_api import parameters
from fediverse_support.web.client_api.parameters import LARGEST, LARGEST_UPLOAD, Params, id_in
from fediverse_support.web.services import Services, services_of

Held = Literal["request", "session", "never"]
"""How long a handler holds a connection: for all of the call; only to recognise the token, because it calls
another server or waits long; or not at all (then no token is looked at)."""
Handler = Callable[["Call"], Awaitable[Any]]
Endpoint = Callable[[Request], Awaitable[Response]]

NOT_VALID = "The access token is invalid"
NEEDS_PERSON = "This method requires an authenticated user"
WAITS = "Your login is currently pending approval"
OUT_OF_SCOPE = "This action is outside the authorized scopes"
NOT_FOUND = "Record not found"

_encode = msgspec.json.Encoder().encode


class Who(enum.Enum):
    """Whose token a call needs."""

    ANYONE = "anyone"
    """None is needed; one tells who is looking."""
    APP = "app"
    """Any, also that of an application without a person."""
    MEMBER = "member"
    """That of a person, or of a group for which a person acts."""


class Answer(msgspec.Struct, frozen=True):
    """What a handler answers if it is not simply 200 with a body."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = {}


class Call:
    """One request with who makes it. Lives as long as the request."""

    def __init__(self, request: Request, services: Services) -> None:
        self.request = request
        self.services = services
        self.now: datetime = clock.now()
        self.params = Params({})
        self.grant: Grant | None = None
        self._db: Connection | None = None

    @property
    def db(self) -> Connection:
        """The connection of this call."""
        if self._db is None:
            raise Misconfigured("This call is declared without a database connection.")
        return self._db

    @property
    def site(self) -> Site:
        """Where this community is."""
        return self.services.site

    @property
    def viewer(self) -> Viewer:
        """Who is looking; nobody known without a token of a person."""
        return self.grant.viewer if self.grant is not None else GUEST

    @property
    def me(self) -> int:
        """The number of the actor as whom this is done. Raises `Unauthenticated` without a person."""
        if self.viewer.actor_id is None:
            raise Unauthenticated(NEEDS_PERSON)
        return self.viewer.actor_id

    def path_id(self, name: str = "id") -> int:
        """One of our numbers in the address. Raises `Missing`."""
        return id_in(self.path_text(name))

    def path_text(self, name: str) -> str:
        """A part of the address."""
        return str(self.request.path_params[name])

    def client(self) -> str:
        """The client's address, for limits only."""
        return clients.address_of(self.request.scope, self.services.settings.proxies)

    async def spend(self, limit: str, deed: str) -> None:
        """Count one deed of whoever calls; raises `TooMany`."""
        grant = self.grant
        who = self.client() if grant is None or grant.account is None else f"member {grant.account.id}"
        await self.services.limiter.spend(limit, deed, who, self.now)


def call(
    scope: str = "",
    *,
    who: Who = Who.MEMBER,
    connection: Held = "request",
    limit: str = "",
    uploads: bool = False,
) -> Callable[[Handler], Endpoint]:
    """Declare a handler. `scope` is what a token must cover, empty for any; `limit` how often each may call.

    `uploads`: it takes files; then nothing of the body is read before it is known who sends it.
    """
    if scope and scope not in scopes.KNOWN:
        raise Misconfigured(f"{scope} is not a scope.")

    def declare(handler: Handler) -> Endpoint:
        @functools.wraps(handler)
        async def endpoint(request: Request) -> Response:
            one = Call(request, services_of(request))
            try:
                if not uploads:
                    one.params = await parameters.read(request, largest_form=LARGEST)
                return await _answered(one, handler, scope, who, connection, limit, uploads)
            except Trouble as trouble:
                return trouble_answer(trouble)

        return _declared(endpoint, scope, who, uploads)

    return declare


async def _answered(
    one: Call, handler: Handler, scope: str, who: Who, connection: Held, limit: str, uploads: bool
) -> Response:
    if connection == "never":
        await _spend(one, limit, handler)
        return response_of(await handler(one))
    async with acquire(one.services.pool) as db:
        await _recognise(one, db)
        _check(one.grant, scope, who)
        await _spend(one, limit, handler)
        if connection == "request" and not uploads:
            one._db = db
            return response_of(await handler(one))
    if uploads:
        one.params = await parameters.read(one.request, largest_form=LARGEST_UPLOAD)
        if connection == "request":
            async with acquire(one.services.pool) as db:
                one._db = db
                return response_of(await handler(one))
    return response_of(await handler(one))


async def _spend(one: Call, limit: str, handler: Handler) -> None:
    if limit:
        await one.spend(limit, handler.__name__)


async def _recognise(one: Call, db: Connection) -> None:
    """Find out who calls: one round trip, none without a token. Raises `Unauthenticated` for a bad one."""
    token = token_of(one.request, one.params)
    if token is None:
        return
    one.grant = await grants.current(db, token, one.now)
    if one.grant is None:
        raise Unauthenticated(NOT_VALID)


def token_of(request: Request, params: Params) -> str | None:
    """The token of a request: in the header, or for old clients as a parameter."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    return params.maybe("access_token") or None


def _check(grant: Grant | None, scope: str, who: Who) -> None:
    if grant is None:
        if who is not Who.ANYONE:
            raise Unauthenticated(NEEDS_PERSON)
        return
    if scope and not scopes.covers(grant.scopes, scope):
        raise Forbidden(OUT_OF_SCOPE)
    if who is Who.MEMBER and grant.account is None:
        raise Malformed(NEEDS_PERSON)
    if who is Who.MEMBER and grant.is_waiting:
        raise Forbidden(WAITS)


def response_of(answer: Any) -> Response:
    """What a handler gave as JSON."""
    if isinstance(answer, Response):
        return answer
    if not isinstance(answer, Answer):
        answer = Answer(answer)
    headers = {"Cache-Control": "private, no-store", **answer.headers}
    return Response(_encode(answer.body), answer.status, headers, media_type="application/json")


def trouble_answer(trouble: Trouble) -> Response:
    """The error as apps show it. Whatever is missing or hidden reads the same (L3)."""
    status, message = trouble.status, trouble.message
    headers = {}
    if isinstance(trouble, Denied):
        return response_of(Answer({"error": trouble.code, "error_description": message}, status))
    if isinstance(trouble, Missing):
        status, message = 404, NOT_FOUND
    elif isinstance(trouble, Malformed | Conflict):
        status = 422
    elif isinstance(trouble, RemoteTrouble):
        status = 503
    if (seconds := getattr(trouble, "retry_after", None)) is not None:
        headers["Retry-After"] = str(int(seconds))
    return response_of(Answer({"error": message}, status, headers))


def _declared(endpoint: Any, scope: str, who: Who, uploads: bool) -> Endpoint:
    endpoint.scope, endpoint.who, endpoint.uploads = scope, who, uploads
    declared: Endpoint = endpoint
    return declared

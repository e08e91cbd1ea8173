"""How a document is answered: exact types, caches, tombstones, and one 404 for everything that is not there.

A handler takes a `Question` and gives a `Document`; `served` does the rest, or for what depends on who asks
its kin in `requesting.py`. They are also the mark that `check_documents` looks for at the start, so that no
address answers without one (L5).
"""

import functools
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fediverse_support.core.errors import Gone, Misconfigured, Missing, Refused, Trouble, Unavailable
from fediverse_support.core.models import GUEST, Viewer
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.signatures.signing import ACTIVITY_JSON
from fediverse_support.web.services import Services, services_of

ASK_AGAIN = "public, no-cache"
"""May be kept, but not shown without asking: what was deleted must not live on in a cache."""
FIVE_MINUTES = "public, max-age=300"
NEVER = "private, no-store"

FOR_EVERY_SITE = {"Access-Control-Allow-Origin": "*"}
"""Pages of other sites may read it too (RFC 7033 §5)."""

_NOTHING = b'{"error":"There is nothing here."}'


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What to answer. `body` is JSON to be written, or text that is written already."""

    body: dict[str, Any] | str
    status: int = 200
    media_type: str = ACTIVITY_JSON
    cache: str = ASK_AGAIN
    headers: dict[str, str] = {}


class Question(msgspec.Struct, frozen=True):
    """One request for a document. Unless a server has signed it, nobody is behind it: a guest."""

    request: Request
    services: Services
    connection: "Connection | None"
    viewer: Viewer = GUEST

    @property
    def db(self) -> Connection:
        """The connection of this request."""
        if self.connection is None:
            raise Misconfigured("This handler is declared without a database connection.")
        return self.connection

    @property
    def name(self) -> str:
        """The name or random id in the path."""
        return str(self.request.path_params.get("name") or self.request.path_params.get("id"))


Handler = Callable[[Question], Awaitable[Document]]
Endpoint = Callable[[Request], Awaitable[Response]]


def served(handler: Handler) -> Endpoint:
    """Declare a handler that reads the database."""

    @functools.wraps(handler)
    async def endpoint(request: Request) -> Response:
        async def answer() -> Document:
            services = services_of(request)
            async with acquire(services.pool) as db:
                return await handler(Question(request, services, db))

        return await answered(request, answer)

    return declared(endpoint)


def fixed(handler: Handler) -> Endpoint:
    """Declare a handler that needs no database: it answers while that is away."""

    @functools.wraps(handler)
    async def endpoint(request: Request) -> Response:
        return await answered(request, lambda: handler(Question(request, services_of(request), None)))

    return declared(endpoint)


def check_documents(routes: Iterable[BaseRoute]) -> None:
    """Raise `Misconfigured` if a route is not declared by one of them, or takes anything but GET."""
    for route in routes:
        if not isinstance(route, Route) or getattr(route.endpoint, "kind", None) != "document":
            raise Misconfigured(f"{getattr(route, 'path', route)} is not declared as a document.")
        if (route.methods or set()) - {"GET", "HEAD"}:
            raise Misconfigured(f"{route.path} is declared as a document but takes {route.methods}.")


def nothing() -> Response:
    """The 404, the same to the byte for what is not there and what is not for everybody (L3)."""
    headers = _headers(NEVER) | {"Vary": "Signature, Accept"}
    return Response(_NOTHING, 404, media_type="application/json", headers=headers)


async def answered(
    request: Request, answer: Callable[[], Awaitable[Document]], *, depends_on_signer: bool = False
) -> Response:
    """The response for what a handler answers or raises."""
    try:
        response = _written(request, await answer())
    except Gone as gone:
        response = _refusal(gone, ASK_AGAIN)
    except Missing:
        response = nothing()
    except (Refused, Unavailable) as trouble:
        response = _refusal(trouble, NEVER)
    if depends_on_signer:
        response.headers["Vary"] = "Signature, Accept"
    return response


def _refusal(trouble: Trouble, cache: str) -> Response:
    headers = _headers(cache)
    if isinstance(trouble, Unavailable):
        headers["Retry-After"] = str(trouble.retry_after)
    body = json_gate.write({"error": trouble.message})
    return Response(body, trouble.status, media_type="application/json", headers=headers)


def _written(request: Request, document: Document) -> Response:
    body = document.body.encode() if isinstance(document.body, str) else json_gate.write(document.body)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = _headers(document.cache) | {"ETag": tag} | document.headers
    if document.status == 200 and _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    # Set by hand: Lemmy compares the type as text, and Starlette may append a charset to others.
    headers["Content-Type"] = document.media_type
    return Response(body, document.status, headers=headers)


def _has(condition: str, tag: str) -> bool:
    """Whether `If-None-Match` names this tag, or any (RFC 9110 §13.1.2: a weak comparison)."""
    tags = [part.strip().removeprefix("W/") for part in condition[:2_000].split(",")]
    return tag in tags or tags == ["*"]


def _headers(cache: str) -> dict[str, str]:
    return {"Cache-Control": cache, "Vary": "Accept"}


def declared(endpoint: Any) -> Endpoint:
    """Mark an endpoint as one that answers with a document to anybody."""
    endpoint.kind, endpoint.access = "document", "anyone"
    marked: Endpoint = endpoint
    return marked

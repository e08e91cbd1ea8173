"""The web application: every address that this server answers, in one table, and what stands around it.

request ─ POST to an inbox ──────────────────────────────────── Inbox
        └ else: SecurityHeaders ─ Door ─ /api/… ─ the client API's own table (web/client_api)
                                    └ else: Refusing ─ LastResort ─ the table below ─ a page or a document
"""

import re
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from fediverse_support.foundation import Foundation
from fediverse_support.inbox.limits import HostRates
from fediverse_support.inbox.lookups import Lookups
from fediverse_support.inbox.members_elsewhere import MembersElsewhere
from fediverse_support.inbox.reception import Reception
from fediverse_support.inbox.requesters import Requesters
from fediverse_support.web import health
from fediverse_support.web.client_api.door import Door
from fediverse_support.web.client_api.routes import ROUTES as CLIENT_API
from fediverse_support.web.client_api.streaming import sockets
from fediverse_support.web.client_api.table import Table
from fediverse_support.web.desk.routes import ROUTES as DESK
from fediverse_support.web.federation import actors, collections, membership, nodeinfo, objects
from fediverse_support.web.federation.answers import Endpoint, check_documents, nothing
from fediverse_support.web.federation.inbox import Inbox, Owners
from fediverse_support.web.federation.negotiation import wants_document
from fediverse_support.web.federation.refusing import Refusing
from fediverse_support.web.federation.webfinger import webfinger
from fediverse_support.web.middleware import LastResort, SecurityHeaders, http_error, sorry
from fediverse_support.web.pages.routes import ROUTES as PAGES
from fediverse_support.web.rendering import Renderer
from fediverse_support.web.security import check_routes
from fediverse_support.web.services import Services

INBOX_RATE, INBOX_BURST = 30.0, 1_500.0
"""Activities a second that one server may send us, for long and at once."""

INBOXES = ("/inbox", "/actor/inbox", "/groups/{name}/inbox", "/people/{name}/inbox")

DOCUMENTS = [
    Route("/.well-known/webfinger", webfinger),
    Route("/.well-known/nodeinfo", nodeinfo.links),
    Route("/.well-known/host-meta", nodeinfo.host_meta),
    Route("/.well-known/host-meta.json", nodeinfo.host_meta_json),
    Route("/nodeinfo/2.0", nodeinfo.version_2_0),
    Route("/nodeinfo/2.1", nodeinfo.version_2_1),
    Route("/actor", actors.instance),
    Route("/actor/outbox", collections.nothing_published),
    Route("/groups/{name}/outbox", collections.outbox),
    Route("/groups/{name}/outbox/{before}", collections.outbox_page),
    Route("/groups/{name}/followers", membership.followers),
    Route("/groups/{name}/followers_synchronization", membership.synchronisation),
    Route("/groups/{name}/followers_synchronization/{number}", membership.synchronisation_page),
    Route("/groups/{name}/following", collections.following),
    Route("/groups/{name}/featured", collections.featured),
    Route("/people/{name}/featured", collections.featured_by_person),
    Route("/people/{name}/outbox", collections.outbox),
    Route("/people/{name}/outbox/{before}", collections.outbox_page),
    Route("/people/{name}/followers", collections.followers),
    Route("/people/{name}/following", collections.following),
    Route("/posts/{id}/replies", collections.replies),
    Route("/posts/{id}/replies/{number}", collections.replies_page),
    Route("/posts/{id}/context", collections.context),
    Route("/posts/{id}/context/{number}", collections.context_page),
    Route("/activities/{id}", objects.activity),
]
"""What only programs ask for."""

DOCUMENTS_OF_PAGES = [
    Route("/", actors.nobody),
    Route("/groups/{name}", actors.group),
    Route("/groups/{name}/moderators", collections.moderators),
    Route("/people/{name}", actors.person),
    Route("/posts/{id}", objects.post),
]
"""What stands at the address of a page, for who asks for ActivityStreams there."""

HEALTH = [
    Route("/healthz", health.alive),
    Route("/readyz", health.ready),
    Route("/health", health.well),
]


def build(
    foundation: Foundation,
    *,
    services: Services | None = None,
    on_stored: Callable[[], None] | None = None,
) -> ASGIApp:
    """The application on `foundation`; `on_stored` is called whenever an arrival has come to the inbox.

    `services`: those of `services_on`, for who feeds their streams (`client_api/streaming/pump.py`).

    Raises `Misconfigured` if an address does not declare who may call it (L5).
    """
    check_routes([*PAGES, *DESK])
    check_documents([*DOCUMENTS, *DOCUMENTS_OF_PAGES])
    inbox = _inbox(foundation, on_stored)
    services = services or services_on(foundation)
    pages = Starlette(
        routes=[
            *(Route(path, inbox, methods=["POST"]) for path in INBOXES),
            *table(),
            WebSocketRoute(sockets.PATH, sockets.follow),
            WebSocketRoute(f"{sockets.PATH}/", sockets.follow),
        ],
        middleware=[
            Middleware(Refusing, requesters=services.requesters, origin=foundation.site.origin),
            Middleware(LastResort),
        ],
        exception_handlers={404: _no_such_address, 405: _no_such_address, Exception: sorry},
    )
    pages.state.services = services
    door = Door(Table(CLIENT_API), pages, pages)
    return _InboxFirst(inbox, SecurityHeaders(door, is_secure=foundation.settings.is_secure))


def table() -> list[Route]:
    """Every address but the inboxes, in the order in which they are tried."""
    return [*DOCUMENTS, *_joined(PAGES, DOCUMENTS_OF_PAGES), *DESK, *HEALTH]


class _InboxFirst:
    """Posts to an inbox go straight to it: the way through the table would cost as much as the signature."""

    def __init__(self, inbox: Inbox, others: ASGIApp) -> None:
        self._inbox = LastResort(inbox)
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_arrival = (
            scope["type"] == "http" and scope["method"] == "POST" and scope["path"].endswith("/inbox")
        )
        await (self._inbox if is_arrival else self._others)(scope, receive, send)


def _inbox(foundation: Foundation, on_stored: Callable[[], None] | None) -> Inbox:
    reception = Reception(
        foundation.pool,
        foundation.site,
        foundation.policies.current,
        foundation.known_keys,
        HostRates(INBOX_RATE, INBOX_BURST),
        on_stored=on_stored,
    )
    return Inbox(reception, Owners(foundation.pool), foundation.site.origin)


def services_on(foundation: Foundation) -> Services:
    """What the handlers of one application can reach."""
    policy = foundation.policies.current
    return Services(
        settings=foundation.settings,
        site=foundation.site,
        pool=foundation.pool,
        seal=foundation.seal,
        documents=foundation.documents,
        pictures=foundation.pictures,
        lookups=Lookups(
            foundation.pool, foundation.site, foundation.documents, foundation.acquaintance, policy
        ),
        requesters=Requesters(
            foundation.pool,
            foundation.site,
            policy,
            foundation.known_keys,
            foundation.acquaintance,
            MembersElsewhere(foundation.documents, policy),
        ),
        policy=policy,
        templates=Renderer(foundation.site.domain),
    )


def _joined(pages: Sequence[Route], documents: Sequence[Route]) -> list[Route]:
    """The pages, each with the document that stands at the same address."""
    at = {_shape(document.path): document for document in documents}
    return [
        Route(page.path, _either(page.endpoint, at[_shape(page.path)].endpoint))
        if "GET" in (page.methods or ()) and _shape(page.path) in at
        else page
        for page in pages
    ]


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _either(page: Endpoint, document: Endpoint) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await (document if wants_document(request) else page)(request)

    return endpoint


async def _no_such_address(request: Request, error: Exception) -> Response:
    if getattr(error, "status_code", 404) == 404 and wants_document(request):
        return nothing()
    response = await http_error(request, error)
    response.headers.update(getattr(error, "headers", None) or {})
    return response

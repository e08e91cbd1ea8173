"""Who may call a handler, and the checks that come before it.

Every handler is declared with `page` (it only shows) or `deed` (it changes something), and both demand an
`Access`. `check_routes` stops the start if a route has neither (L5), so that a forgotten check cannot ship.

The order for every call is the same: limit → where the request comes from → form → session → its token → who
may → handler. What a viewer may not see answers exactly like what does not exist (L3).
"""

import enum
import functools
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from fediverse_support.accounts import sessions
from fediverse_support.core import clock
from fediverse_support.core.errors import Forbidden, Misconfigured, Missing, Trouble, Unauthenticated
from fediverse_support.core.models import GUEST, Account, Viewer
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.web import clients, forms
from fediverse_support.web.forms import Form
from fediverse_support.web.services import Services, services_of

Page = Callable[["Visit"], Awaitable[Response]]
Deed = Callable[["Visit", Form], Awaitable[Response]]
Handler = Callable[[Request], Awaitable[Response]]
Held = Literal["request", "session", "never"]
"""How long a handler holds a connection: for all of the request; only to recognise the visitor, because it
calls another server, and a slow one must not hold connections; or not at all."""

_GUEST_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


class Access(enum.Enum):
    """Who may call a handler."""

    ANYONE = "anyone"
    MEMBER = "member"
    STAFF = "staff"
    ADMIN = "admin"


class Visit:
    """One request with who is looking. Lives as long as the request.

    `db` is a connection for the whole request; a handler that is declared to hold none takes its own from
    `services.pool` when it needs one.
    """

    def __init__(self, request: Request, services: Services) -> None:
        self.request = request
        self.services = services
        self.viewer: Viewer = GUEST
        self.language = services.templates.language_for(request.headers.get("accept-language", ""))
        self.form: Form | None = None
        self.keeps: Callable[[Form], Form] = _as_it_is
        self._db: Connection | None = None
        self._token = ""
        self._hands_out_token = False

    @property
    def db(self) -> Connection:
        """The connection of this request."""
        if self._db is None:
            raise Misconfigured("This handler is declared without a database connection.")
        return self._db

    @property
    def account(self) -> Account:
        """The account that is signed in; raises `Unauthenticated` for a guest."""
        if self.viewer.account is None:
            raise Unauthenticated("Please sign in first.")
        return self.viewer.account

    @property
    def session_token(self) -> str:
        """The value of the session's cookie, empty for none."""
        return self.request.cookies.get(self.session_cookie, "")

    @property
    def session_cookie(self) -> str:
        """`__Host-` cookies need https; only a test network has none."""
        return "__Host-session" if self.services.settings.is_secure else "session"

    @property
    def form_cookie(self) -> str:
        """The cookie that ties the forms of a guest to their browser."""
        return "__Host-form" if self.services.settings.is_secure else "form"

    def csrf_token(self) -> str:
        """What the forms of this page must send back. For a guest it is also put into a cookie."""
        if not self._token:
            sent = self.request.cookies.get(self.form_cookie, "")
            self._token = sent if _GUEST_TOKEN.fullmatch(sent) else secrets.token_urlsafe(24)
        if self.viewer.is_guest:
            self._hands_out_token = True
        return self._token

    def client(self) -> str:
        """The client's address, for limits only."""
        return clients.address_of(self.request.scope, self.services.settings.proxies)

    async def spend(self, limit: str, deed: str) -> None:
        """Count one deed of this member, or of this client while nobody is recognised; raises `TooMany`."""
        who = self.client() if self.viewer.account is None else f"member {self.viewer.account.id}"
        await self.services.limiter.spend(limit, deed, who, clock.now())

    async def recognise(self, db: Connection) -> None:
        """Find out who is looking: one round trip, none without a cookie."""
        if not self.session_token:
            return
        session = await sessions.current(db, self.session_token, clock.now())
        if session is not None:
            self.viewer, self._token = session.viewer, session.csrf_token

    def render(self, template: str, status: int = 200, **data: object) -> Response:
        """A page for this visitor."""
        response = self.services.templates.render(template, self, status, **data)
        if self._hands_out_token:
            self.set_cookie(response, self.form_cookie, self.csrf_token())
        return response

    def set_cookie(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Set a cookie that scripts and other sites cannot read."""
        secure = self.services.settings.is_secure
        response.set_cookie(name, value, max_age=seconds, httponly=True, secure=secure, samesite="lax")

    def text(self, message: str) -> str:
        """A sentence of ours in the visitor's language; mark it with `N_` for the translators."""
        return self.services.templates.translated(self.language, message)


def page(access: Access, *, connection: Held = "request", limit: str = "") -> Callable[[Page], Handler]:
    """Declare a handler that only shows something."""

    def declare(handler: Page) -> Handler:
        @functools.wraps(handler)
        async def endpoint(request: Request) -> Response:
            visit = Visit(request, services_of(request))

            async def answer() -> Response:
                if limit:
                    await visit.spend(limit, handler.__name__)
                return await _with_connection(visit, connection, lambda: _admitted(visit, access, handler))

            return await _never_trouble(visit, answer)

        return _declared(endpoint, access, "page", limit)

    return declare


def _as_it_is(form: Form) -> Form:
    return form


def deed(
    access: Access,
    *,
    connection: Held = "request",
    limit: str = "",
    is_harmless: bool = False,
    uploads: int = 0,
    keeps: Callable[[Form], Form] = _as_it_is,
) -> Callable[[Deed], Handler]:
    """Declare a handler that changes something: the request must come from one of our own forms.

    `is_harmless` is for forms of guests that change nothing here: they work without the cookie that ties the
    other forms to a browser, so that reading a public page sets none. `keeps` makes of a form that an ended
    session was about to send one with `place`, `title` and `source`, which become a draft after signing in.
    `uploads`: the form has a file, and so many bytes at most. Then the body is read only when it is known who
    sends it, and no connection waits for it; raises `Misconfigured` for forms of guests.
    """
    if uploads and (access is Access.ANYONE or connection != "session"):
        raise Misconfigured("Only those who are signed in send files, and no connection waits for them.")

    def declare(handler: Deed) -> Handler:
        @functools.wraps(handler)
        async def endpoint(request: Request) -> Response:
            visit = Visit(request, services_of(request))
            visit.keeps = keeps

            async def perform(visit: Visit) -> Response:
                if uploads:
                    visit.form = await forms.read_upload(request, uploads)
                check_token(visit, is_harmless)
                assert visit.form is not None
                return await handler(visit, visit.form)

            async def answer() -> Response:
                if limit:
                    await visit.spend(limit, handler.__name__)
                check_origin(request, visit.services.site.origin)
                visit.form = Form({}) if uploads else await forms.read(request)
                return await _with_connection(visit, connection, lambda: _admitted(visit, access, perform))

            return await _never_trouble(visit, answer)

        return _declared(endpoint, access, "deed", limit)

    return declare


def check_origin(request: Request, origin: str) -> None:
    """Raise `Forbidden` if the browser says that the form is not one of ours (X7).

    `Sec-Fetch-Site` where the browser sends it; else `Origin`, where it says anything: our own
    `Referrer-Policy: no-referrer` makes it `null`. With neither, the token alone decides.
    """
    site = request.headers.get("sec-fetch-site")
    sender = request.headers.get("origin")
    is_foreign = site != "same-origin" if site else sender not in (None, "null", origin)
    if is_foreign:
        raise Forbidden("This form came from another page. Nothing was done. Please use the form here.")


def check_token(visit: Visit, is_harmless: bool) -> None:
    """Raise `Forbidden` unless the form carries this session's token (for a guest, this browser's)."""
    assert visit.form is not None
    sent = visit.form.secret("csrf_token")
    if visit.viewer.is_guest and (is_harmless or visit.request.headers.get("sec-fetch-site")):
        return  # `check_origin` has seen proof, or there is nothing to protect.
    if not hmac.compare_digest(sent.encode(), visit.csrf_token().encode()):
        raise Forbidden("This form was too old. Nothing was done. Please go back, reload and send it again.")


def check_routes(routes: Iterable[BaseRoute]) -> None:
    """Raise `Misconfigured` if a route does not say who may call it, or takes POST without being a deed."""
    for route in routes:
        if not isinstance(route, Route):
            raise Misconfigured(f"{route} is not a plain route, so nothing says who may call it.")
        kind = getattr(route.endpoint, "kind", None)
        if kind is None:
            raise Misconfigured(f"{route.path} does not declare who may call it.")
        if (kind == "deed") != bool((route.methods or set()) - {"GET", "HEAD"}):
            raise Misconfigured(f"{route.path} is declared as a {kind} but takes {route.methods}.")


async def _admitted(visit: Visit, access: Access, handler: Page) -> Response:
    scope = visit.request.scope
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        raise Missing  # PostgreSQL has no such character, so nothing here has such an address
    if access is Access.ANYONE:
        return await handler(visit)
    if visit.viewer.is_guest:
        return ask_to_sign_in(visit)
    role = visit.account.role
    if access is Access.STAFF and not visit.viewer.is_staff:
        raise Missing
    if access is Access.ADMIN and role not in ("owner", "admin"):
        raise Missing
    return await handler(visit)


def ask_to_sign_in(visit: Visit) -> Response:
    """The way to the sign-in page. What an ended session was about to send is carried along."""
    if visit.form is None:
        url = visit.request.url
        asked = forms.local_path(f"{url.path}?{url.query}" if url.query else url.path)
        return RedirectResponse(f"/sign-in?next={quote(asked, safe='/')}", 303)
    kept = visit.keeps(visit.form)
    return visit.render("sign_in.html", 401, next=kept.path("place"), kept=kept, message="")


async def _with_connection(
    visit: Visit, connection: Held, answer: Callable[[], Awaitable[Response]]
) -> Response:
    if connection == "never":
        return await answer()
    async with acquire(visit.services.pool) as db:
        await visit.services.templates.house.refresh(db, clock.now())
        await visit.recognise(db)
        if connection == "request":
            visit._db = db
            return await answer()
    return await answer()


async def _never_trouble(visit: Visit, answer: Callable[[], Awaitable[Response]]) -> Response:
    try:
        return await answer()
    except Trouble as trouble:
        return trouble_page(visit, trouble)


async def nothing_here(request: Request) -> Response:
    """The page for an address that no route answers: the same as for what is hidden (L3)."""
    visit = Visit(request, services_of(request))

    async def answer() -> Response:
        raise Missing

    return await _never_trouble(visit, lambda: _with_connection(visit, "session", answer))


def trouble_page(visit: Visit, trouble: Trouble) -> Response:
    """A page that says what happened and what to do. Whatever is missing or hidden looks the same (L3)."""
    if isinstance(trouble, Missing) and trouble.status == 404:
        return visit.render("trouble.html", 404, code=404, message="")
    response = visit.render(
        "trouble.html", trouble.status, code=trouble.status, message=visit.text(trouble.message)
    )
    retry_after = getattr(trouble, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(int(retry_after))
    return response


def _declared(endpoint: Any, access: Access, kind: str, limit: str) -> Handler:
    endpoint.access, endpoint.kind, endpoint.limit = access, kind, limit
    declared: Handler = endpoint
    return declared

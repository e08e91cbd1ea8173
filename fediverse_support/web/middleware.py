"""Around every request, in plain ASGI: security headers, and the page for what nobody foresaw.

Sessions, forms and limits are not here but in `security.py`, where each handler declares what it needs: an
inbox that takes 3,000 activities a second must not look for cookies.
"""

import traceback
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit, nothing_here
from fediverse_support.web.services import services_of

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
"""Nothing inline, nothing from elsewhere, on every route (X4)."""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "X-Robots-Tag": "noindex, noarchive, nosnippet, noai, noimageai",
    "TDM-Reservation": "1",
}

_SORRY = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sorry</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/style.css"></head><body><main><div class="frame">
<h1>Something went wrong on our side</h1>
<p class="lead">It was not your doing. Please go back and try again in a moment; what you wrote is still in
the page before this one.</p><p><a class="button plain" href="/">Back to the front page</a></p>
</div></main></body></html>
"""

_log = structlog.get_logger(__name__)


class SecurityHeaders:
    """Adds the headers above to every answer that has not set its own."""

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        self.app = app
        headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if is_secure else {})
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; write the headers when the answer starts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                names = {name for name, _ in own}
                message["headers"] = [*own, *(pair for pair in self.headers if pair[0] not in names)]
            await send(message)

        await self.app(scope, receive, send_with_headers)


class LastResort:
    """Answers 500 for what nobody foresaw, and logs where it happened, never what it was about.

    The text of an exception can hold what a member wrote, so only its type and the lines of code are logged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and catch what falls out."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_started = False

        async def send_noting(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except Exception as error:  # noqa: BLE001  (the ASGI error page: nothing else may catch everything)
            _log.error(
                "request failed", error=type(error).__name__, method=scope["method"], at=lines_of(error)
            )
            if not has_started:
                response = HTMLResponse(_SORRY, 500, headers={"Cache-Control": "no-store"})
                await response(scope, receive, send)


async def http_error(request: Request, error: Exception) -> Response:
    """The page for an address that no route answers, or a method that it does not take."""
    if getattr(error, "status_code", 404) != 405:
        return await nothing_here(request)
    visit = Visit(request, services_of(request))
    message = visit.text(N_("This address does not take what was sent to it."))
    return visit.render("trouble.html", 405, code=405, message=message)


async def sorry(request: Request, error: Exception) -> Response:
    """The page for what nobody foresaw. It needs no template, which may be what failed."""
    return HTMLResponse(_SORRY, 500, headers={"Cache-Control": "no-store"})


HANDLERS: dict[Any, Any] = {404: http_error, 405: http_error, Exception: sorry}
"""For `Starlette(exception_handlers=…)`."""


def lines_of(error: BaseException) -> list[str]:
    """Where an error happened, in lines of code, and never what it was about."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rsplit('fediverse_support/')[-1]}:{frame.lineno}" for frame in frames[-8:]]

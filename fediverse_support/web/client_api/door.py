"""The way into the client API, around every call: CORS, rates, one shape of errors, no HTML ever.

Web clients of other origins call us without cookies, so that every answer, errors too, may be read by any
origin (mastodon-api.md §5.5). A slash at the end of an address means the same address.
"""

import hashlib
from datetime import datetime, timedelta

import structlog
from limits import RateLimitItemPerMinute
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fediverse_support.core import clock
from fediverse_support.web import clients
from fediverse_support.web.client_api.calls import Answer, response_of
from fediverse_support.web.client_api.table import Table
from fediverse_support.web.middleware import lines_of
from fediverse_support.web.services import services_of

EXPOSED = "Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, Idempotency-Key"
METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
OPEN_ADDRESSES = ("/oauth/token", "/oauth/revoke", "/oauth/userinfo")
OPEN_BEGINNINGS = ("/api/", "/.well-known/", "/nodeinfo/")

_SET_FOR_ALL = {
    b"access-control-allow-origin": b"*",
    b"access-control-expose-headers": EXPOSED.encode(),
    b"cross-origin-resource-policy": b"cross-origin",
}

PER_TOKEN = RateLimitItemPerMinute(1_500, 5)
PER_CLIENT = RateLimitItemPerMinute(1_000, 5)
"""Without a token, from one address: apps call ten to fifteen times when they start."""
BAD_PER_CLIENT = RateLimitItemPerMinute(300, 5)
"""With tokens that are none, from one address: a new one each time is no way past the limit."""

_log = structlog.get_logger(__name__)


class Door:
    """Takes what is meant for the client API and passes everything else on to `others`."""

    def __init__(self, table: Table, app: Starlette, others: ASGIApp) -> None:
        self._table = table
        self._app = app
        self._others = others
        self._windows = Windows()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let others answer."""
        if scope["type"] != "http" or not _is_open(scope["path"]):
            await self._others(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await _preflight()(scope, receive, send)
            return
        endpoints, values = self._table.find(scope["path"])
        if not endpoints and not scope["path"].startswith("/api/"):
            await self._others(scope, receive, _with_cors(send))
            return
        found = {"path_params": values, "app": self._app, "endpoints": endpoints}
        await self._call({**scope, **found}, receive, _with_cors(send))

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def send_noting(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        request = Request(scope, receive)
        try:
            response = await self._answer(request)
            await response(scope, receive, send_noting)
        except Exception as error:  # noqa: BLE001  (the ASGI error page: nothing else may catch everything)
            _log.error(
                "request failed", error=type(error).__name__, method=scope["method"], at=lines_of(error)
            )
            if not has_started:
                sorry = Answer({"error": "Something went wrong on our side. Please try again."}, 500)
                await response_of(sorry)(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        endpoints = request.scope["endpoints"]
        method = "GET" if request.method == "HEAD" else request.method
        if not endpoints or "\x00" in request.scope["path"]:
            return response_of(Answer({"error": "Not Found"}, 404))
        if method not in endpoints:
            allowed = {"Allow": ", ".join(sorted(endpoints))}
            return response_of(Answer({"error": "Method not allowed"}, 405, allowed))
        rates = self._spend(request)
        if rates["X-RateLimit-Remaining"] == "-1":
            rates["X-RateLimit-Remaining"] = "0"
            return response_of(Answer({"error": "Too many requests"}, 429, rates))
        response: Response = await endpoints[method](request)
        if response.status_code == 401 and self._is_guessing(request):
            response = response_of(Answer({"error": "Too many requests"}, 429))
            rates["X-RateLimit-Remaining"] = "0"
        response.raw_headers += [(name.lower().encode(), value.encode()) for name, value in rates.items()]
        return response

    def _spend(self, request: Request) -> dict[str, str]:
        """Count one call, and say how many are left; -1 for one too many."""
        services, now = services_of(request), clock.now()
        if token := _token_in(request):
            item, key = PER_TOKEN, _key_of(token)
        else:
            client = clients.address_of(request.scope, services.settings.proxies)
            item, key = PER_CLIENT, services.limiter.mark(client, now)
        count, ends_at = self._windows.count(key, now, timedelta(seconds=item.get_expiry()))
        return {
            "X-RateLimit-Limit": str(item.amount),
            "X-RateLimit-Remaining": str(max(item.amount - count, -1)),
            "X-RateLimit-Reset": ends_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }

    def _is_guessing(self, request: Request) -> bool:
        """Whether one more token that is none is too many from there. What was counted for it goes, so that
        tokens which somebody makes up take no room."""
        if not (token := _token_in(request)):
            return False
        self._windows.drop(_key_of(token))
        services, now = services_of(request), clock.now()
        client = clients.address_of(request.scope, services.settings.proxies)
        key = f"bad {services.limiter.mark(client, now)}"
        length = timedelta(seconds=BAD_PER_CLIENT.get_expiry())
        return self._windows.count(key, now, length)[0] > BAD_PER_CLIENT.amount


class Windows:
    """How often each has called since the first call of their window. Counts in this process only.

    Written out, because it stands before every call: a library's limiter costs as much as a query.
    """

    def __init__(self) -> None:
        self._open: dict[str, tuple[int, datetime]] = {}

    def count(self, key: str, now: datetime, length: timedelta) -> tuple[int, datetime]:
        """Count one call: how many there were in this window, this one included, and when it ends."""
        self._forget(now)
        number, ends_at = self._open.get(key, (0, now + length))
        self._open[key] = number + 1, ends_at
        return number + 1, ends_at

    def drop(self, key: str) -> None:
        """Forget one window."""
        self._open.pop(key, None)

    def _forget(self, now: datetime) -> None:
        """Windows lie in the order in which they were opened, and all are as long: the first ends first."""
        while self._open:
            key, (_, ends_at) = next(iter(self._open.items()))
            if ends_at > now:
                return
            del self._open[key]


def _token_in(request: Request) -> str | None:
    return request.headers.get("authorization") or request.query_params.get("access_token")


def _key_of(token: str) -> str:
    return hashlib.blake2b(token.encode(), digest_size=16).hexdigest()


def _is_open(path: str) -> bool:
    return path.startswith(OPEN_BEGINNINGS) or path.rstrip("/") in OPEN_ADDRESSES


def _preflight() -> Response:
    return Response(
        status_code=200,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID",
            "Access-Control-Max-Age": "7200",
        },
    )


def _with_cors(send: Send) -> Send:
    async def send_open(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = message.get("headers", ())
            vary = b", ".join([*(value for name, value in own if name == b"vary"), b"Authorization, Origin"])
            kept = (pair for pair in own if pair[0] not in _SET_FOR_ALL and pair[0] != b"vary")
            message["headers"] = [*kept, *_SET_FOR_ALL.items(), (b"vary", vary)]
        await send(message)

    return send_open

"""One port for both communities: the `Host` header says who is asked, as behind any proxy."""

import asyncio
import errno
import socket
from collections.abc import Mapping
from html import escape

import uvicorn
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from fediverse_support.core.errors import Misconfigured
from fediverse_support.serving import WEBSOCKETS, Server, run_server

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 5
_BACKLOG = 1_024
_STYLE = "body{font:18px/1.6 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


class Doors:
    """Hands each request to the community that it names; whoever names none is shown the way."""

    def __init__(self, applications: Mapping[str, ASGIApp], titles: Mapping[str, str]) -> None:
        self._applications = applications
        self._titles = titles

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        headers = dict(scope["headers"])
        asked = headers.get(b"host", b"").decode("latin-1").lower()
        await self._applications.get(asked, self._show_the_way)(scope, receive, send)

    async def _show_the_way(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        request = Request(scope)
        links = "".join(
            f'<li><a href="http://{escape(host)}/">{escape(title)}</a></li>'
            for host, title in self._titles.items()
        )
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Two communities</title>'
            '<meta name="viewport" content="width=device-width">'
            '<meta name="color-scheme" content="light dark">'
            f"<style>{_STYLE}</style><h1>Two communities live here</h1><p>Each has its own name:</p>"
            f"<ul>{links}</ul></html>"
        )
        status = 200 if request.url.path == "/" else 404
        await HTMLResponse(page, status, {"Content-Security-Policy": _POLICY})(scope, receive, send)


def listen(port: int) -> socket.socket:
    """A socket that takes connections from this machine; raises `Misconfigured` when it cannot be had."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if not 0 < port < 65_536:
            raise OSError(errno.EINVAL, "there is no such port")
        listener.bind((LOOPBACK, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"Port {port} cannot be used ({error.strerror}): perhaps another demo is running. Stop it, or "
            "choose another port: fediverse-support demo --port 8700, or make run ARGS='--port 8700'."
        ) from None
    return listener


async def serve(application: ASGIApp, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve on `listener` until `stop` is set, and end what is under way within `GRACE_SECONDS`."""
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=75,
        **WEBSOCKETS,
    )
    await run_server(Server(config), stop, [listener])

"""Running it: web, worker or both in one process, until a signal says stop.

SIGTERM and SIGINT: no new request is taken, what is in hand is finished within 20 seconds, leases are
given back, and the embedded database, if there is one, is stopped last.
"""

import asyncio
import contextlib
import logging
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import structlog
import uvicorn
from starlette.types import ASGIApp

from fediverse_support import app
from fediverse_support.core import logs
from fediverse_support.core.errors import Misconfigured
from fediverse_support.core.settings import Settings
from fediverse_support.foundation import Foundation, laid
from fediverse_support.web import metrics
from fediverse_support.web.client_api.streaming.pump import Pump
from fediverse_support.worker import Worker

log = structlog.get_logger()

GRACE_SECONDS = 20
_BACKLOG = 2_048

WEBSOCKETS: dict[str, Any] = {
    "ws": "websockets-sansio",
    # A client says which streams it wants, and nothing else.
    "ws_max_size": 65_536,
    "ws_max_queue": 16,
    "ws_ping_interval": 30.0,
    "ws_ping_timeout": 30.0,
    # Compression costs a third of a megabyte for each socket.
    "ws_per_message_deflate": False,
}
"""How uvicorn serves open streams: who does not answer a ping for half a minute is gone."""


class Server(uvicorn.Server):
    """Uvicorn without its own signal handling: whoever runs it decides when all stops (`run_server`)."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def run(settings: Settings, *, web: bool, worker: bool) -> None:
    """Serve until SIGTERM or SIGINT. Raises `Misconfigured` with what to do."""
    logs.configure(settings)
    if web:
        _check_certificate(settings)
        _allow_many_connections()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(settings, web=web, worker=worker))


async def _serve(settings: Settings, *, web: bool, worker: bool) -> None:
    async with laid(settings, _say) as foundation:
        if foundation.policies.trouble is not None:
            raise foundation.policies.trouble
        stop = asyncio.Event()
        _stop_on_signals(stop)
        await run_on(foundation, stop, web=web, worker=Worker(foundation) if worker else None)


async def run_on(foundation: Foundation, stop: asyncio.Event, *, web: bool, worker: Worker | None) -> None:
    """Run the doors and the loops on a foundation until `stop` is set."""
    async with asyncio.TaskGroup() as group:
        group.create_task(foundation.policies.run(foundation.pool, stop))
        if worker is not None:
            group.create_task(worker.run(stop))
        if web:
            services = app.services_on(foundation)
            application = app.build(foundation, services=services, on_stored=worker.wake if worker else None)
            group.create_task(Pump(services).run(stop))
            server = _server(application, foundation.settings, foundation.settings.bind)
            group.create_task(run_server(server, stop))
            _say(f"Listening on {foundation.settings.bind} for {foundation.site.origin}")
        if foundation.settings.metrics != "off":
            # For a scraper on the same machine: plain http, whatever the doors speak.
            plain = msgspec.structs.replace(foundation.settings, tls_cert="", tls_key="")
            server = _server(metrics.build(foundation.pool), plain, foundation.settings.metrics)
            group.create_task(run_server(server, stop))


async def run_server(server: Server, stop: asyncio.Event, sockets: list[socket.socket] | None = None) -> None:
    """Serve, on `sockets` or where the server's settings say, until `stop` is set; ended, it sets it too.

    Raises `Misconfigured` when the address cannot be had.
    """
    serving = asyncio.create_task(server.serve(sockets))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.set()
    try:
        await serving
    except SystemExit:
        raise Misconfigured("The program could not listen on its address. See the line above.") from None
    finally:
        stopping.cancel()


def _is_no_refusal(record: logging.LogRecord) -> bool:
    """Uvicorn takes a WebSocket that we refuse with a reason for a mistake of ours, and says so each time."""
    return record.msg != "ASGI callable returned without completing handshake."


def _server(application: ASGIApp, settings: Settings, bind: str) -> Server:
    logging.getLogger("uvicorn.error").addFilter(_is_no_refusal)
    config = uvicorn.Config(
        application,
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=75,
        h11_max_incomplete_event_size=65_536,
        backlog=_BACKLOG,
        **WEBSOCKETS,
    )
    if bind.startswith("unix:"):
        config.uds = bind.removeprefix("unix:")
    else:
        config.host, config.port = _address(bind)
    return Server(config)


def _address(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal():
        raise Misconfigured(f"FS_BIND must look like 127.0.0.1:8000 or unix:/path, not {bind!r}.")
    address = host.strip("[]")
    _check_free(address, int(port))
    return address, int(port)


def _check_free(address: str, port: int) -> None:
    """Say in words that a port is taken, before uvicorn says it with an error number."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise Misconfigured(
                f"Port {port} on {address} cannot be used: {error.strerror}. "
                "Stop the other program or choose another address with FS_BIND."
            ) from None


def _allow_many_connections() -> None:
    """Take as many open files as we may have: usually only 1,024 are given, and each open stream is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _check_certificate(settings: Settings) -> None:
    """Say in words that certificate and key do not fit together, before anything has started."""
    if not settings.tls_cert:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.tls_cert, settings.tls_key
        )
    except (ssl.SSLError, OSError) as error:
        raise Misconfigured(
            f"FS_TLS_CERT and FS_TLS_KEY cannot be used ({error.strerror}): they must be a certificate and "
            "its key without a password, both in PEM."
        ) from None


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the event loop: uvloop where there is one, else asyncio itself (None)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)

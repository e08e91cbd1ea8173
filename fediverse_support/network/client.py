"""The outbound door: every request that leaves this server goes through one `Client`.

What holds for each: https only (plain http into the private networks of a test network), the URL passes
the gate, the address passes the guard, one deadline round the whole exchange (httpx's timeouts are for each
read, so a peer that drips a byte a second holds them open for ever), bounded bodies, no cookies, no proxies
or credentials from the environment, redirects by hand.
"""

import asyncio
import functools
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import urldefrag, urljoin

import aiohttp
import httpx
import msgspec
from aiohttp.abc import AbstractResolver
from yarl import URL

from fediverse_support import __version__
from fediverse_support.core import clock
from fediverse_support.core.errors import Misconfigured, Refused, RemoteRefused, RemoteTrouble
from fediverse_support.core.settings import Settings
from fediverse_support.network import bodies
from fediverse_support.network import headers as header_values
from fediverse_support.network.guard import AddressRefused, Guard
from fediverse_support.network.transport import EXACT_URL, GuardedTransport, exact, guarded
from fediverse_support.protocol.site import Site, site_of

MEBIBYTE = 1 << 20
GET_SECONDS = 10.0
POST_SECONDS = 30.0
REDIRECTS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_FAILURES = (aiohttp.ClientError, httpx.HTTPError, OSError)
"""All ways in which a request can fail on the wire; a timeout is an `OSError`."""

Signer = Callable[[str], Mapping[str, str]]
"""The headers that sign a GET of one URL; called anew for each redirect."""


class Reply(msgspec.Struct, frozen=True):
    """The answer to a GET. `url` is the last one, after redirects; `headers` have lower-case names.

    `body` is decoded and complete for 2xx, and empty for everything else.
    """

    status: int
    url: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The `Content-Type` as it was sent, or an empty string."""
        return self.headers.get("content-type", "")


class PostReply(msgspec.Struct, frozen=True):
    """The answer to a POST: `retry_after` in seconds, `snippet` up to 4 kB of what the other side said."""

    status: int
    retry_after: float | None = None
    snippet: str = ""


class _Target(msgspec.Struct, frozen=True):
    """A URL that passed the gate, parsed for both libraries."""

    transport: GuardedTransport
    url: httpx.URL
    exact: URL


class Client:
    """Sends requests to other servers. Open it in the event loop that uses it; close it at the end.

    `lookup` replaces the system's name look-up, and `now` the clock; both are for tests.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        lookup: AbstractResolver | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.site: Site = site_of(settings)
        self.allows_http = settings.outbound_allow_http
        self.now = now
        self._private_networks = settings.private_networks
        self._ca_file = settings.outbound_ca_file
        self._lookup = lookup
        self._user_agent = f"fediverse-support/{__version__} (+{self.site.origin}/)"
        self._transports: dict[str, GuardedTransport] = {}
        self._target = functools.lru_cache(maxsize=8192)(self._checked_target)

    async def open(self) -> None:
        """Make the connection pools. Raises `Misconfigured` when the CA file cannot be read."""
        context = _tls(self._ca_file)
        guards = {"https": Guard(self._private_networks)}
        if self.allows_http:
            guards["http"] = Guard(self._private_networks, private_only=True)
        self._transports = {scheme: guarded(guard, context, self._lookup) for scheme, guard in guards.items()}

    async def close(self) -> None:
        """Close all connections; safe to run twice."""
        self._target.cache_clear()
        for transport in self._transports.values():
            await transport.aclose()
        self._transports = {}

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def get(
        self,
        url: str,
        *,
        accept: str,
        headers: Mapping[str, str] | None = None,
        limit: int = MEBIBYTE,
        total: float = GET_SECONDS,
        redirects: int = REDIRECTS,
        same_origin: bool = True,
        signer: Signer | None = None,
    ) -> Reply:
        """GET `url`, following up to `redirects` redirects, within `total` seconds altogether.

        Each hop passes the gate and the guard and is signed anew. With `same_origin` every hop stays on the
        origin that was asked, so an open redirect cannot lend its name to another's document. `limit`
        counts bytes after decoding. Any status may come back.

        Raises `Refused` for a URL that we do not ask for, `RemoteRefused` for an answer that breaks these
        rules, `RemoteTrouble` when there is no answer.
        """
        given = {
            "accept": accept,
            "accept-encoding": "gzip",
            "user-agent": self._user_agent,
            **(headers or {}),
        }
        seen = [urldefrag(self.site.gate.check(url)).url]
        try:
            async with asyncio.timeout(total):
                while True:
                    signed = signer(seen[-1]) if signer else {}
                    reply = await self._get_once(seen[-1], {**given, **signed}, limit)
                    if reply.status not in _MOVED or "location" not in reply.headers:
                        return reply
                    seen.append(self._next_hop(seen, reply.headers["location"], redirects, same_origin))
        except _FAILURES as error:
            raise _trouble(error) from error

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], total: float = POST_SECONDS
    ) -> PostReply:
        """POST `body` to `url` with `headers` as they are (signed, with their content type).

        Redirects are not followed: a 3xx comes back as it is. Any status may come back. May reach the other
        side twice (see `GuardedTransport`). Raises `Refused`, `RemoteRefused` and `RemoteTrouble` as `get`.
        """
        target = self._target(url)
        request = _request("POST", target, {"user-agent": self._user_agent, **headers}, body)
        response: httpx.Response | None = None
        snippet = ""
        try:
            async with asyncio.timeout(total):
                response = await target.transport.handle_async_request(request)
                snippet = await bodies.snippet(response)
        except _FAILURES as error:
            # With the status the other side has decided; a body that breaks off does not undo that.
            if response is None:
                raise _trouble(error) from error
        finally:
            if response is not None:
                await _close(response)
        assert response is not None
        waits = response.headers.get("retry-after")
        seconds = header_values.retry_after(waits, self.now()) if waits else None
        return PostReply(response.status_code, seconds, snippet)

    def _checked_target(self, url: str) -> _Target:
        url = self.site.gate.check(url)
        if not self._transports:
            raise RuntimeError("The client is not open.")
        transport = self._transports.get(url.partition(":")[0])
        if transport is None:
            raise Refused("We ask other servers by https only.")
        return _Target(transport, httpx.URL(url), exact(url))

    async def _get_once(self, url: str, headers: Mapping[str, str], limit: int) -> Reply:
        target = self._target(url)
        response = await target.transport.handle_async_request(_request("GET", target, headers))
        try:
            if response.is_success:
                body = await bodies.read(response, limit)
            else:
                # Reading a short error page keeps the connection for the next request.
                await bodies.snippet(response)
                body = b""
        finally:
            await _close(response)
        return Reply(response.status_code, url, dict(response.headers), body)

    def _next_hop(self, seen: list[str], location: str, redirects: int, same_origin: bool) -> str:
        """The URL that `location` leads to from the last of `seen`. Raises `RemoteRefused`."""
        if len(seen) > redirects:
            raise RemoteRefused("The answer redirects too often.")
        try:
            url = self.site.gate.check(urldefrag(urljoin(seen[-1], location)).url)
        except (Refused, ValueError):
            raise RemoteRefused("The answer redirects to a URL that we do not ask for.") from None
        if seen[-1].startswith("https:") and not url.startswith("https:"):
            raise RemoteRefused("The answer redirects from https to http.")
        if same_origin and not self.site.gate.same_origin(seen[0], url):
            raise RemoteRefused("The answer redirects to another server.")
        if url in seen:
            raise RemoteRefused("The answer redirects in a circle.")
        return url


def _request(method: str, target: _Target, headers: Mapping[str, str], body: bytes = b"") -> httpx.Request:
    return httpx.Request(
        method,
        target.url,
        headers=headers,
        stream=httpx.ByteStream(body),
        extensions={EXACT_URL: target.exact},
    )


async def _close(response: httpx.Response) -> None:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    await response.stream.aclose()


def _tls(ca_file: str) -> ssl.SSLContext:
    """The authorities that httpx brings along (certifi), and those of the operator's file."""
    if not ca_file:
        return _usual_tls()
    context = httpx.create_ssl_context(verify=True, trust_env=False)
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"FS_OUTBOUND_CA_FILE cannot be read: {ca_file} ({error}).") from None
    return context


@functools.cache
def _usual_tls() -> ssl.SSLContext:
    """One for the process: reading the authorities takes 80 ms, and every client may share them."""
    return httpx.create_ssl_context(verify=True, trust_env=False)


def _trouble(error: Exception) -> RemoteTrouble:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, AddressRefused):
        return RemoteRefused(f"We do not connect to this server: {cause}.")
    if isinstance(error, TimeoutError):
        return RemoteTrouble("The other server did not answer in time.")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return RemoteTrouble("The certificate of the other server is not valid.")
    return RemoteTrouble("The other server could not be reached, or broke off.")

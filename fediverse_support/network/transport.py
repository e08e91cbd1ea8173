"""The httpx transport over aiohttp, with the guard in it.

Why not `httpx.AsyncClient`: it costs about 0.5 ms of CPU a request in building, merging and redirect logic
that we do not want, where the RSA signature costs 0.4 ms. Why an own subclass of `AiohttpTransport`: its
ready-made form parses the URL anew and rewrites it (`%7E` becomes `~`), and a request whose target is not
byte for byte what was signed is refused by the other side.
"""

import ssl
from collections.abc import AsyncIterator

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from fediverse_support.network.guard import Guard, Resolver

EXACT_URL = "exact_url"
"""The request extension that holds the URL as a `yarl.URL` whose path and query stay as they are."""

CONNECT_TIMEOUT = aiohttp.ClientTimeout(sock_connect=5)
MAX_HEADER_BLOCK = 64 * 1024
IDLE_SECONDS = 60
DNS_SECONDS = 60
OUR_HEADERS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""Headers that aiohttp would add by itself; all come from us or not at all."""


class HeadersTooLarge(aiohttp.ClientError):
    """The header block of an answer is larger than `MAX_HEADER_BLOCK`."""


class _Stream(httpx.AsyncByteStream):
    """The raw body of an answer; closing it before its end closes the connection as well."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._answer.content.iter_chunked(16 * 1024):
            yield chunk

    async def aclose(self) -> None:
        self._answer.release()


class GuardedTransport(AiohttpTransport):
    """Sends one request as it stands: no redirects, no cookies, no proxies, nothing decoded or rewritten."""

    def __init__(self, session: aiohttp.ClientSession, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False, client=session)
        self._session = session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` to `request.extensions[EXACT_URL]`; the body of the answer is still to be read.

        Raises `aiohttp.ClientError` and `OSError`, with `AddressRefused` as `os_error` where the guard
        said no. A POST is sent a second time, once, when a connection kept from before turns out to be
        closed: peers close idle ones at any moment, and every inbox knows an activity by its id.
        """
        try:
            answer = await self._send(request)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if request.method != "POST":
                raise
            answer = await self._send(request)
        if sum(len(name) + len(value) for name, value in answer.raw_headers) > MAX_HEADER_BLOCK:
            answer.close()
            raise HeadersTooLarge("The header block is too large.")
        return httpx.Response(
            answer.status, headers=answer.raw_headers, stream=_Stream(answer), request=request
        )

    async def _send(self, request: httpx.Request) -> aiohttp.ClientResponse:
        assert isinstance(request.stream, httpx.ByteStream)
        return await self._session.request(
            request.method,
            request.extensions[EXACT_URL],
            # The raw pairs: `Headers.items()` guesses an encoding for each value, which is slow.
            headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw],
            data=b"".join(request.stream) or None,
            allow_redirects=False,
            timeout=CONNECT_TIMEOUT,
        )


def exact(url: str) -> URL:
    """`url` in the form that `EXACT_URL` wants."""
    return URL(url, encoded=True)


def guarded(guard: Guard, context: ssl.SSLContext, lookup: AbstractResolver | None) -> GuardedTransport:
    """A transport whose every connection passes `guard`; belongs to the running event loop.

    `lookup` stands in for the system's name look-up. aiohttp's pool has no limit of its own here: how much
    may be in flight is the business of the worker (deliveries) and of `Documents` (look-ups).
    """
    connector = aiohttp.TCPConnector(
        ssl=context,
        resolver=Resolver(guard, lookup),
        socket_factory=guard.socket,
        ttl_dns_cache=DNS_SECONDS,
        keepalive_timeout=IDLE_SECONDS,
        limit=0,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        skip_auto_headers=OUR_HEADERS,
    )
    return GuardedTransport(session, context)

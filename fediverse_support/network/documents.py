"""Documents of other servers, by their ids.

This is where a forged document would come in, so the rule is narrow (federation.md §4.1 and §4.3): what an
id means is what its own origin answers *at that id*, with an ActivityPub content type. Whoever names the id
in an activity, embeds a copy, or answers at another address has no say.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urldefrag

import msgspec

from fediverse_support.core.errors import Gone, Missing, Refused, RemoteRefused, RemoteTrouble
from fediverse_support.network import headers
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.client import GET_SECONDS, MEBIBYTE, Client, Reply, Signer
from fediverse_support.network.expiring import Expiring
from fediverse_support.network.hosts import HostSlots
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.signatures.claims import Style
from fediverse_support.protocol.signatures.keys import PrivateKey
from fediverse_support.protocol.signatures.signing import sign_get

ACTIVITY_STREAMS = "https://www.w3.org/ns/activitystreams"
ACCEPT = f'application/activity+json, application/ld+json; profile="{ACTIVITY_STREAMS}"'
AT_ONCE = 4
REMEMBERED = 10_000
WAY_KEPT = timedelta(days=7)
_LATER = frozenset({408, 425, 429})


class _Way(msgspec.Struct, frozen=True):
    """One way to sign a GET."""

    style: Style
    with_query: bool = True
    with_digest: bool = False


CAVAGE = _Way("cavage")
CAVAGE_PATH_ONLY = _Way("cavage", with_query=False)
CAVAGE_DIGEST = _Way("cavage", with_digest=True)
"""With the digest of no body: Lemmy checks it for what only the members of a community may read."""
RFC9421 = _Way("rfc9421")


class _Failure(msgspec.Struct, frozen=True):
    """What went wrong at a URL, kept without the traceback."""

    kind: type[Missing] | type[RemoteTrouble]
    message: str
    http_status: int | None = None
    retry_after: float | None = None

    def error(self) -> Missing | RemoteTrouble:
        if issubclass(self.kind, RemoteTrouble):
            return self.kind(self.message, http_status=self.http_status, retry_after=self.retry_after)
        return self.kind(self.message)


class Documents:
    """Fetches documents, signed by the instance actor and never by anybody else, so that no server learns
    which member looked (reliability S9). `key` is the instance actor's.

    A URL that failed is not asked again for a while; a host has at most `AT_ONCE` look-ups under way. Both
    live in this process only.
    """

    def __init__(self, client: Client, key: PrivateKey) -> None:
        self.client = client
        self._key = key
        self._failures: Expiring[_Failure] = Expiring(REMEMBERED, client.now)
        self._ways: Expiring[_Way] = Expiring(REMEMBERED, client.now)
        self._slots = HostSlots(AT_ONCE)

    async def fetch(self, url: str, budget: FetchBudget) -> dict[str, Any]:
        """The document whose `id` is the URL that it came from; compare this `id` with what you looked for.

        A fragment is not sent: a key id brings its actor. When the answer names another id on the same
        origin (an HTML address, GoToSocial's key path), that id is asked once, and must answer for itself.

        Raises `Gone` for 410 and Tombstones, `Missing` for 404, `RemoteRefused` for whatever breaks the
        rules, `RemoteTrouble` when it may work later, `Refused` for a URL or budget that does not allow it.
        """
        url = urldefrag(self.client.site.gate.check(url)).url
        async with self._remembering(url, budget):
            document, final = await self._document(url, budget)
            if document.get("id") != final:
                own = self._own_id(document, final)
                document, final = await self._document(own, budget)
                if document.get("id") != final:
                    raise RemoteRefused("The document has another id than its address.")
            if document.get("type") == "Tombstone":
                raise Gone("This was deleted on the other server.")
            return document

    async def fetch_listing(self, url: str, budget: FetchBudget) -> dict[str, Any]:
        """A collection or a page of one, for the ids in it: whatever `id` it has, or none (NodeBB).

        It proves nothing but that this server named these ids. Raises as `fetch`.
        """
        url = urldefrag(self.client.site.gate.check(url)).url
        async with self._remembering(url, budget):
            document, _ = await self._document(url, budget)
            return document

    async def status(self, url: str, budget: FetchBudget) -> int:
        """What a signed GET of `url` is answered with, whatever stands in the answer: for yes or no.

        Nothing is remembered. Raises `RemoteTrouble` when there is no answer, `Refused` as `fetch`.
        """
        reply = await self._signed(self.client.site.gate.check(url), budget)
        return reply.status

    async def get_json(
        self,
        url: str,
        budget: FetchBudget,
        *,
        accept: str,
        types: tuple[str, ...],
        limit: int,
        same_origin: bool,
    ) -> tuple[dict[str, Any], Reply]:
        """An unsigned JSON document that is not ActivityPub (WebFinger, NodeInfo), and the reply it came in.

        `types` are the content types that will do. Raises as `fetch`.
        """
        async with self._remembering(url, budget):
            reply = await self._get(url, budget, accept=accept, limit=limit, same_origin=same_origin)
            self._require_success(reply)
            found = headers.media_type(reply.content_type)
            if found is None or found.name not in types:
                raise RemoteRefused("The answer has a content type that we do not take here.")
            return _json(reply), reply

    async def _document(self, url: str, budget: FetchBudget) -> tuple[dict[str, Any], str]:
        reply = await self._signed(url, budget)
        budget.bytes += len(reply.body)
        self._require_success(reply)
        if not is_activity_type(reply.content_type):
            raise RemoteRefused("The answer is not an ActivityPub document.")
        return _json(reply), reply.url

    def _own_id(self, document: dict[str, Any], final: str) -> str:
        found = document.get("id")
        if not isinstance(found, str) or not self.client.site.gate.same_origin(found, final):
            raise RemoteRefused("The document has another id than its address.")
        if urldefrag(found).url == final:
            raise RemoteRefused("The id of the document is a part of another document.")
        return found

    async def _signed(self, url: str, budget: FetchBudget) -> Reply:
        """GET `url` signed; at 401 once more in each other way (GoToSocial and Fedify do the same)."""
        host = self.client.site.gate.host(url)
        ways = _ways(url, self._ways.get(host))
        for way in ways:
            reply = await self._get(
                url, budget, accept=ACCEPT, limit=MEBIBYTE, same_origin=True, signer=partial(self._sign, way)
            )
            if reply.status != 401:
                if way is not ways[0]:
                    self._ways.keep(host, way, WAY_KEPT)
                break
        return reply

    def _sign(self, way: _Way, url: str) -> dict[str, str]:
        return sign_get(
            url,
            self._key,
            self.client.now(),
            way.style,
            with_query=way.with_query,
            with_digest=way.with_digest,
        )

    async def _get(
        self,
        url: str,
        budget: FetchBudget,
        *,
        accept: str,
        limit: int,
        same_origin: bool,
        signer: Signer | None = None,
    ) -> Reply:
        host = self.client.site.gate.host(url)
        if host in (self.client.site.host, self.client.site.domain):
            raise Refused("This is on our own server.")
        budget.take(host)
        try:
            async with asyncio.timeout(min(GET_SECONDS, budget.seconds_left())):
                async with self._slots.slot(host):
                    return await self.client.get(
                        url, accept=accept, limit=limit, same_origin=same_origin, signer=signer
                    )
        except TimeoutError:
            raise RemoteTrouble("The other server did not answer in time.") from None

    def _require_success(self, reply: Reply) -> None:
        if 200 <= reply.status < 300:
            return
        if reply.status == 410:
            raise Gone("This was deleted on the other server.")
        if reply.status == 404:
            raise Missing("There is nothing at this address on the other server.")
        kind = RemoteTrouble if reply.status in _LATER or reply.status >= 500 else RemoteRefused
        waits = headers.retry_after(reply.headers.get("retry-after", ""), self.client.now())
        raise kind(f"The other server answered {reply.status}.", http_status=reply.status, retry_after=waits)

    @asynccontextmanager
    async def _remembering(self, url: str, budget: FetchBudget) -> AsyncIterator[None]:
        """Raise what `url` failed with a short while ago, or keep what it fails with now."""
        failure = self._failures.get(url)
        if failure is not None:
            raise failure.error()
        has_time = budget.seconds_left() >= GET_SECONDS
        try:
            yield
        except (Missing, RemoteTrouble) as error:
            # Who used up the time may be another server: a budget cut short says nothing about this one.
            if has_time or not _may_work_later(error):
                self._failures.keep(url, _failure(error), _kept_for(error))
            raise


def is_activity_type(content_type: str) -> bool:
    """Whether `content_type` is one of the two of ActivityPub (§3.2): activity+json, or ld+json with profile.

    Not `application/json`, `text/html`, nothing, or two at once: a file that somebody uploaded must not
    speak for the server that stores it (GHSA-jhrq-qvrm-qr36). Other parameters do not matter.
    """
    found = headers.media_type(content_type)
    if found is None:
        return False
    if found.name == "application/ld+json":
        return ACTIVITY_STREAMS in found.parameters.get("profile", "").split()
    return found.name == "application/activity+json"


def _ways(url: str, known: _Way | None) -> list[_Way]:
    pathless = [CAVAGE_PATH_ONLY] if "?" in url else []
    ways = [CAVAGE, *pathless, RFC9421, CAVAGE_DIGEST]
    return sorted(ways, key=lambda way: way != known)


def _json(reply: Reply) -> dict[str, Any]:
    try:
        return json_gate.read(reply.body, json_gate.FETCHED)
    except Refused as error:
        raise RemoteRefused(error.message) from None


def _may_work_later(error: Missing | RemoteTrouble) -> bool:
    return isinstance(error, RemoteTrouble) and not isinstance(error, RemoteRefused)


def _failure(error: Missing | RemoteTrouble) -> _Failure:
    if isinstance(error, RemoteTrouble):
        return _Failure(type(error), error.message, error.http_status, error.retry_after)
    return _Failure(type(error), error.message)


def _kept_for(error: Missing | RemoteTrouble) -> timedelta:
    if isinstance(error, Gone):
        return timedelta(hours=1)
    return timedelta(minutes=1) if _may_work_later(error) else timedelta(minutes=5)

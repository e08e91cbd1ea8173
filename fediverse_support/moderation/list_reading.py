"""Reading a list where it lies: a file in one of several forms, or a FIRES dataset and what changed in it."""

import asyncio
from typing import Any
from urllib.parse import quote

import msgspec

from fediverse_support.core.errors import RemoteRefused
from fediverse_support.database.domain_lists import Subscription
from fediverse_support.moderation import ladder
from fediverse_support.moderation.list_taking import Given
from fediverse_support.network import texts
from fediverse_support.network.client import Client
from fediverse_support.network.texts import LARGEST, TOTAL_SECONDS, Text
from fediverse_support.policy.lists import fires
from fediverse_support.policy.lists import formats as list_formats
from fediverse_support.policy.lists.fires import Dataset, Reduced
from fediverse_support.policy.lists.rows import Listing

MOST_PAGES = 200
_NOT_FOUND = (400, 404, 410, 422)


async def read(client: Client, subscription: Subscription, *, anew: bool = False) -> Given:
    """What the list says now; `anew`: as a whole, whether or not it has changed since the last time.

    Raises `Malformed` and `RemoteRefused` for what is not a list, `RemoteTrouble` for what may work later,
    `Refused` for an address that we do not ask.
    """
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            if subscription.format == "fires":
                return await _read_dataset(client, subscription, anew)
            return await _read_file(client, subscription, anew)
    except TimeoutError:
        raise RemoteRefused("The list could not be read within a minute.") from None


async def _read_file(client: Client, subscription: Subscription, anew: bool) -> Given:
    text = await texts.get_text(
        client,
        subscription.url,
        etag=None if anew else subscription.etag,
        last_modified=None if anew else subscription.last_modified,
    )
    if text is None:
        return Given(
            listing=None,
            etag=subscription.etag,
            last_modified=subscription.last_modified,
            cursor=subscription.cursor,
        )
    if subscription.format == "auto" and _is_dataset(text):
        return await _read_dataset(client, subscription, anew)
    listing = await asyncio.to_thread(
        list_formats.read, text.body, format=subscription.format, ours=ladder.ours(client.site)
    )
    return Given(listing=listing, etag=text.etag, last_modified=text.last_modified)


async def _read_dataset(client: Client, subscription: Subscription, anew: bool) -> Given:
    reader = _Reader(client, subscription.url)
    found = fires.dataset(await reader.document(subscription.url))
    if found.changes and subscription.cursor and not anew:
        given = await _read_on(reader, found.changes, subscription.cursor)
        if given is not None:
            return given
    return await _read_snapshot(reader, found)


async def _read_snapshot(reader: "_Reader", found: Dataset) -> Given:
    # The newest stands first; `reduce` takes what has no date for newer the later it comes.
    reduced = fires.reduce((await reader.items(found.snapshot))[::-1], ladder.ours(reader.client.site))
    return Given(listing=_listing(reduced), cursor=reduced.last)


async def _read_on(reader: "_Reader", changes: str, cursor: str) -> Given | None:
    """What has changed since `cursor`; None if the other side does not know it any more."""
    sign = "&" if "?" in changes else "?"
    try:
        items = await reader.items(f"{changes}{sign}since={quote(cursor, safe='')}")
    except RemoteRefused as error:
        if error.http_status in _NOT_FOUND:
            return None
        raise
    if not items:
        return Given(listing=None, cursor=cursor)
    reduced = fires.reduce(items, ladder.ours(reader.client.site))
    return Given(listing=_listing(reduced), gone=reduced.gone, cursor=reduced.last or cursor)


class _Reader:
    """Reads documents and collections of one dataset, all from its own server, within one bound of bytes."""

    def __init__(self, client: Client, url: str) -> None:
        self.client = client
        self._url = url
        self._left = LARGEST

    async def document(self, url: str) -> dict[str, Any]:
        """A JSON object. Raises `RemoteRefused` for one elsewhere or that is none."""
        if not self.client.site.gate.same_origin(self._url, url):
            raise RemoteRefused("The dataset leads to another server.")
        text = await texts.get_text(self.client, url, largest=max(self._left, 1), same_origin=True)
        assert text is not None
        self._left -= len(text.body.encode())
        found = _object(text.body)
        if found is None:
            raise RemoteRefused("The answer is not a JSON document.")
        return found

    async def items(self, url: str) -> list[dict[str, Any]]:
        """All items of a collection, page by page. Raises `RemoteRefused` for one without an end."""
        found: list[dict[str, Any]] = []
        seen: set[str] = set()
        following: str | None = url
        while following is not None:
            if following in seen or len(seen) >= MOST_PAGES:
                raise RemoteRefused("The dataset has no end.")
            seen.add(following)
            page = fires.page(await self.document(following))
            found += page.items
            following = page.next or (page.first if not page.items and len(seen) == 1 else None)
        return found


def _listing(reduced: Reduced) -> Listing:
    return Listing(reduced.entries, reduced.skipped)


def _is_dataset(text: Text) -> bool:
    found = _object(text.body) if text.body.lstrip().startswith("{") else None
    return found is not None and fires.is_dataset(found)


def _object(body: str) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None

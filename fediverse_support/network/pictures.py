"""What makes pictures, in one process of ours: its files, its way to other servers, and its two hands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fediverse_support.core.errors import Missing, RemoteRefused, RemoteTrouble
from fediverse_support.core.pictures import LARGEST_REMOTE_FILE, Picture, Purpose
from fediverse_support.core.settings import Settings
from fediverse_support.network import picture_process
from fediverse_support.network.client import Client
from fediverse_support.network.hosts import HostSlots
from fediverse_support.network.media_files import MediaFiles, files_of

AT_ONCE = 2
"""Pictures that one process of ours has in work: each is a process of its own with up to 512 MiB."""
PER_HOST = 4
FETCH_SECONDS = 20.0
ACCEPT = "image/webp, image/jpeg, image/png, image/gif, image/avif"


class Pictures:
    """Makes pictures anew, and fetches those of others. One for each process of ours."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self.files: MediaFiles = files_of(settings)
        self._client = client
        self._hands = asyncio.Semaphore(AT_ONCE)
        self._hosts = HostSlots(PER_HOST)
        self._under_way: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}

    @property
    def is_busy(self) -> bool:
        """Whether who comes now has to wait."""
        return self._hands.locked()

    async def developed(self, body: bytes, purpose: Purpose) -> Picture:
        """The picture in `body`, made anew when a hand is free. Raises as `picture_process.developed`."""
        async with self._hands:
            return await picture_process.developed(body, purpose)

    async def fetched(self, url: str, purpose: Purpose) -> Picture:
        """A picture of another server, made anew: asked for by this server, never by who looks at it.

        What it is, is not what the answer says. Raises `Missing`, `RemoteTrouble`, `RemoteRefused`,
        `Refused`, and as `developed`.
        """
        host = urlsplit(url).netloc
        if host in (self._client.site.host, self._client.site.domain):
            raise RemoteRefused("This is on our own server.")
        async with self._hosts.slot(host):
            reply = await self._client.get(
                url, accept=ACCEPT, limit=LARGEST_REMOTE_FILE, total=FETCH_SECONDS, same_origin=False
            )
        if reply.status in (404, 410):
            raise Missing("There is no such picture on the other server any more.")
        if not 200 <= reply.status < 300:
            raise RemoteTrouble(f"The other server answered {reply.status}.", http_status=reply.status)
        return await self.developed(reply.body, purpose)

    @asynccontextmanager
    async def alone(self, public_id: str) -> AsyncIterator[None]:
        """Nobody else in this process works on this picture inside the block."""
        lock = self._under_way.setdefault(public_id, asyncio.Lock())
        self._waiting[public_id] = self._waiting.get(public_id, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[public_id] -= 1
            if not self._waiting[public_id]:
                del self._waiting[public_id], self._under_way[public_id]

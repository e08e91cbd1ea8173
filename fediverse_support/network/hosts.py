"""How many look-ups one host may have under way at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class HostSlots:
    """At most `each` at once for every host; others for the same host wait their turn.

    So one slow server cannot tie up all our look-ups, and a burst of unknown keys is no attack on a peer.
    Keeps nothing about a host that nobody is busy with.
    """

    def __init__(self, each: int) -> None:
        self._each = each
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._users: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._slots)

    @asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        """Hold one slot of `host` inside the block."""
        slots = self._slots.setdefault(host, asyncio.Semaphore(self._each))
        self._users[host] = self._users.get(host, 0) + 1
        try:
            async with slots:
                yield
        finally:
            self._users[host] -= 1
            if not self._users[host]:
                del self._users[host], self._slots[host]

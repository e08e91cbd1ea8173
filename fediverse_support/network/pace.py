"""Politeness towards a host that is asked for much: one request at a time, a pause between two, and rests."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from fediverse_support.network.expiring import Expiring
from fediverse_support.network.hosts import HostSlots

REMEMBERED = 10_000


class Pace:
    """At most one request at a time for each host, and `pause` seconds between two; in this process only.

    A host that asked to be left alone rests: nobody is kept from calling it here, ask `rests_until` first.
    """

    def __init__(self, pause: float, now: Callable[[], datetime]) -> None:
        self._pause = pause
        self._now = now
        self._slots = HostSlots(1)
        self._rests: Expiring[datetime] = Expiring(REMEMBERED, now)
        self._called: Expiring[float] = Expiring(REMEMBERED, now)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at `host` and hold it inside the block."""
        async with self._slots.slot(host):
            called = self._called.get(host)
            if called is not None:
                await asyncio.sleep(max(0.0, called + self._pause - time.monotonic()))
            try:
                yield
            finally:
                self._called.keep(host, time.monotonic(), timedelta(seconds=self._pause + 1))

    def rest(self, host: str, seconds: float) -> None:
        """Let `host` rest for so long; a longer rest stays."""
        span = timedelta(seconds=seconds)
        until = self._now() + span
        known = self._rests.get(host)
        if known is None or known < until:
            self._rests.keep(host, until, span)

    def rests_until(self, host: str) -> datetime | None:
        """Until when `host` rests, or None if it does not."""
        return self._rests.get(host)

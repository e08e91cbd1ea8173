"""Group commit: arrivals that come within the same couple of milliseconds share one insert and one flush.

A durable commit costs a flush of the disk whether it holds one row or a hundred. While one is under
way, those that arrive queue up, and the next one takes them all.
"""

import asyncio

from fediverse_support.core.errors import Unavailable
from fediverse_support.database import inbox
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import Pool, acquire

LARGEST = 256
_Waiting = tuple[Arrived, "asyncio.Future[None]"]


class Committer:
    """Stores arrivals; `store` returns when its arrival is on disk, and only then."""

    def __init__(self, pool: Pool, window: float = 0.002) -> None:
        self._pool = pool
        self._window = window
        self._waiting: list[_Waiting] = []
        self._running: asyncio.Task[None] | None = None

    async def store(self, arrived: Arrived) -> None:
        """Wait until `arrived` is committed, or was before. Raises `Unavailable` if it could not be."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrived, future))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        await future

    async def _run(self) -> None:
        await asyncio.sleep(self._window)
        while self._waiting:
            batch, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
            error = await self._commit([arrived for arrived, _ in batch])
            for _, future in batch:
                if future.done():
                    continue
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

    async def _commit(self, rows: list[Arrived]) -> Unavailable | None:
        try:
            async with acquire(self._pool) as db:
                await inbox.add_many(db, rows)
        except Unavailable as trouble:
            return trouble
        return None

"""Group commit: arrivals that come within the same couple of milliseconds share one insert and one flush.

A durable commit costs a flush of the disk whether it holds one row or a hundred. While one is under
way, those that arrive queue up, and the next one takes them all.
"""

import asyncio
from collections.abc import Callable

from fediverse_support.core.errors import Malformed, Unavailable
from fediverse_support.database import inbox
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import UNFIT, Pool, acquire

LARGEST = 256
_Waiting = tuple[Arrived, "asyncio.Future[None]"]
_Failure = Malformed | Unavailable


class Committer:
    """Stores arrivals; `store` returns when its arrival is on disk, and only then.

    `on_stored` is called after each commit: the worker of the same process need not wait for its next look.
    """

    def __init__(
        self, pool: Pool, window: float = 0.002, on_stored: Callable[[], None] | None = None
    ) -> None:
        self._pool = pool
        self._on_stored = on_stored
        self._window = window
        self._waiting: list[_Waiting] = []
        self._running: asyncio.Task[None] | None = None

    async def store(self, arrived: Arrived) -> None:
        """Wait until `arrived` is committed, or was before.

        Raises `Unavailable` if that is not possible now, `Malformed` if it never will be.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrived, future))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        await future

    async def _run(self) -> None:
        await asyncio.sleep(self._window)
        while self._waiting:
            batch, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
            failures: list[_Failure | None] = [Unavailable("This could not be stored.")] * len(batch)
            try:
                failures = await self._commit([arrived for arrived, _ in batch])
            finally:
                # Whatever has happened, nobody is left waiting, and nobody is told that it is stored.
                _tell(batch, failures)
            if self._on_stored is not None and not all(failures):
                self._on_stored()

    async def _commit(self, rows: list[Arrived]) -> list[_Failure | None]:
        """What became of each row: None for stored."""
        try:
            async with acquire(self._pool) as db:
                await inbox.add_many(db, rows)
        except Unavailable as trouble:
            return [trouble] * len(rows)
        except UNFIT:
            # One that cannot be stored must not take its neighbours along.
            return [Malformed("This cannot be stored.")] if len(rows) == 1 else await self._one_by_one(rows)
        return [None] * len(rows)

    async def _one_by_one(self, rows: list[Arrived]) -> list[_Failure | None]:
        return [failure for row in rows for failure in await self._commit([row])]


def _tell(batch: list[_Waiting], failures: list[_Failure | None]) -> None:
    for (_, future), failure in zip(batch, failures, strict=True):
        if future.done():
            continue
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)

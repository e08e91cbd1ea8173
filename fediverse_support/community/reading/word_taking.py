"""The loop that takes the words of new and changed posts, so that they are found by them a moment later.

Whoever stores a post only notes its number (migration 0045): taking its words costs more than storing it.
What there was before that migration is taken in the same way, the newest first; a million posts take about a
quarter of an hour, during which search finds what has been taken. Any number may run.
"""

import asyncio
from contextlib import suppress

from fediverse_support.database import searching
from fediverse_support.database.pool import Pool, acquire

BATCH = 100
_IDLE = 2.0


class WordTaker:
    """Takes words until it is told to stop."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run(self, stop: asyncio.Event) -> None:
        """Take what there is until `stop` is set."""
        while not stop.is_set():
            if not await self.step():
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _IDLE)

    async def step(self) -> int:
        """Take the words of a batch; of how many posts. Raises `Unavailable`. Safe to run twice."""
        async with acquire(self._pool) as db:
            return await searching.take_words(db, BATCH)

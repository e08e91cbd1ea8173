"""The loop that looks for the rest of threads: it leases one and does errand after errand.

What was stored stays stored, and where the search is gets written down every few errands: a worker that is
killed leaves a lease that runs out, and the next one goes on nearly where it was.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from fediverse_support.core import clock
from fediverse_support.core.errors import Unavailable
from fediverse_support.database import gatherings
from fediverse_support.database.gatherings import Gathering
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.inbox.gathering.asking import Tools
from fediverse_support.inbox.gathering.search import LEASE, Search
from fediverse_support.network.documents import Documents
from fediverse_support.network.pace import Pace
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.site import Site

AT_ONCE = 2
PAUSE = 0.25
"""Seconds between two requests to the same host."""
_IDLE = 5.0

log = structlog.get_logger()


class Gatherer:
    """Looks for the rest of threads, `at_once` at a time. Any number may run: they share the work by leases.

    `on_step` is told of every step, for whoever watches.
    """

    def __init__(
        self,
        pool: Pool,
        site: Site,
        documents: Documents,
        acquaintance: Acquaintance,
        policy: Callable[[], Policy],
        *,
        at_once: int = AT_ONCE,
        pause: float = PAUSE,
        now: Callable[[], datetime] = clock.now,
        on_step: Callable[[Gathering], None] | None = None,
    ) -> None:
        self._tools = Tools(
            pool=pool,
            site=site,
            documents=documents,
            acquaintance=acquaintance,
            policy=policy,
            pace=Pace(pause, now),
            now=now,
        )
        self._at_once = at_once
        self._on_step = on_step

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is in hand then is written down and given back."""
        await asyncio.gather(*(self._lane(stop) for _ in range(self._at_once)))

    async def step(
        self, *, root_id: int | None = None, stop: asyncio.Event | None = None
    ) -> Gathering | None:
        """Work on one thread that is due, or on that of `root_id`, until its search ends or has to wait.

        Gives how it stands then; None if there was none. Raises `Unavailable`.
        """
        async with acquire(self._tools.pool) as db:
            leased = await gatherings.lease(db, self._tools.now(), LEASE, root_id=root_id)
        if leased is None:
            return None
        search = Search(self._tools, leased, self._on_step)
        try:
            return await search.go(stop)
        except Unavailable:
            raise
        except Exception as error:
            log.error("gathering.crashed", number=leased.root_id, error=type(error).__name__, exc_info=error)
            return await search.end("failed", f"This failed: {type(error).__name__}.")

    async def _lane(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                found = await self.step(stop=stop)
            except Unavailable:
                found = None
            if found is None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _IDLE)

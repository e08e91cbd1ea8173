"""The loop that fetches lists of domains: it leases one that is due, reads it and lets it count or wait.

Any number of workers may run: they share the work by leases. A fetch that fails changes nothing; it is on
the record, shown where lists are looked after, and tried again later and later.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from fediverse_support.core import clock
from fediverse_support.core.errors import Missing, Refused, RemoteTrouble
from fediverse_support.database import domain_lists as stored
from fediverse_support.database.domain_lists import Subscription
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.moderation import list_reading
from fediverse_support.moderation.list_taking import Fetched, Given, take
from fediverse_support.network.client import Client
from fediverse_support.protocol.site import Site

LEASE = timedelta(minutes=3)
"""Longer than a fetch may take; then another worker tries."""
_IDLE = 15.0
_SOONEST_RETRY = 1.0
"""Hours."""

log = structlog.get_logger()


class ListFetcher:
    """Fetches lists. `chance` gives a number between 0 and 1: lists are not all fetched on the full hour."""

    def __init__(
        self,
        pool: Pool,
        site: Site,
        client: Client,
        *,
        now: Callable[[], datetime] = clock.now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._pool = pool
        self._site = site
        self._client = client
        self._now = now
        self._chance = chance

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch what is due until `stop` is set."""
        while not stop.is_set():
            if await self.step() is None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _IDLE)

    async def step(self, name: str | None = None, *, is_sure: bool = False) -> Fetched | None:
        """Fetch the next list that is due, or the one called `name`; None if there is none.

        A list that another worker has in hand is not there. `is_sure`: whatever it says is taken, also if it
        has shrunk. Raises `Unavailable`.
        """
        now = self._now()
        async with acquire(self._pool) as db:
            leased = await stored.lease(db, now, now + LEASE, name)
        if leased is None:
            return None
        try:
            given = await list_reading.read(self._client, leased, anew=is_sure)
        except (Refused, RemoteTrouble, Missing) as error:
            return await self._failed(leased, error.message)
        return await self._taken(leased, given, is_sure)

    async def _taken(self, leased: Subscription, given: Given, is_sure: bool) -> Fetched:
        now = self._now()
        async with acquire(self._pool) as db, db.transaction():
            current = await stored.by_name(db, leased.name, for_update=True)
            if current is None or (current.id, current.url) != (leased.id, leased.url):
                return Fetched(
                    name=leased.name, outcome="unchanged", message="The list was changed meanwhile."
                )
            fetched = await take(db, self._site, current, given, now, is_sure=is_sure)
            await stored.record_fetch(db, leased.id, fetched.outcome, fetched.numbers, fetched.message, now)
            await stored.finish(
                db,
                leased.id,
                next_fetch_at=self._after(now, leased.hours),
                now=now,
                failure=fetched.message if fetched.outcome == "too-small" else "",
            )
        return fetched

    async def _failed(self, leased: Subscription, message: str) -> Fetched:
        now, failures = self._now(), leased.failures + 1
        hours = min(float(leased.hours), _SOONEST_RETRY * 2 ** min(failures - 1, 10))
        log.warning("lists.fetch_failed", tries=failures, reason=message)
        async with acquire(self._pool) as db, db.transaction():
            await stored.record_fetch(db, leased.id, "failed", {}, message, now)
            await stored.finish(
                db,
                leased.id,
                next_fetch_at=self._after(now, hours),
                now=now,
                failure=message,
                failures=failures,
            )
        return Fetched(name=leased.name, outcome="failed", message=message)

    def _after(self, now: datetime, hours: float) -> datetime:
        """When the next fetch is: up to a tenth earlier or later, so that not everybody comes at once."""
        return now + timedelta(hours=hours * (0.9 + 0.2 * self._chance()))

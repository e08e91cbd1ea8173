"""Looking after pictures: what waits is made, what must go goes, copies end. Any number of workers may do it.

The rows say what there is; files follow them. Whatever takes a row away (a post is deleted, by whomever and
in whatever way) leaves its name in `media_garbage` in the same transaction and wakes a worker: the files are
gone a moment after the deed, and nothing is served from the moment of the deed on.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from fediverse_support.community.pictures import media as pictures_of
from fediverse_support.core import clock
from fediverse_support.database import media as stored
from fediverse_support.database.listening import listen
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.network.media_files import COPIES, KEEP_COPIES, KEEP_UPLOADS, SHELVES
from fediverse_support.network.pictures import Pictures
from fediverse_support.policy.engine import Policy

CHANNEL = "media"
POLL_SECONDS = 5.0
TIDY_EVERY = timedelta(minutes=10)
SWEEP_EVERY = timedelta(hours=24)
MOST_AT_ONCE = 200


class MediaKeeper:
    """The loop of one worker. `policy` gives the policy in force."""

    def __init__(self, pool: Pool, pictures: Pictures, policy: Callable[[], Policy]) -> None:
        self._pool = pool
        self._pictures = pictures
        self._policy = policy
        self._wake = asyncio.Event()
        self._tidied_at: datetime | None = None
        self._swept_at: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is in hand is finished."""
        listening = asyncio.create_task(listen(self._pool, CHANNEL, self._wake.set))
        try:
            while not stop.is_set():
                self._wake.clear()
                await self.round(clock.now())
                await self._rest(stop)
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def round(self, now: datetime) -> None:
        """Everything that is due now. Safe to run twice and at the same time."""
        await self.clear_away()
        while await pictures_of.develop_next(self._pool, self._pictures, now) is not None:
            await self.clear_away()
        if self._tidied_at is None or now >= self._tidied_at + TIDY_EVERY:
            self._tidied_at = now
            await self.tidy(now)
        if self._swept_at is None or now >= self._swept_at + SWEEP_EVERY:
            self._swept_at = now
            await self.sweep(now)

    async def clear_away(self) -> None:
        """Remove the files of what is deleted; first the files, then the note that they must go."""
        while True:
            async with acquire(self._pool) as db:
                gone = await stored.garbage(db, MOST_AT_ONCE)
            for public_id in gone:
                await self._pictures.files.remove(public_id)
            async with acquire(self._pool) as db:
                await stored.forget_garbage(db, gone)
            if len(gone) < MOST_AT_ONCE:
                return

    async def tidy(self, now: datetime) -> None:
        """Let uploads go that nobody used, and copies that are old or that policy does not take any more."""
        ladder = self._policy().ladder
        async with acquire(self._pool) as db:
            await stored.purge_loose(db, now - KEEP_UPLOADS)
            refused = [host for host in await stored.hosts_of_copies(db) if not ladder.takes_media(host)]
        while True:
            async with acquire(self._pool) as db:
                ended = await stored.expire_copies(db, now - KEEP_COPIES, refused, MOST_AT_ONCE)
            for public_id in ended:
                await self._pictures.files.remove(public_id, (COPIES,))
            if len(ended) < MOST_AT_ONCE:
                break
        await self.clear_away()

    async def sweep(self, now: datetime) -> None:
        """Remove files that nothing names, as a power cut may leave them; only what is older than a day."""
        found = await self._pictures.files.strays(now - KEEP_UPLOADS)
        for start in range(0, len(found), MOST_AT_ONCE):
            some = found[start : start + MOST_AT_ONCE]
            async with acquire(self._pool) as db:
                known = await stored.known(db, some)
            for public_id in set(some) - known:
                await self._pictures.files.remove(public_id, SHELVES)

    async def _rest(self, stop: asyncio.Event) -> None:
        """Until something happens, some seconds have passed, or all stops."""
        waits = [asyncio.create_task(each.wait()) for each in (self._wake, stop)]
        try:
            await asyncio.wait(waits, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

"""The loop that rings on members' devices: takes what is due, asks whether it is quiet, sends.

Any number may run, in any number of processes. A push service that says that it does not know a device ends
its subscription; one that fails is tried again later and later. What still could not be sent after two days
is forgotten: nobody wants to be rung for it then.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from fediverse_support.accounts import vapid
from fediverse_support.community.notifying.rings import Say, message_of
from fediverse_support.core import clock
from fediverse_support.core.errors import Refused, RemoteRefused, RemoteTrouble
from fediverse_support.core.quiet_hours import quiet_until
from fediverse_support.core.sealing import Seal
from fediverse_support.database import push, push_jobs
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.database.push import Subscription, Wishes
from fediverse_support.database.push_jobs import Job
from fediverse_support.network.client import Client
from fediverse_support.network.push import KEEP_SECONDS, Device, Sealed, sealed, send
from fediverse_support.protocol.site import Site

LEASE = timedelta(minutes=2)
"""Longer than a batch may take."""
AT_ONCE = 32
KEEP = timedelta(seconds=KEEP_SECONDS)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=2)
_IDLE = 2.0
_PATIENT = frozenset({408, 425, 429})
"""Answers in the 400s that say "later" and not "never"."""
_TOO_LARGE = 413

TOKEN = "push-token"  # noqa: S105  (what it is sealed for, not the token)
"""What tokens of subscriptions are sealed for."""

_encode = msgspec.json.Encoder().encode
log = structlog.get_logger(__name__)


class Ringer:
    """Sends rings. `say` translates, `icon` is the address of the picture that is shown with each."""

    def __init__(
        self,
        pool: Pool,
        client: Client,
        site: Site,
        seal: Seal,
        *,
        say: Say,
        icon: str,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._pool = pool
        self._client = client
        self._site = site
        self._seal = seal
        self._say = say
        self._icon = icon
        self._now = now
        self._key: ec.EllipticCurvePrivateKey | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is due until `stop` is set."""
        while not stop.is_set():
            if not await self.step():
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _IDLE)

    async def step(self) -> int:
        """Take what is due, a batch at most, and send it; how many were taken. Raises `Unavailable`."""
        now = self._now()
        async with acquire(self._pool) as db:
            jobs = await push_jobs.take(db, now, LEASE, AT_ONCE)
            if not jobs:
                return 0
            self._key = self._key or await vapid.private_key(db, self._seal, now)
            await push_jobs.finish(db, {job.id for job in jobs if not job.about.stands})
            ready = await self._ready(db, [job for job in jobs if job.about.stands], now)
        await asyncio.gather(*(self._ring(job, now) for job in ready))
        return len(jobs)

    async def _ready(self, db: Connection, jobs: Sequence[Job], now: datetime) -> list[Job]:
        """Those to be sent now. What comes in quiet hours is put off to their end."""
        ready, waits = [], dict[datetime, list[int]]()
        for job in jobs:
            ends = quiet_end(job.wishes, now)
            if ends is None:
                ready.append(job)
            else:
                waits.setdefault(ends, []).append(job.id)
        for ends, ids in waits.items():
            await push_jobs.put_off(db, ids, ends)
        # The newest that waited stands for all of them; the others are forgotten with it.
        newest = {job.subscription.id: job.id for job in ready if job.is_late}
        return [job for job in ready if not job.is_late or newest[job.subscription.id] == job.id]

    async def _ring(self, job: Job, now: datetime) -> None:
        number = 1
        if job.is_late:
            async with acquire(self._pool) as db:
                number = await push_jobs.gather_late(db, job.subscription.id, job.id)
        try:
            reply = await send(self._client, job.subscription.endpoint, self._sealed(job, number, now))
        except (Refused, RemoteRefused) as error:
            await self._end(job.subscription, error.message)
        except RemoteTrouble as error:
            await self._later(job, now, error.retry_after)
        else:
            await self._answered(job, reply.status, reply.retry_after, now)

    async def _answered(self, job: Job, status: int, retry_after: float | None, now: datetime) -> None:
        if 200 <= status < 300 or status == _TOO_LARGE:
            async with acquire(self._pool) as db:
                await push_jobs.finish(db, [job.id])
        elif status >= 500 or status in _PATIENT:
            await self._later(job, now, retry_after)
        else:
            await self._end(job.subscription, f"The push service answered {status}.")

    def _sealed(self, job: Job, number: int, now: datetime) -> Sealed:
        assert self._key is not None
        subscription = job.subscription
        token = self._seal.open(subscription.sealed_token, TOKEN).decode("ascii")
        message = message_of(job, number=number, token=token, icon=self._icon, say=self._say)
        return sealed(
            device_of(subscription), _encode(message), self._key, self._site.gate, self._site.origin, now
        )

    async def _later(self, job: Job, now: datetime, retry_after: float | None) -> None:
        """Try again later, unless it would be too late then."""
        wait = min(FIRST_RETRY * 2 ** min(job.tries - 1, 10), LONGEST_RETRY)
        if retry_after is not None:
            wait = max(wait, timedelta(seconds=min(retry_after, LONGEST_RETRY.total_seconds())))
        async with acquire(self._pool) as db:
            if now + wait - job.made_at > KEEP:
                await push_jobs.finish(db, [job.id])
            else:
                await push_jobs.try_again(db, job.id, now + wait)

    async def _end(self, subscription: Subscription, reason: str) -> None:
        log.info("push.subscription_ended", reason=reason)
        async with acquire(self._pool) as db:
            await push.forget_subscription(db, subscription.id)


def quiet_end(wishes: Wishes, now: datetime) -> datetime | None:
    """When the quiet hours of a member end in which it is `now`; None if it is not quiet."""
    if wishes.quiet_from is None or wishes.quiet_until is None:
        return None
    return quiet_until(wishes.quiet_from, wishes.quiet_until, wishes.time_zone, now)


def device_of(subscription: Subscription) -> Device:
    """The device of a subscription, as messages to it are encrypted."""
    return Device(
        endpoint=subscription.endpoint,
        public_key=subscription.public_key,
        auth_secret=subscription.auth_secret,
        is_standard=subscription.is_standard,
    )

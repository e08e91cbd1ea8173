"""The worker that delivers: leases hosts that have something due and gives each a turn.

It is a pipeline, not a series of rounds: as soon as places are free, the next hosts are leased. A host that
keeps us waiting longer than `PATIENCE` steps aside: it goes on, but its place goes to the next, so a
hundred dead servers do not hold up one that lives. Aside there is room for many, since a connection that
waits costs next to nothing.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from fediverse_support.core import clock
from fediverse_support.core.errors import Trouble, Unavailable
from fediverse_support.database import deliveries, leases, recalls
from fediverse_support.database.listening import listen
from fediverse_support.database.pool import AWAY, Pool, acquire
from fediverse_support.network.client import Client
from fediverse_support.outbox import backoff, circuits
from fediverse_support.outbox.findings import Findings, circuit_of
from fediverse_support.outbox.keyring import Keyring
from fediverse_support.outbox.ledger import Ledger
from fediverse_support.outbox.postbag import Postbag
from fediverse_support.outbox.reports import DeliveryReport, Tally
from fediverse_support.outbox.sending import Sender
from fediverse_support.outbox.turns import Tools, Turn

LEASE = timedelta(seconds=60)
POLL = 2.0
PATIENCE = 0.3
LOOK_ROUND = 0.1
ASIDE = 8
"""Room aside, as a multiple of the concurrency."""

COMES_TOGETHER = 0.05
"""How long after the first word that something is due the others are waited for."""

GATHER = 0.05
"""How long results gather before they are written."""

GRACE = 20.0
TIDY_EVERY = 600.0
KEPT_FINISHED = timedelta(days=30)
_FORGET_AT_ONCE = 10_000

_log = structlog.get_logger(__name__)


class Deliverer:
    """Delivers what waits, until it is told to stop. Any number may run, in any number of processes.

    `concurrency` is how many hosts are served at once, apart from those that stepped aside. `on_tried`
    is told of each try, `on_delivered` of each delivery, `on_gone` of each inbox that answers 404 or 410,
    after which someone should look whether its actor still exists; all are called in the event loop and
    must not wait.
    """

    def __init__(
        self,
        pool: Pool,
        client: Client,
        keyring: Keyring,
        *,
        concurrency: int = 64,
        on_delivered: Callable[[DeliveryReport], None] | None = None,
        on_gone: Callable[[DeliveryReport], None] | None = None,
        on_tried: Callable[[DeliveryReport], None] | None = None,
        now: Callable[[], datetime] = clock.now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.tally = Tally()
        self._pool = pool
        self._concurrency = concurrency
        self._watchers = {"delivered": on_delivered, "gone": on_gone}
        self._on_tried = on_tried
        self._now = now
        self._ledger = Ledger(pool, now)
        self._postbag = Postbag(keyring)
        self._tools = Tools(
            sender=Sender(client, now),
            ledger=self._ledger,
            now=now,
            chance=chance,
            report=self._report,
            is_stopping=lambda: self._is_stopping,
            still_waits=self._still_waits,
        )
        self._is_stopping = False
        self._turns: dict[asyncio.Task[None], Turn] = {}
        self._aside: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._may_be_due = True

    async def step(self) -> int:
        """One round: what is due now is served to the end and written down; how many tries that took.

        For tests and commands; `run` does not wait for the slowest.
        """
        turns = await self._lease(self._concurrency)
        await asyncio.gather(*(turn.run() for turn in turns))
        await self._ledger.write()
        return sum(turn.tries for turn in turns)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; then end what is under way within 20 s and give all leases back."""
        self._is_stopping = False
        try:
            async with asyncio.TaskGroup() as group:
                helpers = [group.create_task(helper) for helper in self._helpers(stop)]
                while not self._is_stopping:
                    await self._fill_places()
                    await self._until_woken()
                await self._finish_turns(GRACE)
                for helper in helpers:
                    helper.cancel()
        finally:
            self._is_stopping = True
            await self._finish_turns(0)
            with suppress(Unavailable):
                await self._ledger.write()

    def _helpers(self, stop: asyncio.Event) -> list[Coroutine[None, None, None]]:
        return [
            listen(self._pool, deliveries.CHANNEL, self._something_is_due),
            self._write_down(),
            self._keep_tidy(),
            self._stop_when(stop),
        ]

    # Leasing

    async def _lease(self, limit: int) -> list[Turn]:
        """Lease up to `limit` hosts with their deliveries."""
        began, now = time.monotonic(), self._now()
        async with acquire(self._pool) as db:
            await leases.notice(db, now)
            hosts = await leases.lease_hosts(db, now, limit, LEASE)
            rooms = [(host.name, circuits.room(circuit_of(host), now)) for host in hosts]
            try:
                packed = await self._postbag.pack(db, now, rooms) if rooms else {}
            except (Trouble, asyncio.CancelledError, *AWAY):
                for host in hosts:
                    back = Findings(host, now).as_return(has_more=True, now=now)
                    self._ledger.hand_back(back)
                raise
        return [
            Turn(self._tools, host, packed.get(host.name, ()), room=room, seen_at=now, began=began)
            for host, (_, room) in zip(hosts, rooms, strict=True)
        ]

    async def _still_waits(self, delivery_id: int) -> bool:
        """Whether what only members may see is still to go to this inbox. If that is not known, it is not."""
        try:
            async with acquire(self._pool) as db:
                return await recalls.still_waits(db, delivery_id)
        except Unavailable:
            return False

    async def _fill_places(self) -> None:
        """Begin turns for the places that are free, if something may be due and it is worth a query."""
        self._let_step_aside()
        free = self._concurrency - (len(self._turns) - len(self._aside))
        if not self._may_be_due or free < max(1, self._concurrency // 4):
            return
        try:
            turns = await self._lease(free)
        except Trouble as trouble:
            # Away, or a key that cannot be opened: what is leased comes back by itself.
            _log.warning("deliveries_not_leased", reason=trouble.message)
            self._may_be_due = False
            return
        self._may_be_due = len(turns) == free
        for turn in turns:
            task = asyncio.create_task(turn.run(), name=f"turn of {turn.name}")
            self._turns[task] = turn
            task.add_done_callback(self._turn_is_over)

    def _let_step_aside(self) -> None:
        """Give away the places of hosts that keep us waiting, as long as there is room aside."""
        since = time.monotonic() - PATIENCE
        for task, turn in self._turns.items():
            if len(self._aside) >= ASIDE * self._concurrency:
                return
            if turn.waiting_since is not None and turn.waiting_since < since:
                self._aside.add(task)

    def _turn_is_over(self, task: "asyncio.Task[None]") -> None:
        turn = self._turns.pop(task)
        self._aside.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("turn_failed", exc_info=error, tries=turn.tries)
        if self._may_be_due:
            self._wake.set()

    # Waiting

    def _something_is_due(self) -> None:
        self._may_be_due = True
        self._wake.set()

    async def _until_woken(self) -> None:
        wait = LOOK_ROUND if self._may_be_due and self._turns else POLL
        try:
            async with asyncio.timeout(wait):
                await self._wake.wait()
                # A busy group publishes a hundred times a second: one look finds what came together.
                await asyncio.sleep(COMES_TOGETHER)
        except TimeoutError:
            self._may_be_due = True
        self._wake.clear()

    async def _stop_when(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._is_stopping = True
        self._wake.set()

    async def _finish_turns(self, grace: float) -> None:
        """Let turns end what is under way, for so many seconds; then cut them off."""
        if grace and self._turns:
            await asyncio.wait(list(self._turns), timeout=grace)
        for task in (left := list(self._turns)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    # Writing down

    async def _write_down(self) -> None:
        while True:
            await self._ledger.has_something.wait()
            await asyncio.sleep(GATHER)
            try:
                if await self._ledger.write():
                    self._something_is_due()
            except Unavailable as trouble:
                _log.warning("deliveries_not_written", reason=trouble.message)
                await asyncio.sleep(1.0)

    async def _keep_tidy(self) -> None:
        while True:
            with suppress(Unavailable):
                await self.tidy()
            await asyncio.sleep(TIDY_EVERY)

    async def tidy(self) -> None:
        """Give up what has waited for seven days, forget what ended a month ago. Safe to run twice."""
        now = self._now()
        async with acquire(self._pool) as db:
            expired = await deliveries.expire(db, now - backoff.GIVE_UP, now)
            await deliveries.forget(db, now - KEPT_FINISHED, _FORGET_AT_ONCE)
        self.tally.expire(expired)

    def _report(self, report: DeliveryReport) -> None:
        self.tally.count(report)
        if self._on_tried is not None:
            self._on_tried(report)
        watcher = self._watchers.get(report.outcome)
        if watcher is not None:
            watcher(report)

"""Putting stored arrivals into effect: verify, judge, handle, mark.

For each arrival one transaction holds the handler's effects, the deliveries that follow from it, the
decision of policy and the mark on the row. What goes wrong ends in one of three ways:

- *refused*: the activity is not right, or policy or a handler does not take it; final, with its reason;
- *postponed*: another server or our database is the trouble; tried again, later each time;
- *parked*: it cannot be digested (a defect, ours or theirs); kept for an admin to see and replay.
"""

import asyncio
import functools
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import groupby

import msgspec
import structlog

from fediverse_support.core import clock
from fediverse_support.core.errors import (
    Malformed,
    Missing,
    Refused,
    RemoteRefused,
    RemoteTrouble,
    TooMany,
    Trouble,
    Unavailable,
)
from fediverse_support.core.metrics import INBOX
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, decisions, hosts, inbox
from fediverse_support.database.inbox import Arrived, State
from fediverse_support.database.pool import UNSTORABLE, Connection, Pool, acquire
from fediverse_support.inbox import reading
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.inbox.context import Held, Needs, Sources
from fediverse_support.inbox.handling import Case, Effect, hold_back, refuse, take_effect
from fediverse_support.inbox.known_keys import KnownKeys
from fediverse_support.inbox.synchronising import Synchroniser
from fediverse_support.inbox.verifying import Verifier
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.documents import Documents
from fediverse_support.policy.decisions import Decision
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.site import Site

log = structlog.get_logger()

BATCH = 64
LEASE = timedelta(seconds=60)
MOST_IN_HAND = 256
"""How many actors' arrivals one loop has in hand, most of them waiting for other servers."""
GRACE = 15.0
MOST_ATTEMPTS = 8
MOST_CRASHES = 3
MOST_NEEDS = 60
SIGN_OF_LIFE_EVERY = timedelta(minutes=1)
MOST_SEEN = 10_000
_PAUSE = 1.0
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Processed(msgspec.Struct, frozen=True):
    """What became of one arrival: for the log, the metrics and whoever watches."""

    arrived: Arrived
    state: State
    outcome: str
    decision: Decision | None
    seconds: float


class Processor:
    """The loop that works through the inbox; `at_once` arrivals are put into effect at the same time.

    Any number of loops may run, here or in other processes: they share the work by leases.
    """

    def __init__(
        self,
        pool: Pool,
        site: Site,
        documents: Documents,
        policy: Callable[[], Policy],
        known_keys: KnownKeys,
        *,
        at_once: int = 8,
        now: Callable[[], datetime] = clock.now,
        on_processed: Callable[[Processed], None] | None = None,
    ) -> None:
        self._pool = pool
        self._gate = asyncio.Semaphore(at_once)
        self._site = site
        self._documents = documents
        self._policy = policy
        self._now = now
        self._on_processed = on_processed
        self._acquaintance = Acquaintance(pool, site, documents, policy, now)
        self._verifier = Verifier(pool, site, known_keys, self._acquaintance, now)
        self._synchroniser = Synchroniser(pool, site, documents, now)
        self._seen: dict[str, datetime] = {}
        self._unmarked: set[int] = set()
        self.wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is in hand then is finished, and unused leases are given back.

        New arrivals are taken up while earlier ones wait for other servers: a slow one holds up nobody else.
        """
        in_hand: set[asyncio.Task[int]] = set()
        while not stop.is_set():
            try:
                begun = await self._begin(stop)
            except Unavailable:
                begun = []
            in_hand.update(begun)
            for task in begun:
                task.add_done_callback(in_hand.discard)
            if not begun:
                await self._pause(stop)
            elif len(in_hand) >= MOST_IN_HAND:
                await asyncio.wait(in_hand, return_when=asyncio.FIRST_COMPLETED)
        await self._end_all(in_hand)

    async def step(self, stop: asyncio.Event | None = None) -> int:
        """Process what is due now, to the end; how much that was. Raises `Unavailable`."""
        done = sum(await asyncio.gather(*await self._begin(stop)))
        if stop is not None and stop.is_set():
            await self._give_back()
        return done

    async def _begin(self, stop: asyncio.Event | None) -> list[asyncio.Task[int]]:
        """Lease a batch and begin to work on it: one task for each actor, in the order of what they sent."""
        self.wake.clear()
        await self._give_back()
        async with acquire(self._pool) as db:
            batch = await inbox.lease(db, self._now(), BATCH, LEASE)
            senders = await self._known_senders(db, batch)
            await self._note_signs_of_life(db, {row.host for row in batch if row.state == "waiting"})
        by_actor = sorted(batch, key=lambda row: (row.actor_uri, row.id))
        runs = [list(run) for _, run in groupby(by_actor, key=lambda row: row.actor_uri)]
        return [asyncio.create_task(self._in_order(run, senders.get(run[0].actor_uri), stop)) for run in runs]

    async def _end_all(self, in_hand: set[asyncio.Task[int]]) -> None:
        """Let what is in hand end; cut off what still waits for other servers, and give its leases back."""
        if in_hand:
            await asyncio.wait(in_hand, timeout=GRACE)
        for task in (left := list(in_hand)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        with suppress(Unavailable):
            await self._give_back()

    async def _give_back(self) -> None:
        """Give back leases of arrivals that were not begun, or whose mark was lost with the database."""
        if not self._unmarked:
            return
        async with acquire(self._pool) as db:
            await inbox.release(db, sorted(self._unmarked))
        self._unmarked.clear()

    async def _known_senders(self, db: Connection, batch: list[Arrived]) -> dict[str, Actor]:
        """Who sent this batch, in one look; whoever says more than one thing may change with the first."""
        times = Counter(row.actor_uri for row in batch)
        found = await actors.by_uris(db, [uri for uri, count in times.items() if count == 1])
        return {actor.uri: actor for actor in found if actor.state == "active"}

    async def _note_signs_of_life(self, db: Connection, names: set[str]) -> None:
        """Whoever sends something verified is alive: deliveries to them need not wait any longer."""
        now = self._now()
        fresh = {name for name in names if now - self._seen.get(name, _LONG_AGO) >= SIGN_OF_LIFE_EVERY}
        if not fresh:
            return
        await hosts.seen_inbound(db, fresh, now)
        if len(self._seen) > MOST_SEEN:
            self._seen.clear()
        self._seen.update(dict.fromkeys(fresh, now))

    async def _in_order(self, run: list[Arrived], sender: Actor | None, stop: asyncio.Event | None) -> int:
        """What one actor sent, one after the other; how much of it was done before `stop` was set.

        `sender` is the actor, if we know them and they sent one thing only.
        """
        left = [arrived.id for arrived in run]
        try:
            for arrived in run:
                if stop is not None and stop.is_set():
                    break
                await self._one(arrived, sender)
                left.remove(arrived.id)
        finally:
            self._unmarked.update(left)
        return len(run) - len(left)

    async def _one(self, arrived: Arrived, sender: Actor | None) -> None:
        began = time.perf_counter()
        try:
            processed = await self._digest(arrived, sender)
            if processed is not None and processed.state == "done":
                await self._synchroniser.compare(processed.arrived)
        except (RemoteTrouble, TooMany, Unavailable) as trouble:
            processed = await self._postpone(arrived, trouble)
        except Exception as error:  # noqa: BLE001  (the loop must outlive any one arrival)
            processed = await self._crashed(arrived, error)
        if processed is None:
            INBOX.labels("forgotten").inc()
            return
        INBOX.labels(processed.state).inc()
        if self._on_processed is not None:
            self._on_processed(msgspec.structs.replace(processed, seconds=time.perf_counter() - began))

    async def _digest(self, arrived: Arrived, sender: Actor | None) -> Processed | None:
        budget = FetchBudget()
        if arrived.state == "unverified":
            verified = await self._verifier.verify(arrived, budget)
            if verified is None:
                return None
            arrived = verified
        try:
            activity = await reading.in_full(arrived, self._site.gate)
        except Refused as refusal:
            return await self._end(arrived, "refused", refusal.message)
        case = Case(arrived, activity, sender)
        for _ in range(MOST_NEEDS):
            try:
                return await self._ended(case, take_effect)
            except Needs as needs:
                case.fetched[needs.url] = await self._get(needs, budget)
            except Held as held:
                return await self._ended(case, functools.partial(hold_back, held=held))
            except TooMany:
                raise
            except (RemoteRefused, Refused, Missing) as refusal:
                return await self._ended(case, functools.partial(refuse, refusal=refusal))
        raise Malformed("This activity needs too many documents.")

    async def _ended(self, case: Case, effect_of: Callable[[Sources, Case], Awaitable[Effect]]) -> Processed:
        """One transaction: the effect of an arrival, the decision about it, and the mark on its row."""
        async with self._gate, acquire(self._pool) as db, db.transaction():
            effect = await effect_of(self._sources(db, case), case)
            await self._finish(db, case.arrived, effect)
        considered = effect.considered
        if effect.state != "done" or considered.decision.is_held:
            log.info(
                "inbox.decided",
                inbox_id=case.arrived.id,
                decision=considered.judged.number,
                state=effect.state,
                host=case.arrived.host,
            )
        return Processed(case.arrived, effect.state, effect.outcome, considered.decision, 0.0)

    async def _get(self, needs: Needs, budget: FetchBudget) -> dict[str, object] | Actor | Trouble:
        try:
            if needs.is_software:
                await self._acquaintance.learn_software(needs.url, budget, thorough=True)
                return {}
            if needs.is_actor:
                return await self._acquaintance.meet(needs.url, budget)
            return await self._documents.fetch(needs.url, budget)
        except Unavailable:
            raise
        except Trouble as trouble:
            return trouble

    def _sources(self, db: Connection, case: Case) -> Sources:
        return Sources(db=db, site=self._site, now=self._now(), policy=self._policy(), fetched=case.fetched)

    async def _finish(self, db: Connection, arrived: Arrived, effect: Effect) -> None:
        considered = effect.considered
        if not await decisions.record_and_finish(
            db,
            considered.arrival,
            considered.decision,
            considered.judged.number,
            arrived.id,
            effect.state,
            effect.outcome,
            self._now(),
        ):
            # Another worker took over an expired lease and was faster: our effects must not count again.
            raise Unavailable("Another worker has processed this.")

    async def _postpone(self, arrived: Arrived, trouble: Trouble) -> Processed:
        if arrived.attempts >= MOST_ATTEMPTS and not isinstance(trouble, Unavailable):
            return await self._end(arrived, "parked", trouble.message)
        due = self._now() + timedelta(seconds=min(30 * 4 ** max(arrived.attempts - 1, 0), 6 * 3600))
        if isinstance(trouble, Unavailable):
            due = self._now() + timedelta(seconds=2)
        await self._quietly(arrived, lambda db: inbox.postpone(db, arrived.id, due, trouble.message))
        return Processed(arrived, arrived.state, trouble.message, None, 0.0)

    async def _crashed(self, arrived: Arrived, error: Exception) -> Processed:
        # Only the kind of the error is kept: its text may quote what a member wrote.
        what = f"This cannot be digested: {type(error).__name__}."
        log.error("inbox.crashed", inbox_id=arrived.id, error=type(error).__name__, exc_info=error)
        if isinstance(error, (*UNSTORABLE, Trouble)):
            return await self._end(arrived, "parked", what)
        if arrived.attempts >= MOST_CRASHES:
            return await self._end(arrived, "parked", what)
        due = self._now() + timedelta(seconds=30 * arrived.attempts)
        await self._quietly(arrived, lambda db: inbox.postpone(db, arrived.id, due, what))
        return Processed(arrived, arrived.state, what, None, 0.0)

    async def _end(self, arrived: Arrived, state: State, outcome: str) -> Processed:
        """The end without effects. Of what was never verified nothing is kept, not even its id."""

        async def mark(db: Connection) -> None:
            await inbox.delete(db, arrived.id)
            await inbox.finish(db, arrived.id, state, outcome, self._now())

        await self._quietly(arrived, mark)
        return Processed(arrived, state, outcome, None, 0.0)

    async def _quietly(self, arrived: Arrived, mark: Callable[[Connection], Awaitable[object]]) -> None:
        """Mark a row; if the database is away, the lease is given back when it is there again."""
        try:
            async with acquire(self._pool) as db:
                await mark(db)
        except Unavailable:
            self._unmarked.add(arrived.id)
            log.warning("inbox.mark_lost")

    async def _pause(self, stop: asyncio.Event) -> None:
        waits = [asyncio.create_task(self.wake.wait()), asyncio.create_task(stop.wait())]
        await asyncio.wait(waits, timeout=_PAUSE, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

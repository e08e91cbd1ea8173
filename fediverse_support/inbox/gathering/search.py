"""The search for the rest of one thread, as long as it is leased to us."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import structlog

from fediverse_support.core.metrics import GATHERINGS
from fediverse_support.core.models import Post
from fediverse_support.database import actors, gatherings, posts
from fediverse_support.database.gatherings import Gathering
from fediverse_support.database.pool import acquire
from fediverse_support.inbox.gathering import plan, walking
from fediverse_support.inbox.gathering.asking import Tools
from fediverse_support.inbox.gathering.plan import Errand, Plan
from fediverse_support.inbox.gathering.walking import Thread

LEASE = timedelta(minutes=5)
SAVED_EVERY = 5
"""Errands done before it is written down how far we are."""
GRACE = 5.0
SOON = timedelta(seconds=5)

log = structlog.get_logger()


class Search:
    """The search for one thread, as long as it is leased to us."""

    def __init__(self, tools: Tools, leased: Gathering, on_step: Callable[[Gathering], None] | None) -> None:
        self._tools = tools
        self._state = leased
        self._token = leased.leased_until
        self._on_step = on_step

    async def go(self, stop: asyncio.Event | None) -> Gathering | None:
        """Do what is to be done until the end, until all hosts rest, or until `stop`."""
        root = await self._root()
        if root is not None and not root.is_root:
            return await self._forget()
        thread = await self._thread_of(root)
        if thread is None:
            return await self.end("done")
        under_way = await self._plan(thread)
        unsaved = 0
        while not (stop is not None and stop.is_set()):
            errand = plan.next_errand(under_way, self._rests)
            if not under_way.errands or plan.is_enough(under_way, self._tools.now()):
                return await self.end("done")
            if errand is None:
                return await self._postpone(under_way)
            under_way, found = await self._walk(thread, under_way, errand, stop)
            unsaved += 1
            self._note(under_way, found)
            if found or unsaved >= SAVED_EVERY:
                unsaved = 0
                if not await self._save(under_way, self._tools.now() + LEASE):
                    return None
        await self._save(under_way, self._tools.now(), state="waiting")
        return self._state

    async def end(self, state: gatherings.State, error: str = "") -> Gathering:
        """The search is over; where it was is forgotten, how much it found is kept."""
        GATHERINGS.labels(state).inc()
        now = self._tools.now()
        self._state = msgspec.structs.replace(
            self._state, state=state, cursor={}, finished_at=now, leased_until=now, last_error=error
        )
        log.info("gathering.ended", state=state, number=self._state.found)
        await self._store()
        return self._state

    async def _root(self) -> Post | None:
        async with acquire(self._tools.pool) as db:
            return await posts.by_id(db, self._state.root_id)

    async def _forget(self) -> Gathering:
        """What this thread began with has found its place in another, which has a search of its own."""
        async with acquire(self._tools.pool) as db:
            await gatherings.forget(db, self._state.root_id)
        return msgspec.structs.replace(self._state, state="done")

    async def _thread_of(self, root: Post | None) -> Thread | None:
        """The thread, if it may be looked for."""
        if root is None or root.group_id is None:
            return None
        if root.state in ("held", "hidden") or root.reach == "sealed":
            return None
        async with acquire(self._tools.pool) as db:
            group = await actors.by_id(db, root.group_id)
        return Thread(root, group) if group is not None and group.state == "active" else None

    async def _plan(self, thread: Thread) -> Plan:
        if self._state.cursor:
            return msgspec.convert(self._state.cursor, Plan)
        site = self._tools.site
        async with acquire(self._tools.pool) as db:
            stored = await posts.of_thread(db, thread.root.id, plan.MOST_POSTS)
            only = None
            if thread.root.reach == "members":
                # Nobody else is to learn that there is such a thread.
                only = tuple(await gatherings.hosts_of_thread(db, thread.root.id))
        never = (site.host, site.domain)
        outbox = thread.group.outbox_url if self._state.reads_outbox else None
        return plan.begin(thread.root, stored, self._tools.now(), never=never, only=only, outbox=outbox)

    async def _walk(
        self, thread: Thread, under_way: Plan, errand: Errand, stop: asyncio.Event | None
    ) -> tuple[Plan, int]:
        """Do an errand; once `stop` is set it is broken off after a moment, and done anew another time."""
        walk = asyncio.create_task(walking.walk(self._tools, thread, under_way, errand))
        stopped = asyncio.create_task((stop or asyncio.Event()).wait())
        try:
            await asyncio.wait({walk, stopped}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({walk}, timeout=GRACE)
            return await walk if walk.done() else (under_way, 0)
        finally:
            walk.cancel()
            stopped.cancel()

    def _rests(self, host: str) -> bool:
        return self._tools.pace.rests_until(host) is not None

    def _note(self, under_way: Plan, found: int) -> None:
        self._state = msgspec.structs.replace(
            self._state, fetched=under_way.posts, found=self._state.found + found
        )
        if self._on_step is not None:
            self._on_step(self._state)

    async def _postpone(self, under_way: Plan) -> Gathering | None:
        """Every host that is still to be asked rests: go on when the first of them has rested."""
        due_at = min(self._rested_at(errand) for errand in under_way.errands)
        GATHERINGS.labels("postponed").inc()
        kept = await self._save(under_way, self._tools.now(), state="waiting", due_at=due_at)
        return self._state if kept else None

    def _rested_at(self, errand: Errand) -> datetime:
        rests = [self._tools.pace.rests_until(host) for host in (errand.host, errand.waits_for)]
        return max((until for until in rests if until is not None), default=self._tools.now() + SOON)

    async def _save(
        self,
        under_way: Plan,
        leased_until: datetime,
        *,
        state: gatherings.State = "running",
        due_at: datetime | None = None,
    ) -> bool:
        self._state = msgspec.structs.replace(
            self._state,
            state=state,
            cursor=msgspec.to_builtins(under_way),
            leased_until=leased_until,
            due_at=due_at or self._state.due_at,
        )
        return await self._store()

    async def _store(self) -> bool:
        """Write it down; False if somebody else has the thread now, or it became part of another."""
        async with acquire(self._tools.pool) as db, db.transaction():
            if not await gatherings.store(db, self._state, self._token):
                return False
            self._token = self._state.leased_until
            root_id = await gatherings.follow_root(db, self._state.root_id)
        if root_id is not None:
            self._state = msgspec.structs.replace(self._state, root_id=root_id)
        return root_id is not None

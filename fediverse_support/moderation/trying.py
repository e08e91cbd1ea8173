"""Trying a draft on what has arrived: what would have been decided otherwise, and what would end.

A try waits in the database until a worker takes it up (`Tries`). It reads what arrived batch by batch, judges
some at a time so that nothing else in the process has to wait, and notes how far it is. A worker that is
killed leaves a lease that runs out; another begins again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from fediverse_support.community.house import policies
from fediverse_support.community.joining import severing
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing, TooMany, Trouble, Unavailable
from fediverse_support.core.models import Account
from fediverse_support.database import domains as stored_domains
from fediverse_support.database import policy_tries, policy_versions, severances
from fediverse_support.database.policy_tries import Seen, Try
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.moderation import ladder
from fediverse_support.policy import scopes
from fediverse_support.policy.arrivals import of_facts
from fediverse_support.policy.decisions import Outcome
from fediverse_support.policy.document import Document, DomainText
from fediverse_support.policy.engine import Policy
from fediverse_support.policy.ladder import Rung
from fediverse_support.policy.precedence import resolve
from fediverse_support.policy.replay import Replay, Report, Severed, asks_for_words
from fediverse_support.policy.replay.standing import Recorded

T = TypeVar("T")

KEEP = timedelta(days=7)
MOST_WAITING = 5
"""How many tries of one person may wait or run at a time."""
MOST_ATTEMPTS = 3
LEASE = timedelta(seconds=60)
SLICE = 50
"""How many arrivals are judged before everything else in the process has its turn."""
_PAUSE = 1.0
Progress = Callable[[int, int], Awaitable[None]]
"""Told how many arrivals are judged, and how many there are."""
DomainChanges = Mapping[str, DomainText | None]
"""What a draft sets for domains beside the document; None takes a domain's entry away."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried: the document as it would be in force, and what would be set for domains."""

    scope: str
    document: Document
    domains: DomainChanges = {}
    excludes: Mapping[str, str | None] = {}


async def begin(
    db: Connection,
    *,
    scope: str,
    document: Document,
    domains: DomainChanges | None = None,
    since: datetime,
    by: Account | None,
    now: datetime,
) -> int:
    """Let a draft be tried on what arrived since then; the number of the try. The caller began a transaction.

    `document` is that of the scope: of a group, only its rules and words count. Raises `TooMany` where five
    tries of this person are not at their end.
    """
    if by is not None and await policy_tries.waiting_of(db, by.id) >= MOST_WAITING:
        raise TooMany(f"{MOST_WAITING} of your tries are not at their end yet. Wait until one is.")
    return await policy_tries.add(
        db,
        account_id=by.id if by else None,
        scope=scope,
        document=document,
        domains=msgspec.to_builtins(dict(domains or {})),
        since=since,
        now=now,
    )


async def found(db: Connection, number: int, by: Account | None, scope: str) -> Try:
    """A try, for who began it (None: the command line), of this scope. Raises `Missing`."""
    one = await policy_tries.by_id(db, number)
    if one is None or one.scope != scope or (by is not None and one.account_id != by.id):
        raise Missing("There is no such try: it is kept for seven days, for who began it.")
    return one


async def replayed(pool: Pool, draft: Draft, since: datetime, progress: Progress) -> Report:
    """Run a draft over what arrived since then. Raises `Malformed` (`BadRule`) for one that is not a policy.

    Nothing is changed. Of a group only what was for that group is judged.
    """
    group = scopes.group_of(draft.scope)
    async with acquire(pool) as db:
        before, after, asks_words = await _both(db, draft)
        total, last = await policy_tries.count(db, since, group)
        severed = await _severed(db, before, after)
    replay = Replay(before, after, asks_words=asks_words, clock=time.thread_time_ns)
    done = 0
    await progress(done, total)
    async for batch in policy_tries.seen(pool, since, last, group):
        for first in range(0, len(batch), SLICE):
            for one in batch[first : first + SLICE]:
                _see(replay, one)
            await asyncio.sleep(0)
        done += len(batch)
        await progress(done, max(done, total))
    return replay.report(severed)


async def would_end(db: Connection, scope: str, document: Document) -> Severed:
    """What would end because servers would be blocked under a draft that are not now.

    Raises `Malformed` for one that cannot be put in force.
    """
    before, after, _ = await _both(db, Draft(scope=scope, document=document))
    return await _severed(db, before, after)


async def _both(db: Connection, draft: Draft) -> tuple[Policy, Policy, bool]:
    """The policy in force and the draft, compiled, and whether either asks for words."""
    version = await policy_versions.latest(db)
    standing, rungs = await policy_versions.document(db), await stored_domains.rungs(db)
    wanted = scopes.laid_over(standing, scopes.whole_of(draft.document, draft.scope), draft.scope)
    before = await policies.compiled(version, rungs, standing)
    if draft.domains or draft.excludes or wanted.consensus != standing.consensus:
        rungs = await _rungs(db, draft, wanted.consensus)
    after = await policies.compiled(version, rungs, wanted)
    return before, after, asks_for_words(standing, wanted)


async def _rungs(db: Connection, draft: Draft, consensus: int) -> list[Rung]:
    """The ladder as it would be."""
    now = await stored_domains.speaking(db)
    by_hand = _laid(now.by_hand, ladder.names_of(draft.domains))
    excludes = _laid(dict.fromkeys(now.excludes, ""), ladder.names_of(draft.excludes))
    found = await asyncio.to_thread(resolve, by_hand, now.said, now.sources, frozenset(excludes), consensus)
    return [
        Rung(one.domain, one.level, one.public_reason, one.no_media, one.no_reports, one.admits)
        for one in found.values()
    ]


def _laid(now: Mapping[str, T], changes: Mapping[str, T | None]) -> dict[str, T]:
    laid = {**now, **changes}
    return {name: value for name, value in laid.items() if value is not None}


def _see(replay: Replay, one: Seen) -> None:
    try:
        arrival = of_facts(one.facts, one.words)
    except msgspec.ValidationError:
        replay.pass_over()
        return
    recorded = Recorded(
        decision_id=one.id,
        outcome=Outcome[one.outcome.upper()],
        is_stored=one.is_stored,
        let_in_at=one.let_in_at,
    )
    replay.see(recorded, arrival)


async def _severed(db: Connection, before: Policy, after: Policy) -> Severed:
    """What would end because servers would be blocked that are not now."""
    hosts = await severances.followed_hosts(db)
    closed = [host for host in hosts if after.ladder.blocks(host) and not before.ladder.blocks(host)]
    preview = await severing.preview(db, closed)
    return Severed(
        domains=tuple(closed),
        members=preview.members,
        groups=preview.groups,
        unnamed=preview.unnamed,
        followers=preview.followers,
    )


class Tries:
    """The loop that runs what waits to be tried; any number of them share the work by leases."""

    def __init__(self, pool: Pool, now: Callable[[], datetime] = clock.now) -> None:
        self._pool = pool
        self._now = now

    async def run(self, stop: asyncio.Event) -> None:
        """Run one try after the other until `stop` is set; one in hand then is left to be begun again."""
        while not stop.is_set():
            step = asyncio.create_task(self.step())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({step, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not step.done():
                step.cancel()
                await asyncio.gather(step, return_exceptions=True)
                return
            if not step.result():
                await _wait(stop)

    async def step(self) -> bool:
        """Run the next try; False if there is none. Raises `Unavailable`: then it is begun again later."""
        async with acquire(self._pool) as db:
            one = await policy_tries.lease(db, self._now(), self._now() + LEASE)
        if one is None:
            return False
        try:
            if one.attempts > MOST_ATTEMPTS:
                raise Malformed("This try was begun three times and never came to its end.")
            draft = Draft(scope=one.scope, document=one.document, domains=_domains(one))
            report = await replayed(self._pool, draft, one.since, self._noting(one.id))
        except asyncio.CancelledError:
            with suppress(Unavailable):
                async with acquire(self._pool) as db:
                    await policy_tries.give_back(db, one.id)
            raise
        except Unavailable:
            raise
        except Trouble as trouble:
            async with acquire(self._pool) as db:
                await policy_tries.fail(db, one.id, trouble.message, self._now())
            return True
        async with acquire(self._pool) as db:
            await policy_tries.finish(db, one.id, report, self._now())
        return True

    def _noting(self, number: int) -> Progress:
        async def note(done: int, total: int) -> None:
            async with acquire(self._pool) as db:
                until = self._now() + LEASE
                if not await policy_tries.progress(db, number, done, total, until):
                    raise Missing("This try was taken away while it ran.")

        return note


def _domains(one: Try) -> DomainChanges:
    return msgspec.convert(one.domains, dict[str, DomainText | None])


async def _wait(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), _PAUSE)
    except TimeoutError:
        return

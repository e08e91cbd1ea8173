"""The loops that run beside the doors: process what arrived, deliver what was published, keep house.

Any number of workers may run, in this process or in others: they share the work by leases in the database.
A loop that fails is logged and started again; a worker that is killed leaves leases that run out.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from fediverse_support.community.arriving import arrivals, gathering
from fediverse_support.community.joining import bans, invitations, join_answers, severing
from fediverse_support.community.notifying import ringing
from fediverse_support.community.notifying.ringing import Ringer
from fediverse_support.community.people import scheduling
from fediverse_support.community.pictures.media_keeping import MediaKeeper
from fediverse_support.community.posts import answering, repeating, voting
from fediverse_support.community.reading import counting
from fediverse_support.community.reading.word_taking import WordTaker
from fediverse_support.core import clock
from fediverse_support.core.errors import Unavailable
from fediverse_support.database import (
    decisions,
    domain_lists,
    inbox,
    member_notices,
    notification_policies,
    notifications,
    personal,
    policy_tries,
    push_jobs,
    reactions,
    sent_once,
    stream_events,
    tombstones,
)
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.foundation import Foundation
from fediverse_support.inbox.departures import Departures
from fediverse_support.inbox.gathering.gatherer import Gatherer
from fediverse_support.inbox.processing import Processed, Processor
from fediverse_support.moderation import ladder, trying
from fediverse_support.moderation.list_fetching import ListFetcher
from fediverse_support.moderation.trying import Tries
from fediverse_support.outbox.delivering import Deliverer
from fediverse_support.outbox.reports import DeliveryReport
from fediverse_support.protocol.site import Site
from fediverse_support.web.rendering import static_url, translations_for

log = structlog.get_logger()

KEEP_ARRIVALS = timedelta(days=7)
KEEP_STRAYS = timedelta(days=30)
"""Deletions of and reactions to what never came."""
KEEP_NOTIFICATIONS = timedelta(days=365)
KEEP_STREAMED = timedelta(days=1)
"""For who was away from an open stream for a while."""
KEEP_LIST_HISTORY = timedelta(days=365)
HOUSEKEEPING_EVERY = 60.0
_RESTART_AFTER = 1.0
_MOST_DEPARTURES = 1_000
_MOST_DUE = 200
Due = Callable[[Connection, Site, datetime], Awaitable[bool]]
"""Does one thing whose time has come; False if there is none."""


class Worker:
    """One worker. `on_processed` and `on_tried` see everything that comes and goes, for whoever watches."""

    def __init__(
        self,
        foundation: Foundation,
        *,
        on_processed: Callable[[Processed], None] | None = None,
        on_tried: Callable[[DeliveryReport], None] | None = None,
    ) -> None:
        self._foundation = foundation
        self._departed: asyncio.Queue[str] = asyncio.Queue(_MOST_DEPARTURES)
        self.processor = Processor(
            foundation.pool,
            foundation.site,
            foundation.documents,
            foundation.policies.current,
            foundation.known_keys,
            at_once=foundation.settings.workers,
            on_processed=on_processed,
        )
        self.deliverer = Deliverer(
            foundation.pool,
            foundation.client,
            foundation.keyring,
            concurrency=foundation.settings.delivery_concurrency,
            on_tried=on_tried,
            on_gone=self._note_departure,
        )
        self.gatherer = Gatherer(
            foundation.pool,
            foundation.site,
            foundation.documents,
            foundation.acquaintance,
            foundation.policies.current,
        )
        self._tries = Tries(foundation.pool)
        self.lists = ListFetcher(foundation.pool, foundation.site, foundation.client)
        self.ringer = Ringer(
            foundation.pool,
            foundation.client,
            foundation.site,
            foundation.seal,
            say=_said_in_each_language(),
            icon=f"{foundation.site.origin}{static_url('icon-192.png')}",
        )
        self.media = MediaKeeper(foundation.pool, foundation.pictures, foundation.policies.current)
        self._words = WordTaker(foundation.pool)
        self._departures = Departures(foundation.pool, foundation.site, foundation.acquaintance)

    def wake(self) -> None:
        """Something has arrived: do not wait for the next poll."""
        self.processor.wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Run every loop until `stop` is set; each ends what it has in hand."""
        loops: list[Callable[[asyncio.Event], Awaitable[None]]] = [
            self.processor.run,
            self.deliverer.run,
            self.gatherer.run,
            self._follow_departures,
            self._keep_house,
            self.lists.run,
            self._tries.run,
            self.media.run,
            self.ringer.run,
            self._words.run,
        ]
        await asyncio.gather(*(_kept_running(loop, stop) for loop in loops))

    def _note_departure(self, report: DeliveryReport) -> None:
        try:
            self._departed.put_nowait(report.inbox_url)
        except asyncio.QueueFull:
            log.warning("departures.full")

    async def _follow_departures(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                inbox_url = await asyncio.wait_for(self._departed.get(), timeout=1.0)
            except TimeoutError:
                continue
            await self._departures.check(inbox_url)

    async def _keep_house(self, stop: asyncio.Event) -> None:
        """Forget what has been kept long enough; bring together what missed each other."""
        while not stop.is_set():
            now = clock.now()
            policy = self._foundation.policies.current()
            async with acquire(self._foundation.pool) as db:
                await inbox.forget_old(db, now - KEEP_ARRIVALS)
                await self._forget_facts(db, now)
                await policy_tries.forget_old(db, now - trying.KEEP)
                await tombstones.forget_strays(db, now - KEEP_STRAYS)
                await gathering.forget_old(db, now)
                await reactions.forget_strays(db, now - KEEP_STRAYS)
                async with db.transaction():
                    await arrivals.reunite(db)
                async with db.transaction():
                    await bans.end_expired(db, self._foundation.site, now)
                    await gathering.after_outages(db, now)
                async with db.transaction():
                    await ladder.expire(db, self._foundation.site, now)
                await domain_lists.forget_old(db, now - KEEP_LIST_HISTORY)
                async with db.transaction():
                    await join_answers.empty_old_answers(db, now)
                    await invitations.forget_ended(db, now)
                await voting.forget_choices(db, now)
                await push_jobs.forget_old(db, now - ringing.KEEP)
                await member_notices.forget_read(db, now - KEEP_STRAYS)
                await notifications.forget_old(db, now - KEEP_NOTIFICATIONS)
                await notification_policies.forget_stale(db)
                await stream_events.forget_old(db, now - KEEP_STREAMED)
                await personal.forget_ended_mutes(db, now)
                await counting.count_some(db, now)
                await answering.settle(db, self._foundation.policies.current(), now)
                await sent_once.forget(db, now)
                write_next = functools.partial(repeating.write_next, policy=policy)
                publish_next = functools.partial(scheduling.publish_next, policy=policy)
                for deed in (
                    voting.close_next,
                    voting.tell_next,
                    write_next,
                    publish_next,
                    severing.sever_next,
                ):
                    await self._do_what_is_due(db, deed, now)
            try:
                await asyncio.wait_for(stop.wait(), HOUSEKEEPING_EVERY)
            except TimeoutError:
                continue

    async def _forget_facts(self, db: Connection, now: datetime) -> None:
        """Forget what policies are tried on when its time is over: the words first, then all the rest."""
        settings = self._foundation.settings
        await decisions.forget_words_before(db, now - timedelta(days=settings.facts_text_days))
        await decisions.forget_old(db, now - timedelta(days=settings.facts_days))

    async def _do_what_is_due(self, db: Connection, deed: Due, now: datetime) -> None:
        """Do something as often as it is due, each time in a transaction of its own."""
        for _ in range(_MOST_DUE):
            async with db.transaction():
                if not await deed(db, self._foundation.site, now):
                    return


def _said_in_each_language() -> Callable[[str, str], str]:
    """Translates sentences of ours; each catalogue is read once."""
    catalogue = functools.cache(translations_for)
    return lambda language, sentence: catalogue(language).gettext(sentence)


async def _kept_running(loop: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    """Run a loop, and run it again if it fails: a defect in one must not silence the others."""
    while not stop.is_set():
        try:
            await loop(stop)
        except Unavailable:
            log.warning("worker.database_away")
        except Exception as error:
            log.error("worker.loop_failed", error=type(error).__name__, exc_info=error)
        if not stop.is_set():
            await asyncio.sleep(_RESTART_AFTER)

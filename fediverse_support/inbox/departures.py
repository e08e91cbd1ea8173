"""Inboxes that answer 404 or 410: is their owner gone? Asked once, at the actor's own address.

An inbox that is missing proves nothing by itself; what the actor's id answers does (federation notes 8.3).
Whoever is gone follows nobody any longer, so that nothing more is sent there.
"""

from collections.abc import Callable
from datetime import datetime

import structlog

from fediverse_support.community.posts import removals
from fediverse_support.core import clock
from fediverse_support.core.errors import Gone, Missing, Trouble
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, follows
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.network.budget import FetchBudget
from fediverse_support.protocol.site import Site

log = structlog.get_logger()

MOST_AT_ONCE = 20


class Departures:
    """Looks after the owners of inboxes that are missing."""

    def __init__(
        self, pool: Pool, site: Site, acquaintance: Acquaintance, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._pool = pool
        self._site = site
        self._acquaintance = acquaintance
        self._now = now

    async def check(self, inbox_url: str) -> int:
        """Ask for the owners of an inbox; how many of them are gone. Safe to run twice."""
        async with acquire(self._pool) as db:
            owners = await actors.with_inbox(db, inbox_url, MOST_AT_ONCE)
        return sum([await self._has_gone(owner) for owner in owners])

    async def _has_gone(self, owner: Actor) -> bool:
        try:
            await self._acquaintance.meet(owner.uri, FetchBudget(fetches=3, seconds=20))
        except Gone:
            async with acquire(self._pool) as db, db.transaction():
                await removals.forget_actor(db, self._site, owner, self._now())
        except Missing:
            # 404 is no proof of deletion: what was said stays, but nothing more is sent.
            async with acquire(self._pool) as db, db.transaction():
                await follows.remove_all_of(db, owner.id)
        except Trouble:
            return False
        else:
            return False
        log.info("actor.departed", host=owner.host)
        return True

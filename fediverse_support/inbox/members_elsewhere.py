"""May another server read what a member of ours said in a members-only group elsewhere? That group knows.

Our member wrote it, so it stands here under our address; but who the group's members are is known to its own
server only. So that is asked, as Lemmy 1.0 does: a signed `GET <followers>?is_follower=<who wants to read>`,
answered with 200 if there are approved members on the asker's server, and with 404 if there are none.

Whoever waits for the answer holds a request open here, so it has a deadline and is kept for a while, though
only for what had been said before: whoever was removed a minute ago reads nothing new. And nobody makes us
ask without end.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec
import structlog

from fediverse_support.core import clock
from fediverse_support.core.errors import Refused, RemoteTrouble, TooMany
from fediverse_support.core.models import Actor
from fediverse_support.inbox.limits import HostRates
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.documents import Documents
from fediverse_support.network.expiring import Expiring
from fediverse_support.policy.engine import Policy

log = structlog.get_logger()

SECONDS = 5.0
YES_KEPT = timedelta(minutes=5)
"""For so long at most a server that has just lost its last member may read what it could read before."""
NO_KEPT = timedelta(minutes=1)
REMEMBERED = 10_000
MOST_AT_ONCE = 16
A_SECOND, AT_FIRST = 2.0, 20.0
"""How many new questions one server may cause."""
_TRIES = 3
"""A question that was under way already may be older than what it is asked about."""


class _Answer(msgspec.Struct, frozen=True):
    """What was said, and when the question was asked."""

    is_member: bool
    asked_at: datetime


class MembersElsewhere:
    """Asks the servers of groups, and remembers what they said. One for each process."""

    def __init__(
        self,
        documents: Documents,
        policy: Callable[[], Policy],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._documents = documents
        self._gate = documents.client.site.gate
        self._policy = policy
        self._now = now
        self._answers: Expiring[_Answer] = Expiring(REMEMBERED, now)
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._rates = HostRates(A_SECOND, AT_FIRST)

    async def may_read(self, group: Actor, asker: str, said_at: datetime) -> bool:
        """Whether the server of `asker`, who signed the request, may read what was said in `group` then.

        No is the answer to everything that is not a clear yes. Never raises for another server's sake.
        """
        url = self._question(group, asker)
        if url is None:
            return False
        for _ in range(_TRIES):
            known = self._answers.get(url)
            if known is not None and (said_at < known.asked_at or not known.is_member):
                return known.is_member
            if url not in self._asking:
                if not self._has_room(asker):
                    return False
                self._asking[url] = asyncio.create_task(self._ask(url, group))
            # Who gives up waiting does not take the answer from the others who wait for it.
            await asyncio.shield(self._asking[url])
        return False

    def _question(self, group: Actor, asker: str) -> str | None:
        """The address to ask, if this group can be asked at all."""
        if group.is_local or group.state != "active" or not group.approves_followers:
            return None
        if group.followers_url is None or not self._gate.same_origin(group.followers_url, group.uri):
            return None
        ladder = self._policy().ladder
        if ladder.blocks(self._gate.host(group.uri)) or ladder.blocks(self._gate.host(asker)):
            return None
        joint = "&" if "?" in group.followers_url else "?"
        return f"{group.followers_url}{joint}is_follower={quote(asker, safe='')}"

    def _has_room(self, asker: str) -> bool:
        try:
            self._rates.take(self._gate.host(asker))
        except TooMany:
            return False
        return len(self._asking) < MOST_AT_ONCE

    async def _ask(self, url: str, group: Actor) -> None:
        asked_at = self._now()
        try:
            answer = (
                await self._documents.status(url, FetchBudget(fetches=4, hosts=1, seconds=SECONDS)) == 200
            )
        except (RemoteTrouble, Refused) as trouble:
            log.info("membership.not_learnt", host=group.host, reason=trouble.message)
            answer = False
        finally:
            self._asking.pop(url, None)
        self._answers.keep(url, _Answer(answer, asked_at), YES_KEPT if answer else NO_KEPT)

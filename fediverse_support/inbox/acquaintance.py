"""Meeting an actor for the first time: its document, its handle, its server's software.

At most three GETs: the actor with its key, the WebFinger answer that must lead back to it, and NodeInfo
once for each host. A handle that is not confirmed is no reason to refuse the actor: it is then shown
by the host of its id.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from fediverse_support.community.arriving import remote_actors
from fediverse_support.core import clock
from fediverse_support.core.errors import Forbidden, Refused, TooMany, Trouble, Unauthenticated
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, hosts
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.documents import Documents
from fediverse_support.network.nodeinfo import software
from fediverse_support.network.webfinger import confirm_handle
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol import parsing
from fediverse_support.protocol.site import Site

NEW_ACTORS_AN_HOUR = 100
"""How many unknown actors of one family of hosts we meet in an hour (reliability D8)."""


SOFTWARE_KEPT = timedelta(days=7)


class Acquaintance:
    """Fetches actors and stores them, each in a transaction of its own."""

    def __init__(
        self,
        pool: Pool,
        site: Site,
        documents: Documents,
        policy: Callable[[], Policy],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._pool = pool
        self._site = site
        self._documents = documents
        self._policy = policy
        self._now = now

    async def meet(self, uri: str, budget: FetchBudget) -> Actor:
        """Fetch the actor `uri` and store it. Raises `Missing`, `Gone`, `RemoteTrouble`, `Refused`."""
        host = self._site.gate.host(self._site.gate.check(uri))
        if self._policy().ladder.blocks(host):
            raise Forbidden("This community does not exchange anything with that server.")
        await self._check_rate(uri, host)
        document = await self._documents.fetch(uri, budget)
        if document.get("id") != uri:
            raise Refused("The actor has another id than the one it was asked for.")
        parsed = parsing.actor(document, self._site.gate)
        confirmed = await self._confirms(document, budget)
        await self._learn_software_of(uri, host, budget)
        async with acquire(self._pool) as db, db.transaction():
            actor = await remote_actors.store(
                db, self._site, parsed, handle_confirmed=confirmed, now=self._now()
            )
        if actor is None:
            raise Forbidden("This account is gone or suspended here.")
        return actor

    async def meet_signer(self, key_id: str, claimed: str, budget: FetchBudget) -> Actor:
        """Fetch the actor that a signature's key belongs to. The actor must list the key (O1).

        `claimed` is the activity's actor. Where it is on the key's origin it is asked directly, because
        then one GET brings key and actor; otherwise somebody forwards, and the key leads to its owner.
        """
        if self._site.gate.same_origin(key_id, claimed):
            return await self.meet(claimed, budget)
        return await self.meet_owner(key_id, budget)

    async def meet_owner(self, key_id: str, budget: FetchBudget) -> Actor:
        """Fetch the actor that a key belongs to, found by the key alone. Raises as `meet`.

        A key id with a fragment is part of its actor's document; any other leads there.
        """
        gate = self._site.gate
        uri, _, fragment = key_id.partition("#")
        if fragment:
            return await self.meet(uri, budget)
        document = await self._documents.fetch(key_id, budget)
        owner = parsing.key(document, gate).owner if _is_key(document) else str(document["id"])
        if not gate.same_origin(key_id, owner):
            raise Unauthenticated("The key and its owner are on different servers.")
        return await self.meet(owner, budget)

    async def _check_rate(self, uri: str, host: str) -> None:
        async with acquire(self._pool) as db:
            if await actors.by_uri(db, uri) is not None:
                return
            since = self._now() - timedelta(hours=1)
            if await actors.discovered_since(db, _family(host), since) >= NEW_ACTORS_AN_HOUR:
                raise TooMany("Too many new accounts of this server for now.", retry_after=3600)

    async def _confirms(self, document: dict[str, object], budget: FetchBudget) -> bool:
        try:
            await confirm_handle(self._documents, document, budget)
        except Trouble:
            return False
        return True

    async def _learn_software_of(self, uri: str, host: str, budget: FetchBudget) -> None:
        async with acquire(self._pool) as db:
            known = await hosts.by_name(db, host)
        if known and known.nodeinfo_at and self._now() - known.nodeinfo_at < SOFTWARE_KEPT:
            return
        await self.learn_software(uri, budget, thorough=False)

    async def learn_software(self, url: str, budget: FetchBudget, *, thorough: bool) -> None:
        """Ask the server of `url` what it runs, and keep the answer, also that there was none.

        `thorough` takes up to three GETs (`network/nodeinfo.py`).
        """
        gate = self._site.gate
        host = gate.host(url)
        try:
            found = await software(self._documents, gate.origin(url), budget, thorough=thorough)
        except Trouble:
            found = None
        async with acquire(self._pool) as db:
            await hosts.remember_software(
                db, host, found.name if found else None, found.version if found else None, self._now()
            )


def _is_key(document: dict[str, object]) -> bool:
    return parsing.kind(document) == "key"


def _family(host: str) -> str:
    """The registrable domain, nearly: the last two labels, or three below a short second one (`co.uk`)."""
    labels = host.partition(":")[0].split(".")
    wanted = 3 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 2
    return ".".join(labels[-wanted:])

"""Who asks? The server behind a signed GET, and what it may see that a guest may not.

A signature on a GET proves one thing: which server asks. What it may read follows from whom it has: the words
of members are for servers with approved members of the group (federation notes 5.7). Everything else about
the request, and whatever is wrong with the signature, makes it a guest's: there is no answer that says more.

The keys that are needed are nearly always known. One that is not is fetched only from a server that we have
met, or may have to meet (`_is_met`), within five seconds, and not more often than a few times a minute for
each client and each server: a GET costs its sender nothing, and must not make us work for it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from fediverse_support.core import clock
from fediverse_support.core.errors import Trouble
from fediverse_support.core.models import Actor, Viewer
from fediverse_support.database import actors, follows, invitations
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.inbox.known_keys import REFETCH_AFTER, KnownKey, KnownKeys
from fediverse_support.inbox.limits import HostRates
from fediverse_support.inbox.members_elsewhere import MembersElsewhere
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.expiring import Expiring
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.peers import OLD_LEMMY, SHOWS_TO_OTHERS
from fediverse_support.protocol.signatures import verification
from fediverse_support.protocol.signatures.claims import Claim
from fediverse_support.protocol.signatures.requests import SignedRequest
from fediverse_support.protocol.site import Site

SECONDS = 5.0
"""How long a request waits for the key of whoever signed it."""
FORGOTTEN_AFTER = timedelta(minutes=5)
"""So long a key that could not be had is not asked for again."""
MOST_FORGOTTEN = 10_000
MOST_AT_ONCE = 8
A_SECOND, AT_ONCE = 0.2, 10.0
"""How many unknown keys one client may make us fetch, and how many may be fetched from one server."""


class Asker(msgspec.Struct, frozen=True):
    """The actor who signed a request, and the host of its id."""

    uri: str
    host: str


class Requesters:
    """Recognises who asks. One for each process; nothing here raises for another server's sake."""

    def __init__(
        self,
        pool: Pool,
        site: Site,
        policy: Callable[[], Policy],
        known_keys: KnownKeys,
        acquaintance: Acquaintance,
        members_elsewhere: MembersElsewhere,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._pool = pool
        self._site = site
        self._policy = policy
        self._keys = known_keys
        self._acquaintance = acquaintance
        self._elsewhere = members_elsewhere
        self._now = now
        self._our_hosts = frozenset({site.host, site.domain})
        self._not_to_be_had: Expiring[bool] = Expiring(MOST_FORGOTTEN, now)
        self._clients = HostRates(A_SECOND, AT_ONCE)
        self._hosts = HostRates(A_SECOND, AT_ONCE)
        self._fetching = 0

    def refuses(self, request: SignedRequest) -> bool:
        """Whether `request` says that it comes from a server with which there is no exchange.

        Only what it says is read, and no key is looked for: who claims to be a server that is served nothing
        is served nothing.
        """
        try:
            claim = verification.read(request, self._our_hosts, self._now())
            return self._policy().ladder.blocks(self._site.gate.host(claim.key_id))
        except Trouble:
            return False

    async def asker(self, request: SignedRequest, client: str) -> Asker | None:
        """Who signed `request`; None for anybody else. `client` stands for the address that it came from.

        The rules are those of the inbox (`verification.read`). A blocked server is nobody.
        """
        try:
            claim = verification.read(request, self._our_hosts, self._now())
            host = self._site.gate.host(claim.key_id)
        except Trouble:
            return None
        if self._policy().ladder.blocks(host) or host in self._our_hosts:
            return None
        known = await self._keys.get(claim.key_id)
        if known is None or not _signed(claim, known):
            known = await self._fetched(claim, host, known, client)
        if known is None or known.owner_state != "active":
            return None
        owner = known.key.owner
        return Asker(owner, host) if self._site.gate.same_origin(owner, claim.key_id) else None

    async def viewer(self, asker: Asker) -> Viewer:
        """What the server of `asker` may see: also the words of members, in groups that it has members of."""
        async with acquire(self._pool) as db:
            groups = await follows.groups_open_to(db, asker.host, sorted(SHOWS_TO_OTHERS), OLD_LEMMY)
            known = await invitations.groups_known_at(db, asker.host, self._now())
        return Viewer(server=asker.host, member_of=tuple(groups), knows=tuple(known))

    async def reads_elsewhere(self, asker: Asker, group: Actor, said_at: datetime) -> bool:
        """Whether `asker` may see what a member of ours said for the members of `group`, elsewhere, then.

        The server of the group has it anyway; about everybody else it is asked.
        """
        if self._site.gate.same_origin(asker.uri, group.uri):
            return True
        return await self._elsewhere.may_read(group, asker.uri, said_at)

    async def _fetched(self, claim: Claim, host: str, known: KnownKey | None, client: str) -> KnownKey | None:
        """The key of `claim` as its server has it now, if it signed; None if that cannot be found out."""
        if known is not None and self._now() - known.fetched_at < REFETCH_AFTER:
            return None
        if self._not_to_be_had.get(claim.key_id) or not await self._is_met(host):
            return None
        if self._fetching >= MOST_AT_ONCE or not self._takes(host, client):
            return None
        self._fetching += 1
        try:
            async with asyncio.timeout(SECONDS):
                await self._acquaintance.meet_owner(claim.key_id, FetchBudget(6, 2, SECONDS))
        except (Trouble, TimeoutError):
            self._not_to_be_had.keep(claim.key_id, True, FORGOTTEN_AFTER)
            return None
        finally:
            self._fetching -= 1
        self._keys.forget(claim.key_id)
        found = await self._keys.get(claim.key_id)
        if found is None or not _signed(claim, found):
            self._not_to_be_had.keep(claim.key_id, True, FORGOTTEN_AFTER)
            return None
        return found

    async def _is_met(self, host: str) -> bool:
        async with acquire(self._pool) as db:
            if await actors.is_met(db, host):
                return True
            # Fellow members in a group elsewhere may live on a server of which we have never heard.
            return await follows.has_members_elsewhere(db)

    def _takes(self, host: str, client: str) -> bool:
        try:
            self._clients.take(client)
            self._hosts.take(host)
        except Trouble:
            return False
        return True


def _signed(claim: Claim, known: KnownKey) -> bool:
    try:
        verification.check(claim, known.key)
    except Trouble:
        return False
    return True

"""Follower synchronisation, the receiving side (FEP-8fcf): do both servers mean the same people?

Whoever sends for members only says with it, in a signed header, which of our people it takes for followers:
not their names but a digest of them. Where ours differs, the list is asked for at the sender's own server,
and it decides who is a follower there:

- ours whom it does not list are followers no longer (a Reject or a removal was lost);
- ours whom it lists and who have asked are let in (an Accept was lost);
- ours whom it lists and who do not follow get their Undo sent once more (a leaving was lost).

The header is the word of one actor about its own followers and about nothing else: collection and address
must be on the actor's own origin. Nothing here ever stands in the way of the activity that it came with.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import structlog

from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, RemoteRefused, Trouble
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, follows
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.documents import Documents
from fediverse_support.network.expiring import Expiring
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol import parsing, synchronisation
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.synchronisation import Synchronisation
from fediverse_support.protocol.vocabulary import CollectionDocument

log = structlog.get_logger()

MOST_PAGES = 10
"""Pages of a list that are read, as Mastodon does; a longer one changes nothing."""
MOST_LISTED = 10_000
MOST_UNDONE = 100
"""How many lost leavings are told again for one list: it must not make us send without end."""
LEFT_ALONE = timedelta(minutes=5)
"""So long the same difference is not looked into again."""
_REMEMBERED = 10_000


class Outcome(msgspec.Struct, frozen=True):
    """How many of ours were dropped, let in, and had their leaving told again."""

    dropped: int
    let_in: int
    undone: int


class Synchroniser:
    """Compares, after an activity was handled, what its sender believes of our people with what we know."""

    def __init__(
        self, pool: Pool, site: Site, documents: Documents, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._pool = pool
        self._site = site
        self._documents = documents
        self._now = now
        self._looked_into: Expiring[bool] = Expiring(_REMEMBERED, now)

    async def compare(self, arrived: Arrived) -> Outcome | None:
        """Put right what differs; None where nothing does, or nothing can be learnt. Safe to run twice."""
        if arrived.synchronisation is None or arrived.forwarded:
            return None
        try:
            return await self._compared(arrived.actor_uri, synchronisation.parse(arrived.synchronisation))
        except Trouble as trouble:
            log.info("followers.not_compared", host=arrived.host, reason=trouble.message)
            return None

    async def _compared(self, uri: str, said: Synchronisation) -> Outcome | None:
        async with acquire(self._pool) as db:
            actor = await actors.by_uri(db, uri)
            ours = await follows.local_followers(db, actor.id) if actor is not None else []
        if actor is None or actor.is_local or actor.state != "active":
            return None
        self._check_is_their_own(actor, said)
        digest = synchronisation.digest(one.uri for one in ours)
        if digest == said.digest or self._was_looked_into(actor, said.digest, digest):
            return None
        asked_at = self._now()
        listed = await self._listed(said.url)
        async with acquire(self._pool) as db, db.transaction():
            outcome = await self._put_right(db, actor, listed, asked_at)
        changed = outcome.dropped + outcome.let_in + outcome.undone
        log.info("followers.compared", host=actor.host, number=changed)
        return outcome

    def _check_is_their_own(self, actor: Actor, said: Synchronisation) -> None:
        gate = self._site.gate
        if said.collection != actor.followers_url:
            raise Malformed("This is about followers of somebody else.")
        gate.check(said.url)
        if not gate.same_origin(said.collection, actor.uri) or not gate.same_origin(said.url, actor.uri):
            raise Malformed("The list of followers is on another server.")

    def _was_looked_into(self, actor: Actor, theirs: str, ours: str) -> bool:
        name = f"{actor.id} {theirs} {ours}"
        if self._looked_into.get(name):
            return True
        self._looked_into.keep(name, True, LEFT_ALONE)
        return False

    async def _listed(self, url: str) -> frozenset[str]:
        """Those of our people whom the list at `url` names. Raises `RemoteTrouble` if it is not whole."""
        budget = FetchBudget(fetches=MOST_PAGES + 5, hosts=1)
        found: set[str] = set()
        page = await self._page(url, budget)
        next: CollectionDocument | str | None = page.first if page.first and not page.items else page
        seen = {url}
        for _ in range(MOST_PAGES):
            if next is None:
                return frozenset(found)
            if isinstance(next, str):
                if next in seen:
                    break
                seen.add(next)
                next = await self._page(next, budget)
            found |= {item for item in next.items if isinstance(item, str) and self._site.is_ours(item)}
            next = next.next
        if next is None and len(found) <= MOST_LISTED:
            return frozenset(found)
        raise RemoteRefused("The list of followers does not end.")

    async def _page(self, url: str, budget: FetchBudget) -> CollectionDocument:
        """One page, if it can be believed to be whole: who is missing by mistake would be dropped."""
        document = await self._documents.fetch(url, budget)
        page = parsing.collection(document, self._site.gate)
        names = document.get("orderedItems") or document.get("items") or []
        if page.total and not page.items and page.first is None and page.next is None:
            raise RemoteRefused("The list of followers is a number only.")
        if isinstance(names, list) and len(names) != len(page.items):
            raise RemoteRefused("The list of followers holds more than can be read.")
        return page

    async def _put_right(
        self, db: Connection, actor: Actor, listed: frozenset[str], asked_at: datetime
    ) -> Outcome:
        ours = {one.uri: one for one in await follows.local_followers(db, actor.id)}
        lost = [one.id for uri, one in ours.items() if uri not in listed]
        # Who was accepted while we asked need not be in the list yet.
        dropped = await follows.remove_accepted_before(db, actor.id, lost, asked_at)
        let_in = undone = 0
        for member in await actors.by_uris(db, sorted(listed - ours.keys())):
            if not member.is_local or member.state != "active" or undone >= MOST_UNDONE:
                continue
            if await follows.accept(db, member.id, actor.id, self._now()):
                let_in += 1
            elif member.type == "Person":
                await self._undo(db, member, actor)
                undone += 1
        return Outcome(dropped, let_in, undone)

    async def _undo(self, db: Connection, member: Actor, followed: Actor) -> None:
        """Tell once more that `member` has left. The pair names the Follow: its id is long forgotten."""
        follow = activities.follow(new_activity_uri(self._site), actor=member.uri, followed=followed.uri)
        undo = activities.undo(new_activity_uri(self._site), actor=member.uri, undone=follow)
        await publish(db, self._site, member, undo, object_uri=followed.uri, to=[followed])

"""A member asks for something of another server, by its address: a group, a person or a post.

This is the only thing that calls other servers while somebody waits, so it has a deadline of five seconds
and a small budget. What is found is judged by policy like anything that arrives, and stored without being
announced.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from fediverse_support.community.arriving import arrivals
from fediverse_support.community.posts.judging import on_record
from fediverse_support.core.errors import Forbidden, Gone, Malformed, Missing, Trouble
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, posts
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.inbox import looked_up
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.network import webfinger
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.documents import Documents
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol import parsing
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import PostDocument

FETCHES = 8
SECONDS = 5.0

NOBODY_HERE = "There is nobody and no group of this name here."
NOTHING_HERE = "There is nothing here under this address."
"""What is said of a handle and of a link that lead to nothing of ours; the same for what is hidden."""


class Lookups:
    """Finds what a member typed: among what we know, else on its own server."""

    def __init__(
        self,
        pool: Pool,
        site: Site,
        documents: Documents,
        acquaintance: Acquaintance,
        policy: Callable[[], Policy],
    ) -> None:
        self._pool = pool
        self._site = site
        self._documents = documents
        self._acquaintance = acquaintance
        self._policy = policy

    async def find(self, text: str, now: datetime) -> Actor | Post:
        """The actor or post behind a handle or link, stored.

        Raises `Malformed`, `Missing`, `Forbidden`, `Refused` or `RemoteTrouble`, each with what to tell the
        member. Whether the member may see a post that is found is for the caller to ask.
        """
        text = text.strip()
        budget = FetchBudget(fetches=FETCHES, hosts=4, seconds=SECONDS)
        if not text.lower().startswith(("http://", "https://")):
            return await self._by_handle(text, budget)
        uri = self._site.gate.check(text)
        known = await self._known(uri)
        if known is not None:
            return known
        self._check_host(uri)
        return await self._fetched(uri, budget, now)

    async def group_now(self, text: str, now: datetime) -> Actor:
        """The group behind a handle or link, as its own server describes it at this moment.

        For what depends on what a group says of itself just now. Raises as `find`, and `Malformed` for what
        is no group.
        """
        found = await self.find(text, now)
        if isinstance(found, Post) or not found.is_group:
            raise Malformed("This is not a group.")
        if found.is_local:
            return found
        budget = FetchBudget(fetches=FETCHES, hosts=4, seconds=SECONDS)
        return await self._acquaintance.meet(found.uri, budget)

    async def _by_handle(self, text: str, budget: FetchBudget) -> Actor:
        handle = webfinger.parse_handle(text, self._site.gate)
        async with acquire(self._pool) as db:
            if handle.host == self._site.domain:
                actor = await actors.local_by_name(db, handle.name)
            else:
                actor = await actors.by_handle(db, handle.name, handle.host)
        if actor is not None and actor.state == "active":
            return actor
        if handle.host == self._site.domain:
            raise Missing(NOBODY_HERE)
        self._check_host(f"https://{handle.host}/")
        jrd = await webfinger.look_up(self._documents, handle, budget)
        uri = next((found for found, kind in jrd.ids if kind and kind == handle.kind), None)
        if uri is None and not jrd.ids:
            raise Missing("Their server does not know this address.")
        return await self._met(uri or jrd.ids[0][0], budget)

    async def _known(self, uri: str) -> Actor | Post | None:
        async with acquire(self._pool) as db:
            actor = await actors.by_uri(db, uri)
            found = actor if actor is not None else await posts.by_uri(db, uri)
        if isinstance(found, Actor) and found.state != "active":
            if found.is_local:
                raise Missing(NOTHING_HERE)
            raise Gone("This was deleted, or is not shown here.")
        if found is None and self._site.is_ours(uri):
            raise Missing(NOTHING_HERE)
        return found

    async def _fetched(self, uri: str, budget: FetchBudget, now: datetime) -> Actor | Post:
        document = await self._documents.fetch(uri, budget)
        found = str(document["id"])
        if found != uri and (known := await self._known(found)) is not None:
            return known
        match parsing.kind(document):
            case "actor":
                return await self._met(found, budget)
            case "post":
                return await self._stored(parsing.post(document, self._site.gate), budget, now)
            case _:
                raise Malformed("This is neither a group, nor a person, nor a post.")

    async def _met(self, uri: str, budget: FetchBudget) -> Actor:
        async with acquire(self._pool) as db:
            known = await actors.by_uri(db, uri)
        if known is not None and known.state == "active":
            return known
        return await self._acquaintance.meet(uri, budget)

    async def _stored(self, document: PostDocument, budget: FetchBudget, now: datetime) -> Post:
        """Keep a post that a member asked for: in its group, which we may have to meet first, or outside."""
        author = await self._met(document.author, budget)
        group = await self._group_of(document, budget)
        async with acquire(self._pool) as db, on_record(db):
            place = await arrivals.place_of(db, document, author, now, within=group)
            # Outside of groups it is kept if it is public: a member has asked for it.
            place = msgspec.structs.replace(place, is_wanted=True)
            received = await looked_up.store(db, self._site, self._policy(), document, author, place, now)
        return received.post

    async def _group_of(self, document: PostDocument, budget: FetchBudget) -> Actor | None:
        for uri in document.audience[:2]:
            try:
                actor = await self._met(uri, budget)
            except Trouble:
                continue
            if actor.is_group:
                return actor
        return None

    def _check_host(self, uri: str) -> None:
        if self._policy().ladder.blocks(self._site.gate.host(uri)):
            raise Forbidden("This community does not exchange anything with that server.")

"""What a handler works with: a connection inside the transaction, the time, policy, and documents.

A handler never fetches. It asks `document` or `actor`; what is not at hand raises `Needs`, the transaction
is rolled back, the processor gets it (outside any transaction, under the activity's budget) and runs the
handler again. So no transaction ever waits for another server, and a handler reads like straight code.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fediverse_support.community.posts.judging import NotTaken
from fediverse_support.core.errors import Forbidden, Gone, Missing, Refused, Trouble
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, hosts
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import Connection
from fediverse_support.inbox import judging
from fediverse_support.inbox.judging import Considered
from fediverse_support.policy.decisions import Decision
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import Activity, PostDocument

Fetched = Mapping[str, dict[str, Any] | Actor | Trouble]

SOFTWARE_TRUSTED = timedelta(days=1)
"""For so long we go by what a server said it runs, where a members-only group depends on it."""


class Needs(Exception):
    """Something has to be fetched before the handler can go on."""

    def __init__(self, url: str, *, is_actor: bool, is_software: bool = False) -> None:
        super().__init__(url)
        self.url = url
        self.is_actor = is_actor
        self.is_software = is_software


class Held(Exception):
    """A moderator looks first: what the handler has done is rolled back, and done when they let it in.

    So only what would have had an effect waits. `post` is the live post that an edit would have changed.
    """

    def __init__(self, considered: Considered, post: Post | None = None) -> None:
        super().__init__(considered.arrival.activity_uri)
        self.considered = considered
        self.post = post


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What can be asked during one run: the database, and the documents of others."""

    db: Connection
    site: Site
    now: datetime
    policy: Policy
    fetched: Fetched

    def document(self, url: str) -> dict[str, Any]:
        """The document with this id, fetched from its own origin.

        Raises what the fetch raised: `Missing`, `Gone`, `RemoteTrouble`, `Refused`.
        """
        self._check_host(url)
        if url not in self.fetched:
            raise Needs(url, is_actor=False)
        found = self.fetched[url]
        if isinstance(found, Trouble):
            raise found
        if isinstance(found, Actor):
            raise Refused("This is an actor, not a post.")
        return found

    async def actor(self, uri: str) -> Actor:
        """The actor with this id, known or fetched; raises `Gone` for one that was deleted."""
        actor = await actors.by_uri(self.db, uri)
        if actor is None:
            self._check_host(uri)
            if uri not in self.fetched:
                raise Needs(uri, is_actor=True)
            found = self.fetched[uri]
            if isinstance(found, Trouble):
                raise found
            raise Missing("This is not an actor.")
        if actor.state == "gone":
            raise Gone("This account was deleted.")
        if actor.state == "suspended":
            raise Forbidden("This account is suspended here.")
        return actor

    async def know_software(self, actor: Actor) -> None:
        """See to it that what runs on the actor's server was asked within a day, if it can be learnt at all.

        It is then in the table `hosts`. Of a server that does not answer we know what we knew before.
        """
        url = f"{self.site.gate.origin(actor.uri)}/.well-known/nodeinfo"
        known = await hosts.by_name(self.db, self.site.gate.host(actor.uri))
        asked_at = known.nodeinfo_at if known is not None and known.software is not None else None
        is_fresh = asked_at is not None and self.now - asked_at < SOFTWARE_TRUSTED
        if not is_fresh and url not in self.fetched:
            raise Needs(url, is_actor=False, is_software=True)

    def _check_host(self, url: str) -> None:
        if self.policy.ladder.blocks(self.site.gate.host(self.site.gate.check(url))):
            raise Forbidden("This community does not exchange anything with that server.")


class Context(Sources, frozen=True, kw_only=True):
    """The surroundings of one run of a handler.

    `considered` is what policy says to the activity; `post` is what that carries, read already, and from
    where it can be believed. `waits`: parts of a batch that were rolled back because they have to wait.
    """

    arrived: Arrived
    considered: Considered
    raw: Mapping[str, Any]
    post: PostDocument | None = None
    waits: list[Held] = msgspec.field(default_factory=list)

    @property
    def decision(self) -> Decision:
        """What policy says to the activity."""
        return self.considered.decision

    async def judge(
        self, document: PostDocument, activity: Activity, *, within: Actor | None = None
    ) -> Considered:
        """Ask policy about a post that came along with the activity, and keep the decision.

        `within` is the group that it would come into if nothing else tells one. Raises `NotTaken`, which is a
        `Forbidden`, for what is not let in.
        """
        considered = await judging.consider_post(
            self.db,
            self.site,
            self.policy,
            document,
            activity,
            activity.id or self.arrived.activity_uri,
            self.now,
            arrived=self.arrived,
            within=within.uri if within is not None else None,
        )
        if not considered.decision.lets_in:
            raise NotTaken(considered.arrival, considered.decision)
        await judging.record(self.db, considered)
        return considered

    def hold_back(self) -> None:
        """Raise `Held` if the activity has to wait for a moderator: after all that it would do."""
        if self.decision.is_held:
            raise Held(self.considered)

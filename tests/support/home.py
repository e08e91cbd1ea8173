"""Our own side, for tests: the whole application on a real database, with a few words to furnish it."""

import functools
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from unittest import mock

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fediverse_support import app
from fediverse_support.accounts import members
from fediverse_support.community.groups import groups
from fediverse_support.community.posts import posts
from fediverse_support.core import clock
from fediverse_support.core.models import Actor, Group, Level, Post, Viewer
from fediverse_support.core.settings import Settings
from fediverse_support.database import actors, follows, policy_versions
from fediverse_support.database import groups as stored_groups
from fediverse_support.database import posts as stored_posts
from fediverse_support.database.pool import acquire
from fediverse_support.foundation import Foundation, laid
from fediverse_support.inbox.processing import Processor
from fediverse_support.moderation import ladder
from fediverse_support.outbox.delivering import Deliverer
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import Policy
from fediverse_support.policy.levels import level_of
from fediverse_support.protocol.signatures.keys import generate_rsa
from tests.support.remote import RemoteActor, Signed, known

TEST_NETWORK = Settings(
    domain="garden.localhost:8000",
    origin="http://garden.localhost:8000",
    outbound_allow_private="127.0.0.0/8",
    outbound_allow_http=True,
)
"""A community on a test network; it is never really reached at this port."""

AP = "application/activity+json"


class Home:
    """One community with its application, a client of it, and the worker's hands."""

    def __init__(self, foundation: Foundation) -> None:
        self.foundation = foundation
        self.pool = foundation.pool
        self.site = foundation.site
        self.stored = 0
        """How often the application said that something was stored."""
        self.app = app.build(foundation, on_stored=self._note)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False), base_url=self.site.origin
        )

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.foundation.policies.current()

    def _note(self) -> None:
        self.stored += 1

    async def get(self, path: str, accept: str = AP, **headers: str) -> httpx.Response:
        """A GET, by default for ActivityStreams."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers={"accept": accept, **given})

    async def deliver(
        self, actor: RemoteActor, activity: dict[str, Any] | bytes, path: str = "/inbox", **signing: Any
    ) -> httpx.Response:
        """What `actor` sends to one of our inboxes, signed."""
        return await self.send(actor.sign_post(f"{self.site.origin}{path}", activity, **signing))

    async def send(self, signed: Signed, **changed: str | None) -> httpx.Response:
        """A signed POST, perhaps with headers changed or (None) taken away after signing."""
        headers = {name.lower(): value for name, value in signed.headers.items()}
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        kept = {name: value for name, value in headers.items() if value is not None}
        return await self.client.post(signed.url, content=signed.body, headers=kept)

    async def meet(self, actor: RemoteActor, **options: Any) -> Actor:
        """Let `actor` be known here with its key."""
        return await known(self.pool, self.site, actor, **options)

    async def arrivals(self) -> list[Any]:
        """The rows of the inbox."""
        return await self.pool.fetch("select * from inbox order by id")

    async def process(self, now: Any = clock.now) -> None:
        """Do what the worker does, until nothing is due."""
        processor = Processor(
            self.pool,
            self.site,
            self.foundation.documents,
            self.foundation.policies.current,
            self.foundation.known_keys,
            now=now,
        )
        while await processor.step():
            pass

    async def deliver_all(self) -> None:
        """Let everything that is due reach the other servers."""
        foundation = self.foundation
        deliverer = Deliverer(self.pool, foundation.client, foundation.keyring)
        while await deliverer.step():
            pass

    async def outcomes(self) -> list[tuple[str, str]]:
        """(type, state) of everything that arrived and is still there."""
        return [(row["type"], row["state"]) for row in await self.arrivals()]

    async def group(self, name: str = "sober", **answers: str) -> Group:
        """One of our groups."""
        async with acquire(self.pool) as db, db.transaction():
            given = groups.Answers(**{"title": name.capitalize(), **answers})
            return await groups.create(db, self.site, self.foundation.seal, name, given)

    async def edit_group(self, group: Group, **answers: str) -> Group:
        """The same group with other answers."""
        async with acquire(self.pool) as db, db.transaction():
            given = groups.Answers(**{"title": group.actor.display_name, **answers})
            return await groups.edit(db, self.site, group, given)

    async def member(self, name: str = "ada", state: str = "active") -> Actor:
        """A person here, without a password."""
        async with acquire(self.pool) as db, db.transaction():
            account = await members.add_hashed(
                db, self.site, self.foundation.seal, name=name, email=None, password_hash="none",
                role="member", display_name=name.capitalize(), state=state, request="", now=clock.now(),
            )  # fmt: skip
            found = await actors.by_id(db, account.actor_id)
        assert found is not None
        return found

    async def join(self, member: Actor, group: Actor) -> None:
        """Make somebody a member of a group, without a word on the wire."""
        async with acquire(self.pool) as db:
            await follows.ask(db, member.id, group.id, f"{member.uri}#joins-{group.id}")
            await follows.accept(db, member.id, group.id, clock.now())

    async def write(
        self, author: Actor, group: Actor, source: str = "Good morning.", title: str = "A thread"
    ) -> Post:
        """A thread in a group."""
        async with acquire(self.pool) as db, db.transaction():
            words = posts.Words(source=source, title=title)
            return await posts.write(db, self.site, author, group, words, clock.now(), policy=self.policy)

    async def reply(self, author: Actor, parent: Post, source: str = "Yes.") -> Post:
        """An answer."""
        async with acquire(self.pool) as db, db.transaction():
            viewer = Viewer(actor_id=author.id, member_of=(parent.group_id,) if parent.group_id else ())
            words = posts.Words(source=source)
            return await posts.reply(
                db, self.site, author, viewer, parent.id, words, clock.now(), policy=self.policy
            )

    async def edit(self, author: Actor, post: Post, source: str, at: datetime | None = None) -> Post:
        """Change a post."""
        async with acquire(self.pool) as db, db.transaction():
            words = posts.Words(source=source, title=post.title)
            return await posts.edit(
                db, self.site, author, post.id, words, at or clock.now(), policy=self.policy
            )

    async def delete(self, author: Actor, post: Post) -> None:
        """Delete a post."""
        async with acquire(self.pool) as db, db.transaction():
            await posts.delete(db, self.site, author, post.id, clock.now())

    async def post_by_uri(self, uri: str) -> Post:
        """A post, ours or another's."""
        async with acquire(self.pool) as db:
            found = await stored_posts.by_uri(db, uri)
        assert found is not None
        return found

    async def moderator(self, group: Group, remote: RemoteActor) -> None:
        """Let somebody elsewhere look after a group, without a word on the wire."""
        async with acquire(self.pool) as db:
            person = await actors.by_uri(db, remote.uri)
            assert person is not None
            await stored_groups.add_moderator(db, group.actor.id, person.id)

    async def ask_elsewhere(self, member: Actor, remote: RemoteActor) -> str:
        """A member asks to follow somebody elsewhere; the id of the Follow, which is not sent."""
        uri = f"{self.site.origin}/activities/{member.name}-follows-{remote.name}"
        async with acquire(self.pool) as db:
            followed = await actors.by_uri(db, remote.uri)
            assert followed is not None
            await follows.ask(db, member.id, followed.id, uri)
        return uri

    async def set_level(self, domain: str, level: Level | str) -> None:
        """Put a domain on the ladder; `level` as it is written: `limited+no-media`."""
        async with acquire(self.pool) as db, db.transaction():
            await ladder.put(db, self.site, {domain: level_of(level)}, by=None, why="", now=clock.now())
        async with acquire(self.pool) as db:
            await self.foundation.policies.refresh(db)

    async def rules(self, *rules: RuleText) -> None:
        """Let these rules, and no others, be in force; domains stay as they are."""
        async with acquire(self.pool) as db, db.transaction():
            await policy_versions.begin(db, by=None, why="a test", document=Document(rules=rules))
        async with acquire(self.pool) as db:
            await self.foundation.policies.refresh(db)

    async def published(self, actor: Actor) -> list[dict[str, Any]]:
        """Everything that one of our actors has said, in order."""
        rows = await self.pool.fetch("select body from activities where actor_id = $1 order by id", actor.id)
        return [json.loads(row["body"]) for row in rows]


@functools.cache
def _spare_keys() -> list[RSAPrivateKey]:
    return [generate_rsa() for _ in range(4)]


_turn = itertools.count()


def _quick_rsa() -> RSAPrivateKey:
    """One of a few keys in turn: making one takes a tenth of a second, and every test makes several."""
    return _spare_keys()[next(_turn) % 4]


@asynccontextmanager
async def at_home(settings: Settings, database_url: str, data_dir: str) -> AsyncIterator[Home]:
    """A community on an empty, migrated database."""
    settings = msgspec.structs.replace(settings, database_url=database_url, data_dir=data_dir)
    with mock.patch.object(actors, "generate_rsa", _quick_rsa):
        async with laid(settings, lambda _: None) as foundation:
            home = Home(foundation)
            async with home.client:
                yield home

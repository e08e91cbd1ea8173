"""One community, and the servers around it: real HTTP on loopback, real signatures, a real database.

A `World` has our side: reception, processor and what they stand on. A `Remote` is an actor on another
server; the servers are names under `.localhost` on one port, told apart by `Host`.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fediverse_support.community.arriving import remote_actors
from fediverse_support.community.groups import groups
from fediverse_support.community.joining import memberships
from fediverse_support.core.models import Actor, Group
from fediverse_support.core.sealing import Seal
from fediverse_support.core.settings import Settings
from fediverse_support.database import actors, inbox
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import Pool, acquire, spent
from fediverse_support.inbox.known_keys import KnownKeys
from fediverse_support.inbox.limits import HostRates
from fediverse_support.inbox.processing import Processor
from fediverse_support.inbox.reception import Reception
from fediverse_support.network.client import Client
from fediverse_support.network.documents import Documents
from fediverse_support.policy.engine import Policy, compile_policy
from fediverse_support.policy.ladder import Rung
from fediverse_support.protocol import parsing
from fediverse_support.protocol.signatures import proofs
from fediverse_support.protocol.signatures.keys import PrivateKey, generate_rsa, public_pem
from fediverse_support.protocol.signatures.multikey import encode_multikey
from fediverse_support.protocol.signatures.requests import SignedRequest, received
from fediverse_support.protocol.signatures.signing import sign_post
from fediverse_support.protocol.site import site_of

CORPORA = Path(__file__).parents[2] / "../shared/corpora"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
RSA, OTHER_RSA = generate_rsa(), generate_rsa()
HERE = Settings(
    domain="here.localhost:1",
    origin="http://here.localhost:1",
    outbound_allow_private="127.0.0.0/8",
    outbound_allow_http=True,
)
NUMBERS = itertools.count(1)
Document = dict[str, Any]


@dataclass
class Internet:
    """All other servers. `documents` maps a URL to what stands there: a document, or a status."""

    documents: dict[str, Document | int] = field(default_factory=dict)
    software: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    more_headers: dict[str, str] = field(default_factory=dict)
    port: int = 0

    def url(self, host: str, path: str = "") -> str:
        return f"http://{host}.localhost:{self.port}{path}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:-2])}
                await reader.readexactly(int(headers.get("content-length", "0")))
                found, kind = self._found(headers["host"], head[0].split(" ")[1])
                status, body = (
                    (found, b"") if isinstance(found, int) else (200, json.dumps(found).encode("utf-8"))
                )
                more = self.more_headers.get(f"http://{headers['host']}{head[0].split(' ')[1]}", "")
                fields = f"content-type: {kind}\r\n{more}content-length: {len(body)}"
                writer.write(f"HTTP/1.1 {status} X\r\n{fields}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _found(self, host: str, target: str) -> tuple[Document | int, str]:
        url = f"http://{host}{target}"
        self.asked.append(url)
        if target.startswith("/.well-known/webfinger"):
            return self._webfinger(host, target), "application/jrd+json"
        if target == "/nodeinfo/2.0":
            name = self.software.get(host.partition(".")[0])
            found = {"version": "2.0", "software": {"name": name, "version": "1"}} if name else 404
            return found, "application/json"
        return self.documents.get(url, 404), "application/activity+json"

    def _webfinger(self, host: str, target: str) -> Document | int:
        handle = target.partition("resource=")[2].replace("acct%3A", "acct:").replace("%40", "@")
        name = handle.removeprefix("acct:").partition("@")[0]
        for url, document in self.documents.items():
            if not isinstance(document, dict) or not url.startswith(f"http://{host}/"):
                continue
            if document.get("preferredUsername") == name:
                link = {"rel": "self", "type": "application/activity+json", "href": url}
                return {"subject": f"acct:{name}@{host}", "links": [link]}
        return 404


@dataclass
class Remote:
    """An actor of another server."""

    internet: Internet
    uri: str
    name: str
    type: str
    key: PrivateKey
    proof_key: PrivateKey
    actor: Actor | None = None

    @property
    def origin(self) -> str:
        return self.uri.partition("/users/")[0]

    @property
    def followers(self) -> str:
        return f"{self.uri}/followers"

    def document(self, **changes: Any) -> Document:
        found = {
            "@context": CONTEXT,
            "id": self.uri,
            "type": self.type,
            "preferredUsername": self.name,
            "name": self.name.title(),
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": self.followers,
            "featured": f"{self.uri}/featured",
            "endpoints": {"sharedInbox": f"{self.origin}/inbox"},
            "publicKey": {
                "id": self.key.key_id,
                "owner": self.uri,
                "publicKeyPem": public_pem(self.key.key),
            },
            "assertionMethod": [
                {
                    "id": self.proof_key.key_id,
                    "type": "Multikey",
                    "controller": self.uri,
                    "publicKeyMultibase": encode_multikey(self.proof_key.key.public_key()),
                }
            ],
        }
        return found | changes

    def publish(self, **changes: Any) -> None:
        """Let the actor's document stand at its id."""
        self.internet.documents[self.uri] = self.document(**changes)

    def id(self, kind: str = "activities") -> str:
        return f"{self.origin}/{kind}/{next(NUMBERS)}"

    def does(self, type: str, object: Any, **more: Any) -> Document:
        return {
            "@context": CONTEXT,
            "id": self.id(),
            "type": type,
            "actor": self.uri,
            "object": object,
        } | more

    def note(self, group: str | None = None, **more: Any) -> Document:
        return {
            "id": self.id("notes"),
            "type": "Note",
            "attributedTo": self.uri,
            "content": "<p>Hello to all of you</p>",
            "published": "2026-01-01T10:00:00Z",
            "to": [PUBLIC],
            "cc": [self.followers, *([group] if group else [])],
        } | more

    def create(self, group: str | None = None, **more: Any) -> Document:
        note = self.note(group, **more)
        return self.wrap("Create", note)

    def wrap(self, type: str, note: Document, **more: Any) -> Document:
        return self.does(type, note, to=note["to"], cc=note["cc"]) | more

    def proved(self, document: Document) -> Document:
        """`document` with an integrity proof of this actor."""
        return proofs.make(document, self.proof_key, datetime.now(UTC))


class Clock:
    """The time now, plus what a test has let pass."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.passed

    def let_pass(self, **span: float) -> None:
        self.passed += timedelta(**span)


@dataclass
class World:
    """Our side, and the means to send to it and to look at what became of it."""

    pool: Pool
    internet: Internet
    client: Client
    documents: Documents
    clock: Clock = field(default_factory=Clock)
    policy: Policy = field(default_factory=lambda: compile_policy(1, []))
    processed: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site = site_of(HERE)
        self.seal = Seal(b"k" * 32)
        self.keys = KnownKeys(self.pool)
        self.reception = self.new_reception()
        self.processor = self.new_processor()

    def new_reception(self, rate: float = 1e6, burst: float = 1e6) -> Reception:
        return Reception(
            self.pool, self.site, lambda: self.policy, self.keys, HostRates(rate, burst), self.clock
        )

    def new_processor(self, **options: Any) -> Processor:
        return Processor(
            self.pool,
            self.site,
            options.pop("documents", self.documents),
            lambda: self.policy,
            self.keys,
            now=self.clock,
            on_processed=self.processed.append,
        )

    def set_levels(self, **levels: str) -> None:
        """Put servers on the ladder: `peer="held"` stands for peer.localhost."""
        self.policy = compile_policy(2, [Rung(f"{name}.localhost", level) for name, level in levels.items()])

    def remote(
        self, name: str = "ana", host: str = "peer", type: str = "Person", rsa: Any = RSA, **changes: Any
    ) -> Remote:
        """An actor elsewhere that we have not met; its server tells of it."""
        uri = self.internet.url(host, f"/users/{name}")
        found = Remote(
            self.internet,
            uri,
            name,
            type,
            PrivateKey(f"{uri}#main-key", rsa),
            PrivateKey(f"{uri}#ed25519-key", Ed25519PrivateKey.generate()),
        )
        found.publish(**changes)
        return found

    async def known(self, name: str = "ana", host: str = "peer", type: str = "Person", **more: Any) -> Remote:
        """An actor elsewhere that we know, with its keys."""
        found = self.remote(name, host, type, **more)
        document = parsing.actor(found.document(), self.site.gate)
        async with acquire(self.pool) as db, db.transaction():
            found.actor = await remote_actors.store(
                db, self.site, document, handle_confirmed=True, now=self.clock()
            )
        return found

    async def group(self, name: str = "carers", **answers: Any) -> Group:
        """A group of ours."""
        async with acquire(self.pool) as db, db.transaction():
            return await groups.create(
                db, self.site, self.seal, name, groups.Answers(title=name.title(), **answers)
            )

    async def member(self, name: str = "mira") -> Actor:
        """A person of ours."""
        async with acquire(self.pool) as db, db.transaction():
            return await actors.add_local(
                db,
                self.site,
                self.seal,
                type="Person",
                name=name,
                display_name=name.title(),
                summary_source="",
                summary_html="",
            )

    async def join_elsewhere(self, member: Actor, group: Remote) -> str:
        """A member of ours asks to join a group elsewhere; the id of the Follow."""
        assert group.actor is not None
        async with acquire(self.pool) as db, db.transaction():
            await memberships.join_elsewhere(db, self.site, member, group.actor)
        return await self.pool.fetchval(
            "select uri from activities where type = 'Follow' and actor_id = $1 order by id desc", member.id
        )

    async def follows_us(self, follower: Remote, followed: Actor) -> None:
        """An actor elsewhere follows one of ours, as far as the database is concerned."""
        assert follower.actor is not None
        await self.pool.execute(
            """
            insert into follows (follower_id, followed_id, state, activity_uris)
            values ($1, $2, 'accepted', array[$3])
            """,
            follower.actor.id,
            followed.id,
            follower.id(),
        )

    def request(
        self,
        sender: Remote,
        activity: Document | bytes,
        *,
        key: PrivateKey | None = None,
        path: str = "/inbox",
        style: Any = "cavage",
        at: datetime | None = None,
        without: tuple[str, ...] = (),
        **headers: str,
    ) -> SignedRequest:
        """The request as it comes over the wire; `headers` replace those that were signed."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        signed = sign_post(f"{self.site.origin}{path}", body, key or sender.key, at or self.clock(), style)
        changed = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        fields = {name.lower(): value for name, value in signed.items()} | changed
        raw = [(n.encode(), v.encode("latin-1")) for n, v in fields.items() if n not in without]
        return received("POST", path, raw, body, self.site.origin)

    async def receive(self, sender: Remote, activity: Document | bytes, **options: Any) -> str:
        return await self.reception.receive(self.request(sender, activity, **options))

    async def process(self, processor: Processor | None = None) -> None:
        """Work until nothing is due."""
        for _ in range(200):
            if not await (processor or self.processor).step():
                return
        raise AssertionError("the inbox never gets empty")

    async def send(self, sender: Remote, activity: Document | bytes, **options: Any) -> Arrived:
        """Receive and process; what became of it."""
        await self.receive(sender, activity, **options)
        await self.process()
        document = activity if isinstance(activity, dict) else json.loads(activity)
        return await self.arrived(document["id"])

    async def arrived(self, uri: str) -> Arrived:
        async with acquire(self.pool) as db:
            found = await inbox.by_activity(db, uri)
        assert found is not None, "nothing was kept of it"
        return found

    async def rows(self, query: str, *arguments: Any) -> list[Document]:
        return [dict(row) for row in await self.pool.fetch(query, *arguments)]

    async def one(self, query: str, *arguments: Any) -> Any:
        return await self.pool.fetchval(query, *arguments)

    async def post(self, uri: str) -> Document | None:
        row = await self.pool.fetchrow("select * from posts where uri = $1", uri)
        return dict(row) if row else None

    async def sent(self, type: str | None = None) -> list[Document]:
        """Our activities with the inboxes that they go to (`inboxes`), in order."""
        rows = await self.pool.fetch(
            """
            select a.*, coalesce(array_agg(d.inbox_url order by d.inbox_url)
                                 filter (where d.id is not null), '{}') as inboxes
              from activities a left join deliveries d on d.activity_id = a.id
             where $1::text is null or a.type = $1
             group by a.id order by a.id
            """,
            type,
        )
        return [dict(row) | {"body": json.loads(row["body"])} for row in rows]

    async def counts(self) -> dict[str, int]:
        """How many rows there are of everything that an arrival may change."""
        tables = (
            "actors", "actor_keys", "posts", "post_versions", "reactions", "boosts", "follows", "blocks",
            "tombstones", "undone", "pins", "reports", "group_moderators", "activities", "deliveries",
            "held_activities",
        )  # fmt: skip
        return {table: await self.one(f"select count(*) from {table}") for table in tables}

    def round_trips(self) -> int:
        return spent.queries


@pytest.fixture
async def internet() -> AsyncIterator[Internet]:
    """The servers around us."""
    found = Internet()
    server = await asyncio.start_server(found.talk, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


@pytest.fixture
async def world(database: Pool, internet: Internet, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """Our side, with a fresh database."""
    # Making RSA keys is not what these tests are about, and takes a tenth of a second each.
    monkeypatch.setattr(actors, "generate_rsa", lambda: RSA)
    async with Client(HERE) as client:
        key = PrivateKey("http://here.localhost:1/actor#main-key", RSA)
        yield World(database, internet, client, Documents(client, key))


@pytest.fixture
def other_rsa() -> Any:
    """A key that nobody has published."""
    return OTHER_RSA


@pytest.fixture
def corpora() -> Path:
    """The folder of outside corpora."""
    if not CORPORA.is_dir():
        pytest.skip("the outside corpora are not here: ../shared/corpora")
    return CORPORA

"""A post office with real parts: our client, a real database, and servers on loopback that answer as told."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fediverse_support.core.identifiers import new_id
from fediverse_support.core.sealing import Seal
from fediverse_support.core.settings import Settings
from fediverse_support.database import deliveries
from fediverse_support.database.pool import Pool
from fediverse_support.network.client import Client
from fediverse_support.outbox.delivering import Deliverer
from fediverse_support.outbox.keyring import Keyring
from fediverse_support.protocol.signatures.keys import generate_rsa, private_pem, public_pem
from fediverse_support.protocol.site import site_of

SEAL = Seal(b"k" * 32)
RSA = generate_rsa()
HERE = Settings(
    domain="here.localhost:1",
    origin="http://here.localhost:1",
    outbound_allow_private="127.0.0.0/8",
    outbound_allow_http=True,
)


@dataclass
class Seen:
    """One POST as it came over the wire."""

    host: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def activity(self) -> str:
        return json.loads(self.body)["id"]

    @property
    def style(self) -> str:
        return "rfc9421" if "signature-input" in self.headers else "cavage"


Rule = int | tuple[int, dict[str, str]] | Callable[[Seen], Any]


@dataclass
class Sink:
    """All other servers at once: names under `.localhost`, told apart by their `Host`.

    `rules` maps a name to a status, a status with headers, or a function of the request (may be async) that
    gives one of these, or None to break the connection off. Everybody else answers 202.
    """

    rules: dict[str, Rule] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    connections: int = 0
    under_way: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most_under_way: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def host(self, name: str) -> str:
        return f"{name}.localhost:{self.port}"

    def inbox(self, name: str, path: str = "/inbox") -> tuple[str, str]:
        """(host, URL) as `enqueue` takes them."""
        return self.host(name), f"http://{self.host(name)}{path}"

    def at(self, name: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.host == self.host(name)]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            while await self._exchange(reader, writer, number):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> bool:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        seen = Seen(headers["host"], lines[0].split(" ")[1], headers, body, number)
        self.seen.append(seen)
        self.under_way[seen.host] += 1
        self.most_under_way[seen.host] = max(self.most_under_way[seen.host], self.under_way[seen.host])
        try:
            answer = await self._answer(seen)
        finally:
            self.under_way[seen.host] -= 1
        if answer is None:
            return False
        status, more = answer if isinstance(answer, tuple) else (answer, {})
        fields = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{fields}\r\n".encode())
        await writer.drain()
        return True

    async def _answer(self, seen: Seen) -> Any:
        rule = self.rules.get(seen.host.partition(".")[0], 202)
        answer = rule(seen) if callable(rule) else rule
        return await answer if isinstance(answer, Awaitable) else answer


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """The other servers."""
    found = Sink()
    server = await asyncio.start_server(found.talk, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


class Clock:
    """The time now, plus what a test has let pass."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.passed

    def let_pass(self, **span: float) -> None:
        self.passed += timedelta(**span)


@dataclass
class Office:
    """A worker with its parts, and the means to queue something for it and look at what became of it."""

    pool: Pool
    client: Client
    clock: Clock
    sink: Sink
    gone: list[str] = field(default_factory=list)
    delivered: list[Any] = field(default_factory=list)
    chance: float = 0.5
    actor_id: int = 0

    def worker(self, **options: Any) -> Deliverer:
        """Another worker."""
        given = {
            "client": self.client,
            "keyring": Keyring(SEAL, site_of(HERE)),
            "now": self.clock,
            "chance": lambda: self.chance,
            "on_gone": lambda report: self.gone.append(report.inbox_url),
            "on_delivered": self.delivered.append,
        }
        return Deliverer(options.pop("pool", self.pool), **(given | options))

    async def activity(self, name: str, object_uri: str = "http://here.localhost:1/posts/1") -> int:
        """Store an activity with the id `name`; its number."""
        number = new_id()
        await self.pool.execute(
            """
            insert into activities (id, uri, actor_id, type, object_uri, is_public, body)
            values ($1, $2, $3, 'Create', $4, true, $5)
            """,
            number, name, self.actor_id, object_uri, json.dumps({"id": name, "type": "Create"}),
        )  # fmt: skip
        return number

    async def publish(self, name: str, *to: str, about: str | None = None) -> int:
        """Queue an activity for the shared inboxes of these servers (`a`), or their inboxes (`a/path`)."""
        about = about or f"http://here.localhost:1/posts/{name}"
        number = await self.activity(name, about)
        inboxes = [
            self.sink.inbox(host, f"/{path or 'inbox'}") for host, _, path in (t.partition("/") for t in to)
        ]
        async with self.pool.acquire() as db, db.transaction():
            await deliveries.enqueue(db, number, self.actor_id, about, inboxes)
        return number

    async def rows(self) -> list[Any]:
        return await self.pool.fetch(
            "select d.*, a.uri from deliveries d join activities a on a.id = d.activity_id order by d.id"
        )

    async def states(self) -> dict[str, str]:
        """The state of each delivery by activity and server, as "create@a"."""
        return {f"{row['uri']}@{row['host'].partition('.')[0]}": row["state"] for row in await self.rows()}

    async def host(self, name: str) -> Any:
        return await self.pool.fetchrow("select * from hosts where name = $1", self.sink.host(name))


@pytest.fixture
async def office(database: Pool, sink: Sink) -> AsyncIterator[Office]:
    """A worker's parts, with one actor of ours that has a key."""
    actor_id = await add_actor(database)
    async with Client(HERE) as client:
        yield Office(database, client, Clock(), sink, actor_id=actor_id)


async def add_actor(pool: Pool, name: str = "group") -> int:
    """One of our own actors with a key; its number."""
    actor_id = new_id()
    uri = f"http://here.localhost:1/groups/{name}"
    await pool.execute(
        """
        insert into actors (id, uri, type, is_local, name, host, inbox_url)
        values ($1, $2, 'Group', true, $3, 'here.localhost:1', $2 || '/inbox')
        """,
        actor_id, uri, name,
    )  # fmt: skip
    await pool.execute(
        """
        insert into actor_keys (id, actor_id, algorithm, public_key, private_key)
        values ($1, $2, 'rsa', $3, $4)
        """,
        f"{uri}#main-key", actor_id, public_pem(RSA), SEAL.close(private_pem(RSA).encode(), "actor-key"),
    )  # fmt: skip
    return actor_id


@pytest.fixture
def run_until() -> Callable[..., Awaitable[None]]:
    """Run a worker until something is true (or 20 seconds have passed, which fails), then stop it."""

    async def run(worker: Deliverer, is_done: Callable[[], Any]) -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(worker.run(stop))
        try:
            deadline = time.monotonic() + 20
            while not await _truth(is_done) and not task.done():
                assert time.monotonic() < deadline, "it never came true"
                await asyncio.sleep(0.01)
        finally:
            stop.set()
            await task

    return run


async def _truth(question: Callable[[], Any]) -> bool:
    answer = question()
    return bool(await answer if isinstance(answer, Awaitable) else answer)

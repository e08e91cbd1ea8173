"""Real processes on a real database, a load on them, and a ledger of what they promised.

The ledger method: every request and its answer is written down, every delivery is written down where it
arrives. After the fault everything is drained, and then: acknowledged ⊆ stored ⊆ processed, and each
effect is there exactly once.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from fediverse_support.core.models import Actor
from fediverse_support.core.settings import Settings
from fediverse_support.database import pool as pools
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.foundation import laid
from fediverse_support.protocol.signatures.signing import sign_post
from tests.support.home import Home
from tests.support.remote import RemoteActor, RemoteServer, known

HOUSE = Path(__file__).resolve().parents[2]
DOMAIN = "here.localhost:8099"
PATIENCE = 60.0


@dataclass
class Process:
    """One process of the program."""

    process: asyncio.subprocess.Process
    port: int
    log: Path

    def kill(self, number: int = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def ended(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    async def ready(self) -> None:
        """Wait until it takes requests."""
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
            while True:
                assert self.process.returncode is None, self.log.read_text()
                with contextlib.suppress(httpx.HTTPError):
                    answer = await client.get(f"http://127.0.0.1:{self.port}/readyz")
                    if answer.status_code == 200:
                        return
                await asyncio.sleep(0.05)

    def memory(self) -> int:
        """Resident memory in bytes."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


@dataclass
class Ledger:
    """What was sent, and what was answered: the status, or None where no answer came."""

    answers: list[tuple[str, int | None, dict[str, str]]] = field(default_factory=list)

    @property
    def acknowledged(self) -> set[str]:
        return {id for id, status, _ in self.answers if status is not None and 200 <= status < 300}

    def statuses(self) -> Counter[int | None]:
        return Counter(status for _, status, _ in self.answers)


@dataclass
class Town:
    """A community to be run in processes, one group in it, and who sends to it."""

    settings: Settings
    pool: Pool
    folder: Path
    group: Actor
    sender: RemoteActor
    follower: RemoteActor
    peer: RemoteServer
    ledger: Ledger = field(default_factory=Ledger)
    running: list[Process] = field(default_factory=list)

    def environment(self, port: int) -> dict[str, str]:
        """The settings of a process that listens on `port`."""
        return {
            "FS_DOMAIN": DOMAIN,
            "FS_ORIGIN": f"http://{DOMAIN}",
            "FS_BIND": f"127.0.0.1:{port}",
            "FS_DATA_DIR": self.settings.data_dir,
            "FS_OUTBOUND_ALLOW_PRIVATE": "127.0.0.0/8",
            "FS_OUTBOUND_ALLOW_HTTP": "on",
            "FS_LOG": "json",
            "FS_MIGRATE": "off",
            "FS_DATABASE_POOL": "5",
            "DATABASE_URL": self.settings.database_url,
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    async def start(self, command: str) -> Process:
        """`serve`, `web` or `worker` as a process of its own."""
        port = _free_port()
        log = self.folder / f"{command}-{len(self.running)}.log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "fediverse_support", command),
                cwd=HOUSE,
                env=self.environment(port),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        found = Process(process, port, log)
        self.running.append(found)
        return found

    def post(self) -> dict[str, Any]:
        """A new thread for the group."""
        return self.sender.create(self.sender.note(self.group.uri))

    async def send(
        self,
        client: httpx.AsyncClient,
        process: Process,
        activity: dict[str, Any],
        path: str = "/inbox",
        sender: RemoteActor | None = None,
    ) -> int | None:
        """Deliver to a process, and write the answer down."""
        body = json.dumps(activity).encode()
        key = (sender or self.sender).key
        headers = sign_post(f"http://{DOMAIN}{path}", body, key, datetime.now(UTC), "cavage")
        try:
            answer = await client.post(
                f"http://127.0.0.1:{process.port}{path}", content=body, headers=headers
            )
        except httpx.HTTPError:
            self.ledger.answers.append((activity["id"], None, {}))
            return None
        self.ledger.answers.append((activity["id"], answer.status_code, dict(answer.headers)))
        return answer.status_code

    async def load(self, process: Process, until: Callable[[], bool], width: int = 8) -> None:
        """Send new posts, `width` at a time, until something is true (or for `PATIENCE` seconds)."""
        limits = httpx.Limits(max_connections=width)
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(limits=limits, timeout=20) as client:

            async def one() -> None:
                while not until():
                    if await self.send(client, process, self.post()) is None:
                        await asyncio.sleep(0.02)

            await asyncio.gather(*(one() for _ in range(width)))

    async def drained(self) -> None:
        """Wait until nothing waits in the inbox nor among the deliveries.

        What a fault has left leased comes back within a minute, twice that if the next try is hit as well.
        """
        for _ in range(round(2.5 * PATIENCE / 0.05)):
            if not await self.left():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"still waiting: {await self.what_waits()}")

    async def what_waits(self) -> list[dict[str, Any]]:
        """The first of what is left, for whoever has to find out why."""
        rows = await self.pool.fetch(
            """
            select id, state, attempts, due_at - now() as due, leased_until, outcome
              from inbox where state in ('waiting', 'unverified') order by id limit 3
            """
        )
        hosts = await self.pool.fetch(
            "select name, next_due_at - now() as due, leased_until, paused_until, last_error from hosts"
        )
        return [dict(row) for row in [*rows, *hosts]]

    async def cut_leases(self) -> None:
        """Let the leases of who died run out now, and not only within their minute."""
        await self.pool.execute("update inbox set leased_until = '-infinity' where state = 'waiting'")
        await self.pool.execute(
            "update hosts set leased_until = '-infinity', next_due_at = now() where leased_until > now()"
        )

    async def acknowledges(self, number: int) -> None:
        """Wait for so many acknowledgements in all."""
        await until(lambda: len(self.ledger.acknowledged) >= number)

    async def works(self, worker: Process) -> None:
        """Wait until a worker has put something into effect: one that has not yet begun may give up."""
        async with asyncio.timeout(PATIENCE):
            while not await self.pool.fetchval("select exists (select from inbox where state = 'done')"):
                assert worker.process.returncode is None, worker.log.read_text()
                await asyncio.sleep(0.02)

    async def left(self) -> int:
        async with acquire(self.pool) as db:
            return int(
                await db.fetchval(
                    """
                    select (select count(*) from inbox where state in ('waiting', 'unverified'))
                         + (select count(*) from deliveries where state = 'waiting')
                    """
                )
            )

    async def check(self, *, repeats: int = 0) -> None:
        """Compare the ledger with the database and with what the follower's server has seen.

        `repeats`: how many deliveries may have arrived twice, because a process died between sending and
        writing it down.
        """
        rows = await self.pool.fetch("select activity_uri, state from inbox")
        stored = {row["activity_uri"]: row["state"] for row in rows}
        lost = self.ledger.acknowledged - stored.keys()
        assert not lost, f"{len(lost)} acknowledged activities are not stored"
        unprocessed = {uri: state for uri, state in stored.items() if state != "done"}
        assert not unprocessed, f"not processed: {Counter(unprocessed.values())}"
        posts = await self.pool.fetchval("select count(*) from posts")
        assert posts == len(stored), "each stored activity has exactly one post"
        announced = await self.pool.fetch(
            "select object_uri, count(*) as number from activities where type = 'Announce' and not is_public "
            "group by 1"
        )
        assert len(announced) == posts
        assert {row["number"] for row in announced} <= {1}, "each post was announced exactly once"
        seen = Counter(json.loads(asked.body)["object"]["id"] for asked in self.peer.posted)
        assert seen.keys() == stored.keys(), "each post reached the follower"
        again = sum(number - 1 for number in seen.values())
        assert again <= repeats, f"{again} deliveries were repeated, at most {repeats} may be"


async def until(is_true: Callable[[], bool]) -> None:
    """Wait until something is true; fails after a minute."""
    for _ in range(round(PATIENCE / 0.005)):
        if is_true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came true")


@pytest.fixture(name="until")
def _until() -> Callable[[Callable[[], bool]], Any]:
    return until


@pytest.fixture
async def make_town(tmp_path: Path) -> AsyncIterator[Callable[[str], Any]]:
    """Makes a town on a migrated, empty database."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(database_url: str) -> Town:
            return await stack.enter_async_context(_town(tmp_path, database_url))

        yield make


@pytest.fixture
async def town(database_url: str, make_town: Callable[[str], Any]) -> Town:
    """A town on a fresh database of the test server."""
    return await make_town(database_url)


@contextlib.asynccontextmanager
async def _town(folder: Path, database_url: str) -> AsyncIterator[Town]:
    settings = Settings(
        domain=DOMAIN,
        origin=f"http://{DOMAIN}",
        data_dir=str(folder / "data"),
        database_url=database_url,
        outbound_allow_private="127.0.0.0/8",
        outbound_allow_http=True,
    )
    async with RemoteServer("peer.localhost") as peer:
        sender, follower = peer.actor("ana"), peer.actor("lea")
        async with laid(settings, lambda _: None) as foundation:
            home = Home(foundation)
            group = (await home.group("carers")).actor
            follow = await known(foundation.pool, foundation.site, follower)
            await known(foundation.pool, foundation.site, sender)
            await foundation.pool.execute(
                "insert into hosts (name, software, nodeinfo_at) values ($1, 'lemmy', now())", follower.host
            )
            await foundation.pool.execute(
                """
                insert into follows (follower_id, followed_id, state, activity_uris)
                values ($1, $2, 'accepted', '{x}')
                """,
                follow.id,
                group.id,
            )
            # The author gets a boost of their own; only what the group announces is counted here.
            await foundation.pool.execute("update actors set inbox_url = null where uri = $1", sender.uri)
        small = msgspec.structs.replace(settings, database_pool=3)
        pool = await pools.connect(small, database_url)
        town = Town(settings, pool, folder, group, sender, follower, peer)
        try:
            yield town
        finally:
            for process in town.running:
                process.kill()
                await process.ended()
            pool.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

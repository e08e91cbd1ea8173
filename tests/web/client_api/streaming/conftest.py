"""A community that really listens on a port, with clients that follow along."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import websockets

from fediverse_support import app
from fediverse_support.accounts import grants
from fediverse_support.core import clock
from fediverse_support.core.models import Actor
from fediverse_support.database import accounts
from fediverse_support.database.pool import acquire
from fediverse_support.serving import WEBSOCKETS, Server, run_server
from fediverse_support.web.client_api.streaming.pump import Pump
from tests.support.home import TEST_NETWORK, Home, at_home

EVERYTHING = ("read", "write", "follow")
SOON = 5.0


class Running:
    """One process of a community: its application on a real port, with its pump."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.services = app.services_on(home.foundation)
        self.stop = asyncio.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    async def run(self) -> None:
        """Serve until told to stop."""
        config = uvicorn.Config(
            app.build(self.home.foundation, services=self.services),
            log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5, **WEBSOCKETS,
        )  # fmt: skip
        async with asyncio.TaskGroup() as group:
            group.create_task(Pump(self.services).run(self.stop))
            group.create_task(run_server(Server(config), self.stop, [self.listener]))

    async def token(self, actor: Actor, scopes=EVERYTHING, acts_as: int | None = None) -> str:
        """A token of a member."""
        async with acquire(self.home.pool) as db:
            number = await db.fetchval("select id from accounts where actor_id = $1", actor.id)
            return await grants.issue(
                db,
                account=await accounts.by_id(db, number),
                actor_id=acts_as or actor.id,
                application_id=None,
                scopes=scopes,
                now=clock.now(),
            )

    def address(self, query: str = "") -> str:
        """Where streams are."""
        return f"ws://127.0.0.1:{self.port}/api/v1/streaming{query}"

    @asynccontextmanager
    async def socket(self, token: str, *streams: dict[str, str] | str, query: str = "", **options: Any):
        """An open WebSocket that follows these streams."""
        async with websockets.connect(self.address(query), subprotocols=[token], **options) as opened:
            assert opened.subprotocol == token
            for stream in streams:
                word = {"stream": stream} if isinstance(stream, str) else stream
                await opened.send(json.dumps({"type": "subscribe", **word}))
            wanted = len(streams) + ("stream=" in query)
            await until(lambda: any(len(one.streams) >= wanted for one in self.of(token)))
            yield opened

    def of(self, token: str) -> list[Any]:
        """The listeners with this token."""
        hashed = grants.hash_of(token)
        return [one for one in self.services.streams.listeners if one.token_hash == hashed]


async def until(is_so: Callable[[], bool]) -> None:
    """Give others their turn until something is so."""
    async with asyncio.timeout(SOON):
        while not is_so():  # noqa: ASYNC110  (what is waited for has no event of its own)
            await asyncio.sleep(0.005)


async def heard(opened: Any, within: float = SOON) -> tuple[tuple[str, ...], str, Any]:
    """The next frame: stream, event, and payload as JSON where it is that."""
    async with asyncio.timeout(within):
        frame = json.loads(await opened.recv())
    if "error" in frame:
        return (), "error", frame
    assert isinstance(frame.get("payload", ""), str)
    payload = frame.get("payload")
    is_json = payload is not None and payload.startswith("{")
    return tuple(frame["stream"]), frame["event"], json.loads(payload) if is_json else payload


@pytest.fixture
async def home(database_url: str, tmp_path: Path) -> AsyncIterator[Home]:
    """A community with nobody in it yet."""
    async with at_home(TEST_NETWORK, database_url, str(tmp_path / "data")) as found:
        yield found


@asynccontextmanager
async def listening(home: Home) -> AsyncIterator[Running]:
    """One process that serves, until the end."""
    found = Running(home)
    task = asyncio.create_task(found.run())
    await until(lambda: found.services.streams.is_open)
    yield found
    found.stop.set()
    await task


@pytest.fixture
async def running(home: Home) -> AsyncIterator[Running]:
    """It listens."""
    async with listening(home) as found:
        yield found


@pytest.fixture
async def another(home: Home) -> AsyncIterator[Running]:
    """Another process of the same community."""
    async with listening(home) as found:
        yield found


@pytest.fixture
def waits():
    """Waits until something is so."""
    return until


@pytest.fixture
def hears():
    """Reads the next frame of a socket."""
    return heard

"""Several communities of ours that talk to each other: whole applications, real HTTP, real databases.

They listen on one port, as in the demo, and are told apart by their names. Their workers are driven by hand
(`settle`), so that a test waits for nothing but for what there is to do.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fediverse_support.core import clock
from fediverse_support.core.errors import Missing, RemoteRefused
from fediverse_support.core.models import Actor, Viewer
from fediverse_support.core.settings import Settings
from fediverse_support.database import actors, follows
from fediverse_support.database.pool import acquire
from fediverse_support.demo import doors
from fediverse_support.inbox.lookups import Lookups
from fediverse_support.inbox.processing import Processor
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.client import Reply
from fediverse_support.network.documents import Documents
from fediverse_support.outbox.delivering import Deliverer
from fediverse_support.protocol.signatures.signing import ACTIVITY_JSON, sign_get
from tests.support.home import Home, at_home


@dataclass
class Heard:
    """A request that came to a community, as it came."""

    method: str
    path: str
    body: bytes


@dataclass
class Community:
    """One of the communities, with its worker's hands and everything that was ever sent to it."""

    home: Home
    heard: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        laid = self.home.foundation
        self.pool, self.site = laid.pool, laid.site
        self.processor = Processor(
            laid.pool, laid.site, laid.documents, laid.policies.current, laid.known_keys
        )
        self.deliverer = Deliverer(laid.pool, laid.client, laid.keyring)
        self.lookups = Lookups(laid.pool, laid.site, laid.documents, laid.acquaintance, laid.policies.current)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, with an ear at the door (ASGI)."""
        body = bytearray()

        async def listening() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await self.home.app(scope, listening, send)
        if scope["type"] == "http":
            self.heard.append(Heard(scope["method"], scope["path"], bytes(body)))

    async def find(self, text: str) -> Any:
        """What a member gets for what they type into the field for other servers."""
        return await self.lookups.find(text, clock.now())

    async def known(self, actor: Actor) -> Actor:
        """Somebody as this community knows them."""
        async with acquire(self.pool) as db:
            found = await actors.by_uri(db, actor.uri)
        assert found is not None
        return found

    async def fetch(self, url: str) -> dict[str, Any] | None:
        """What this community gets for an address elsewhere, signed by its server; None for a no."""
        laid = self.home.foundation
        async with acquire(self.pool) as db:
            # New each time: what failed a moment ago would not be asked again.
            documents = Documents(laid.client, await laid.keyring.instance(db))
        try:
            return await documents.fetch(url, FetchBudget())
        except (Missing, RemoteRefused):
            return None

    async def asks(self, url: str, *, is_signed: bool = True) -> Reply:
        """The answer to a GET of anything elsewhere, byte for byte, signed by this server or by nobody."""
        laid = self.home.foundation
        async with acquire(self.pool) as db:
            key = await laid.keyring.instance(db)

        def sign(target: str) -> dict[str, str]:
            return sign_get(target, key, clock.now(), "cavage")

        return await laid.client.get(
            url,
            accept=ACTIVITY_JSON,
            limit=1_048_576,
            same_origin=True,
            signer=sign if is_signed else None,
        )

    async def reads(self, member: Actor, words: str) -> bool:
        """Whether `member` may see a post here with these words."""
        rows = await self.pool.fetch(
            """
            select content_html from posts p
             where may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $1, $2, $3, $4, $5, $6)
            """,
            *(await self.viewer(member)).sight,
        )
        return any(words in row["content_html"] for row in rows)

    async def viewer(self, member: Actor) -> Viewer:
        """`member`, signed in."""
        async with acquire(self.pool) as db:
            groups = await follows.followed_groups(db, member.id)
        return Viewer(actor_id=member.id, member_of=tuple(group.id for group in groups))


@dataclass
class Fediverse:
    """All communities of a test, on one port."""

    communities: dict[str, Community]
    port: int

    def __getitem__(self, name: str) -> Community:
        return self.communities[name]

    async def settle(self) -> None:
        """Deliver and process everywhere until nothing is left to do."""
        for _ in range(100):
            done = 0
            for community in self.communities.values():
                done += await community.deliverer.step()
                done += await community.processor.step()
            if not done:
                return
        raise AssertionError("they never stop talking")


def _settings(name: str, port: int) -> Settings:
    host = f"{name}.localhost:{port}"
    return Settings(
        domain=host,
        origin=f"http://{host}",
        outbound_allow_private="127.0.0.0/8",
        outbound_allow_http=True,
    )


@pytest.fixture
async def make_fediverse(
    make_database_url: Callable[[], Awaitable[str]], tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Fediverse]]]:
    """Makes communities with these names, each on a database of its own, and lets them listen."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(*names: str) -> Fediverse:
            listener = socket.create_server(("127.0.0.1", 0))
            port = listener.getsockname()[1]
            found: dict[str, Community] = {}
            for name in names:
                url, folder = await make_database_url(), str(tmp_path / name)
                home = await stack.enter_async_context(at_home(_settings(name, port), url, folder))
                found[name] = Community(home)
            applications: dict[str, ASGIApp] = {one.site.host: one for one in found.values()}
            stop = asyncio.Event()
            serving = asyncio.create_task(doors.serve(doors.Doors(applications, {}), listener, stop))
            stack.push_async_callback(asyncio.wait_for, serving, 10)
            stack.callback(stop.set)
            return Fediverse(found, port)

        yield make

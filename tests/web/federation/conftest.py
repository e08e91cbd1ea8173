"""A community at http://garden.localhost:8000, furnished, and somebody at peer.example."""

from collections.abc import AsyncIterator

import pytest

from fediverse_support.database import groups
from fediverse_support.database.pool import acquire
from tests.support.followers import followed
from tests.support.home import TEST_NETWORK, Home, at_home
from tests.support.members_only import Scene
from tests.support.remote import RemoteActor, RemoteServer


@pytest.fixture
async def home(database_url: str, tmp_path) -> AsyncIterator[Home]:
    """Our side."""
    async with at_home(TEST_NETWORK, database_url, str(tmp_path / "data")) as found:
        yield found


@pytest.fixture
async def peer() -> AsyncIterator[RemoteServer]:
    """Another server, really there."""
    async with RemoteServer() as server:
        yield server


@pytest.fixture
async def alice(home: Home) -> RemoteActor:
    """Somebody elsewhere whom we know, whose server need not be there."""
    actor = RemoteActor()
    await home.meet(actor)
    return actor


@pytest.fixture
async def scene(home):
    ada, group = await home.member(), await home.group(seeing="members")
    await home.join(ada, group.actor)
    await followed(home, group, software="fediverse-support", name="lea", host="members.example")
    post = await home.write(ada, group.actor, "canary-one")
    answer = await home.reply(ada, post, "canary-two")
    async with acquire(home.pool) as db:
        await groups.pin(db, group.actor.id, post.uri)
    return Scene(home, group, ada, post, answer)


@pytest.fixture
async def reader(home):
    """The instance actor of the server with a member."""
    found = RemoteActor("instance", "https://members.example", "Application")
    await home.meet(found)
    return found

"""A community at http://garden.localhost:8000, furnished, and somebody at peer.example."""

from collections.abc import AsyncIterator

import pytest

from tests.support.home import TEST_NETWORK, Home, at_home
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

"""A street with our community and one neighbour of the kind that the test's class names."""

from collections.abc import AsyncIterator

import pytest

pytest.register_assert_rewrite("tests.compatibility.checks")

from tests.compatibility.peers import Street  # noqa: E402
from tests.support.home import TEST_NETWORK, at_home  # noqa: E402
from tests.support.remote import RemoteServer  # noqa: E402


@pytest.fixture
async def street(request: pytest.FixtureRequest, database_url: str, tmp_path) -> AsyncIterator[Street]:
    """Two servers: ours, and one that runs the software of `peer`. Nobody has met yet."""
    peer = request.cls.peer
    async with (
        at_home(TEST_NETWORK, database_url, str(tmp_path / "data")) as home,
        RemoteServer(name="neighbour.localhost", software=peer.software) as server,
    ):
        group, ours = await home.group("sober"), await home.member("ada")
        await home.join(ours, group.actor)
        yield Street(home, server, group, ours, peer.actor(server, "alice"), peer.actor(server, "bertie"))

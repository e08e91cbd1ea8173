"""One community on a real database, for tests of what a community does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.home import TEST_NETWORK, Home, at_home


@pytest.fixture
async def home(database_url: str, tmp_path: Path) -> AsyncIterator[Home]:
    """A community with nobody in it yet."""
    async with at_home(TEST_NETWORK, database_url, str(tmp_path / "data")) as found:
        yield found

"""What the worker does while it keeps house: polls end and tell of it, threads that repeat are written."""

import asyncio
from collections.abc import AsyncIterator
from datetime import time, timedelta
from pathlib import Path

import pytest

from fediverse_support.community.posts import posts, repeating
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.community.posts.repeating import Schedule, Wish
from fediverse_support.core import clock
from fediverse_support.database import groups
from fediverse_support.database.pool import acquire
from fediverse_support.worker import Worker
from tests.support.home import TEST_NETWORK, Home, at_home


@pytest.fixture
async def home(database_url: str, tmp_path: Path) -> AsyncIterator[Home]:
    async with at_home(TEST_NETWORK, database_url, str(tmp_path / "data")) as found:
        yield found


async def keep_house_once(home: Home) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(Worker(home.foundation)._keep_house(stop))
    await asyncio.sleep(0)  # it has begun, and ends after this round
    stop.set()
    await task


async def test_polls_end_and_threads_begin_by_themselves_and_once(home):
    ada, group = await home.member("ada"), await home.group()
    async with acquire(home.pool) as db, db.transaction():
        await groups.add_moderator(db, group.actor.id, ada.id)
        await posts.write(
            db,
            home.site,
            ada,
            group.actor,
            posts.Words(title="When?", source=""),
            clock.now() - timedelta(days=2),
            addition=NewPoll(answers=("Now", "Later"), ends_after=timedelta(days=1)),
            policy=home.policy,
        )
        wish = Wish(
            title="Round", source="One good thing?", schedule=Schedule(frequency="daily", at_time=time(9))
        )
        await repeating.set_up(db, group.actor, ada, wish, clock.now() - timedelta(days=9))
    for _ in range(2):
        await keep_house_once(home)
    assert [one["type"] for one in await home.published(ada)] == ["Create", "Update", "Create"]
    assert await home.pool.fetchval("select count(*) from polls where closed_at is not null") == 1
    assert await home.pool.fetchval("select count(*) from posts where title = 'Round'") == 1

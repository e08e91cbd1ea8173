"""R5, R24: processes that are killed, or told to stop, in the middle of a load."""

import asyncio
import os
import random
import signal

import pytest


async def kill_web(town, kills, chance):
    """Web processes one after the other under load, each killed after some acknowledgements."""
    process = await town.start("web")
    await process.ready()
    for _ in range(kills):
        upcoming = asyncio.create_task(town.start("web"))
        enough = len(town.ledger.acknowledged) + chance.randrange(1, 40)
        loading = asyncio.create_task(
            town.load(process, lambda process=process: process.process.returncode is not None)
        )
        await town.acknowledges(enough)
        process.kill()
        await loading
        process = await upcoming
        await process.ready()
    process.kill(signal.SIGTERM)
    assert await process.ended() == 0


async def test_r5_nothing_acknowledged_is_lost_when_the_web_process_is_killed(town):
    worker = await town.start("worker")
    await kill_web(town, 2, random.Random(5))
    await town.drained()
    assert worker.process.returncode is None
    assert len(town.ledger.acknowledged) > 20
    await town.check()


@pytest.mark.slow
@pytest.mark.skipif("LONG_TESTS" not in os.environ, reason="takes ten minutes: set LONG_TESTS=1 to run it")
async def test_r5_two_hundred_kills(town):
    await town.start("worker")
    await kill_web(town, 200, random.Random(200))
    await town.drained()
    await town.check()


async def test_r24_who_is_told_to_stop_ends_what_is_in_hand_and_gives_everything_back(town):
    process = await town.start("serve")
    await process.ready()
    loading = asyncio.create_task(town.load(process, lambda: process.process.returncode is not None))
    await town.acknowledges(60)
    process.kill(signal.SIGTERM)
    assert await process.ended() == 0, process.log.read_text()
    await loading
    statuses = town.ledger.statuses()
    assert set(statuses) <= {202, 503, None}, statuses
    assert await leases(town) == 0, "no lease is left behind"
    last = await town.start("worker")
    await town.drained()
    await town.check()
    last.kill(signal.SIGTERM)
    assert await last.ended() == 0
    assert await leases(town) == 0


async def leases(town):
    return await town.pool.fetchval(
        """
        select (select count(*) from inbox where leased_until > now() and state in ('waiting', 'unverified'))
             + (select count(*) from hosts where leased_until > now())
        """
    )


async def test_two_workers_share_the_work_and_one_of_them_dies(town):
    web = await town.start("web")
    workers = [await town.start("worker") for _ in range(2)]
    await web.ready()
    await town.load(web, lambda: len(town.ledger.acknowledged) >= 60)
    workers[0].kill()
    await workers[0].ended()
    await town.cut_leases()
    await town.drained()
    await town.check(repeats=64)
    assert workers[1].process.returncode is None

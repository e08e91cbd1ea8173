"""A worker is killed at each point of its work; the database drops its connections. Nothing is lost."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import asyncpg
import pytest

DYING = Path(__file__).with_name("dying_worker.py")
ROOT = Path(__file__).parents[2]
POST = "http://here.localhost:1/posts/7"
NAMES = ("create", "update", "delete")
HOSTS = ("a", "b", "c")


async def killed(url: str, point: str, which_time: int) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(DYING), url, point, str(which_time),
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await process.communicate()
    assert process.returncode == 9, errors.decode()


@pytest.mark.parametrize(
    ("point", "which_time"),
    [
        ("before-notice", 1), ("after-notice", 1), ("before-lease", 1), ("after-lease", 1),
        ("after-look-up", 1), ("before-post", 1), ("after-post", 1), ("before-post", 5), ("after-post", 5),
        ("before-mark", 1), ("after-mark", 1), ("after-give-back", 1),
    ],
)  # fmt: skip
async def test_a_worker_killed_at_any_point_loses_nothing_and_repeats_at_most_once(
    office, sink, database_url, point, which_time
):
    for name in NAMES:
        await office.publish(name, *HOSTS, about=POST)
    await killed(database_url, point, which_time)
    before = Counter((seen.host, seen.activity) for seen in sink.seen)
    worker = office.worker()
    marked = sum(state == "delivered" for state in (await office.states()).values())
    if point not in ("before-notice", "after-notice", "before-lease", "after-give-back"):
        assert await worker.step() == 0, "the lease of the dead worker holds for a minute"
    office.clock.let_pass(seconds=61)
    while await worker.step():
        pass

    assert set((await office.states()).values()) == {"delivered"}
    seen = Counter((seen.host, seen.activity) for seen in sink.seen)
    assert len(seen) == len(NAMES) * len(HOSTS)
    assert all(count <= 2 for count in seen.values())
    assert sum(seen.values()) == len(seen) + sum(before.values()) - marked
    for host in HOSTS:
        order = [NAMES.index(seen.activity) for seen in sink.at(host)]
        assert order == sorted(order)


async def test_a_turn_that_is_cancelled_hands_its_host_back(office, sink):
    begun = asyncio.Event()

    async def never(_):
        begun.set()
        await asyncio.sleep(60)

    sink.rules["a"] = never
    await office.publish("create", "a")
    task = asyncio.create_task(office.worker().run(asyncio.Event()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    sink.rules["a"] = 202
    assert await office.worker().step() == 1
    assert await office.states() == {"create@a": "delivered"}


async def test_a_database_that_drops_every_connection_again_and_again_doubles_nothing(
    office, sink, database_url, run_until
):
    """What came back is remembered until it can be written down, so not even a repeat is needed."""
    hosts = [f"h{number}" for number in range(8)]
    for number in range(12):
        await office.publish(f"n{number:02}", *hosts, about=POST)

    async def slow(_):
        await asyncio.sleep(0.02)
        return 202

    sink.rules.update(dict.fromkeys(hosts, slow))
    killer = await asyncpg.connect(database_url)
    rounds = iter(range(12))

    async def drop_connections():
        for _ in rounds:
            await killer.execute(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and pid <> pg_backend_pid()
                """
            )
            await asyncio.sleep(0.03)
            return False
        return True

    worker = office.worker(concurrency=8)
    await run_until(worker, drop_connections)
    office.clock.let_pass(seconds=61)
    await asyncio.sleep(0)
    await run_until(worker, lambda: len(sink.seen) >= 96)
    assert set(Counter((seen.host, seen.activity) for seen in sink.seen).values()) == {1}
    assert set((await office.states()).values()) == {"delivered"}
    for host in hosts:
        order = [seen.activity for seen in sink.at(host)]
        assert order == sorted(order)
    await killer.close()


async def test_a_database_that_is_away_when_a_result_is_written_gets_it_later(office, sink, monkeypatch):
    from fediverse_support.core.errors import Unavailable
    from fediverse_support.database import deliveries

    finish, away = deliveries.finish, [True, True]

    async def away_twice(*args):
        if away:
            away.pop()
            raise ConnectionResetError
        await finish(*args)

    monkeypatch.setattr(deliveries, "finish", away_twice)
    await office.publish("create", "a")
    worker = office.worker()
    with pytest.raises(Unavailable):
        await worker.step()
    assert await office.states() == {"create@a": "waiting"}
    with pytest.raises(Unavailable):
        await worker.step()
    await worker.step()
    assert await office.states() == {"create@a": "delivered"}
    assert len(sink.seen) == 1
    assert await office.pool.fetchval("select count(*) from hosts where leased_until > now()") == 0

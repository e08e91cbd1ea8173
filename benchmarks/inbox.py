"""The inbox: what an accepted activity costs, and what it costs to put it into effect."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from benchmarks import peers, stage
from benchmarks.senders import Senders, post_all
from benchmarks.table import Figure
from fediverse_support.community.groups import groups
from fediverse_support.core import sealing
from fediverse_support.database.pool import acquire, connect
from fediverse_support.protocol.site import site_of

REQUESTS = 2_000
STRANGERS = 150


async def figures(folder: Path) -> list[Figure]:
    """Durable reception, the whole way of a post, and meeting a stranger.

    The bare endpoint is measured in turns with what is measured beside it: a shared machine is not equally
    quick from one minute to the next.
    """
    async with stage.built(folder) as place:
        senders = Senders(place)
        await _prepare(place, senders)
        key = folder / "key.pem"
        key.write_text(senders.pem)
        port = stage.free_port()
        with stage.program(["-m", "benchmarks.bare", str(port), str(key)], place.environment, port) as pid:

            async def bare() -> float:
                return await _measured(pid, senders, port)

            durable, beside_durable = await _reception(place, senders, bare)
            whole, beside_whole = await _whole_way(place, senders, bare)
        stranger, gets = await _strangers(place, senders)
    return [
        Figure("inbox, known key, durable", durable * 1e6, "CPU µs an activity", "bare endpoint", durable / beside_durable, 2.0),
        Figure("inbox to group page and queued boosts", whole * 1e6, "CPU µs a post", "bare endpoint", whole / beside_whole, 8.0),
        Figure("never-seen actor", stranger * 1e6, "CPU µs a post", "known actor", stranger / whole, 6.0),
        Figure("never-seen actor: GETs", gets, "requests", "3", gets, 3.0),
    ]  # fmt: skip


Bare = Callable[[], Awaitable[float]]


async def _reception(place: stage.Stage, senders: Senders, bare: Bare) -> tuple[float, float]:
    """CPU seconds of the web process for each activity that it has stored, and of the bare endpoint.

    Nothing is processed meanwhile. The best of four turns each.
    """
    with stage.program(["-m", "fediverse_support", "web"], place.environment, place.port) as pid:
        await post_all(place.port, [senders.create(_group(place)) for _ in range(200)])
        turns = [(await _measured(pid, senders, place.port), await bare()) for _ in range(4)]
    return min(ours for ours, _ in turns), min(theirs for _, theirs in turns)


async def _measured(pid: int, senders: Senders, port: int) -> float:
    requests = [senders.create(_group(senders.stage)) for _ in range(REQUESTS)]
    before = stage.cpu_seconds(pid)
    statuses = await post_all(port, requests)
    spent = stage.cpu_seconds(pid) - before
    assert statuses.count(202) == REQUESTS, f"Not all were accepted: {set(statuses)}"
    return spent / REQUESTS


async def _whole_way(place: stage.Stage, senders: Senders, bare: Bare) -> tuple[float, float]:
    """CPU seconds of web and worker from the POST until the post is stored and its boosts are queued.

    And those of the bare endpoint, in turns.
    """
    db = await asyncpg.connect(place.dsn)
    await db.execute("delete from inbox")
    with stage.program(["-m", "fediverse_support", "serve"], place.environment, place.port) as pid:
        turns = [(await _processed(db, pid, senders, place), await bare()) for _ in range(4)]
    await db.close()
    return min(ours for ours, _ in turns), min(theirs for _, theirs in turns)


async def _processed(
    db: "asyncpg.Connection[asyncpg.Record]", pid: int, senders: Senders, place: stage.Stage
) -> float:
    number = REQUESTS // 2
    requests = [senders.create(_group(place)) for _ in range(number)]
    stored = await db.fetchval("select count(*) from posts")
    before = stage.cpu_seconds(pid)
    began = time.monotonic()
    statuses = await post_all(place.port, requests)
    assert statuses.count(202) == number, f"Not all were accepted: {set(statuses)}"
    await _until(db, "select count(*) from posts", stored + number)
    spent = stage.cpu_seconds(pid) - before
    print(f"  {number / (time.monotonic() - began):,.0f} posts a second, from POST to queued boosts")
    return spent / number


async def _strangers(place: stage.Stage, senders: Senders) -> tuple[float, float]:
    """CPU seconds for a post by an actor that we have never met, and how many GETs it takes to meet them."""
    db = await asyncpg.connect(place.dsn)
    async with peers.strangers(senders.pem, STRANGERS) as (actors, gets):
        stored = await db.fetchval("select count(*) from posts")
        requests = [senders.create(_group(place), actor) for actor in actors]
        with stage.program(["-m", "fediverse_support", "serve"], place.environment, place.port) as pid:
            before = stage.cpu_seconds(pid)
            statuses = await post_all(place.port, requests)
            assert statuses.count(202) == len(requests), f"Not all were accepted: {set(statuses)}"
            await _until(db, "select count(*) from posts", stored + len(requests))
            spent = stage.cpu_seconds(pid) - before
        counted = gets()
    await db.close()
    return spent / len(requests), statistics.fmean(counted)


async def _prepare(place: stage.Stage, senders: Senders) -> None:
    """A group with followers on ten hosts whose circuits are closed to us, so that boosts only queue."""
    pool = await connect(place.settings, place.dsn)
    site = site_of(place.settings)
    seal = sealing.load_or_make(place.settings.secret_key_path)
    async with acquire(pool) as db, db.transaction():
        await groups.create(db, site, seal, "night", groups.Answers(title="Night owls"))
    await pool.close()
    db = await asyncpg.connect(place.dsn)
    await senders.introduce(db)
    await db.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris, accepted_at)
        select f.id, g.id, 'accepted', array[f.uri || '#follow'], now()
          from actors f, actors g
         where not f.is_local and g.name = 'night' and g.is_local order by f.id limit 10
        """
    )
    await db.execute(
        """
        insert into hosts (name, software, paused_until, failures, opened_at)
        select distinct split_part(uri, '/', 3),
               (array['mastodon', 'lemmy'])[1 + (row_number() over (order by uri)) % 2],
               now() + interval '1 day', 50, now()
          from actors where not is_local
            on conflict (name) do update set paused_until = excluded.paused_until
        """
    )
    await db.close()


def _group(place: stage.Stage) -> str:
    return f"{place.settings.origin}/groups/night"


async def _until(db: "asyncpg.Connection[asyncpg.Record]", query: str, wanted: int) -> None:
    for _ in range(1_200):
        if await db.fetchval(query) >= wanted:
            return
        await asyncio.sleep(0.05)
    states = await db.fetch(
        "select state, outcome, count(*) from inbox group by 1, 2 order by 3 desc limit 5"
    )
    raise SystemExit(f"Not everything was processed: {[tuple(row) for row in states]}")

"""Delivery: what a POST costs beside its signature, and whether slow and dead hosts hold up the others."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks import peers, stage
from benchmarks.table import Figure
from fediverse_support.community.groups import groups
from fediverse_support.core import sealing
from fediverse_support.core.identifiers import new_id
from fediverse_support.database import deliveries
from fediverse_support.database.pool import acquire, connect
from fediverse_support.protocol.signatures.keys import generate_rsa
from fediverse_support.protocol.site import site_of

HOSTS = 500
ROUNDS = 10


async def figures(folder: Path) -> list[Figure]:
    """CPU of a delivery, 500 hosts of 100 ms, and 5,000 deliveries with bad hosts among them."""
    signature = _signature()
    async with stage.built(folder) as place:
        await _make_group(place)
        cost = await _cost(place)
        patient = await _patient(place)
        alone = await _healthy_time(place, with_bad_hosts=False)
        among = await _healthy_time(place, with_bad_hosts=True)
    return [
        Figure("delivered POST, 500 hosts, keep-alive", cost * 1e6, "CPU µs a delivery", "RSA-2048 signature", cost / signature, 3.0),
        Figure("500 hosts that answer after 100 ms", patient, "seconds, all served", "1 second", patient, 3.0),
        Figure("healthy hosts beside 10 % dead, 10 % slow", among, "seconds, all healthy served", "without the bad ones", among / alone, 1.3),
    ]  # fmt: skip


def _signature() -> float:
    """CPU seconds of one RSA-2048 signature: the best of five hundred-packs."""
    key, costs = generate_rsa(), []
    for _ in range(5):
        before = time.process_time()
        for _ in range(100):
            key.sign(b"x" * 300, PKCS1v15(), SHA256())
        costs.append((time.process_time() - before) / 100)
    return min(costs)


async def _cost(place: stage.Stage) -> float:
    """CPU seconds of the worker for each delivery, the best of three, after connections are open."""
    async with peers.sink() as (port, _):
        await _queue(place, [f"peer{number}" for number in range(HOSTS)], port, 1)
        with _worker(place) as pid:
            await _until_empty(place)
            costs = []
            for _ in range(3):
                before = stage.cpu_seconds(pid)
                await _queue(place, [f"peer{number}" for number in range(HOSTS)], port, ROUNDS)
                await _until_empty(place)
                costs.append((stage.cpu_seconds(pid) - before) / (HOSTS * ROUNDS))
    return min(costs)


async def _patient(place: stage.Stage) -> float:
    """Seconds from the first to the last arrival when every host takes 100 ms to answer."""
    async with peers.sink(default=0.1) as (port, arrivals):
        with _worker(place):
            began = time.time()
            await _queue(place, [f"patient{number}" for number in range(HOSTS)], port, 1)
            await _until_empty(place)
            return max(max(times) for times in arrivals().values()) - began


async def _healthy_time(place: stage.Stage, *, with_bad_hosts: bool) -> float:
    """Seconds until 400 healthy hosts have their ten deliveries each, with or without 100 bad ones."""
    mark = "mixed" if with_bad_hosts else "good"
    healthy = [f"{mark}{number}" for number in range(400)]
    slow = [f"{mark}slow{number}" for number in range(50)] if with_bad_hosts else []
    dead = [f"{mark}dead{number}" for number in range(50)] if with_bad_hosts else []
    delays = {f"{name}.localhost": 2.0 for name in slow}
    async with peers.sink(delays) as (port, arrivals):
        await _queue(place, healthy + slow, port, ROUNDS)
        await _queue(place, dead, stage.free_port(), ROUNDS)
        began = time.time()
        with _worker(place):
            found = await _until_all_have(arrivals, healthy)
            return max(max(found[f"{name}.localhost"]) for name in healthy) - began


async def _until_all_have(
    arrivals: Callable[[], dict[str, list[float]]], hosts: list[str]
) -> dict[str, list[float]]:
    for _ in range(1_200):
        found = arrivals()
        if all(len(found.get(f"{host}.localhost", ())) >= ROUNDS for host in hosts):
            return found
        await asyncio.sleep(0.1)
    raise SystemExit("Not every healthy host was served within two minutes.")


def _worker(place: stage.Stage):  # type: ignore[no-untyped-def]
    """The whole program, because the web server tells when it is up; nobody asks it anything."""
    return stage.program(["-m", "fediverse_support", "serve"], place.environment, place.port)


async def _make_group(place: stage.Stage) -> None:
    pool = await connect(place.settings, place.dsn)
    seal = sealing.load_or_make(place.settings.secret_key_path)
    async with acquire(pool) as db, db.transaction():
        await groups.create(db, site_of(place.settings), seal, "night", groups.Answers(title="Night owls"))
    await pool.close()


async def _queue(place: stage.Stage, hosts: list[str], port: int, rounds: int) -> None:
    """Publish `rounds` activities of 2 kB to an inbox on each host."""
    db = await asyncpg.connect(place.dsn)
    actor_id = await db.fetchval("select id from actors where name = 'night' and is_local")
    names = [f"{host}.localhost:{port}" for host in hosts]
    for _ in range(rounds):
        number = new_id()
        uri = f"{place.settings.origin}/activities/{number}"
        body = json.dumps({"id": uri, "type": "Announce", "object": "x" * 2_000})
        async with db.transaction():
            await db.execute(
                """
                insert into activities (id, uri, actor_id, type, object_uri, is_public, body)
                values ($1, $2, $3, 'Announce', $2, true, $4)
                """,
                number, uri, actor_id, body,
            )  # fmt: skip
            await deliveries.enqueue(
                db, number, actor_id, uri, [(name, f"http://{name}/inbox") for name in names]
            )
    await db.close()


async def _until_empty(place: stage.Stage) -> None:
    db = await asyncpg.connect(place.dsn)
    for _ in range(2_400):
        if not await db.fetchval("select exists (select from deliveries where state = 'waiting')"):
            await db.close()
            return
        await asyncio.sleep(0.05)
    raise SystemExit("Not everything was delivered within two minutes.")

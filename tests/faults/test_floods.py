"""R2, R12, R14, R15, R16: floods of what is wrong, repeated, too large, or cannot be digested."""

import asyncio
import gzip
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from fediverse_support.core.identifiers import new_id
from fediverse_support.database import inbox
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import acquire
from tests.support.remote import PUBLIC, RemoteActor, known

CORPORA = Path(__file__).parents[2] / "../shared/corpora"
MEBIBYTE = 1 << 20


async def test_r12_the_same_activity_fifty_times_at_once_has_one_effect(town):
    """To the shared inbox and to the group's, and inside Announces of another group, at two processes."""
    webs = [await town.start("web") for _ in range(2)]
    workers = [await town.start("worker") for _ in range(2)]
    other = town.peer.actor("support", "Group")
    await let_somebody_follow(town, other)
    for process in webs:
        await process.ready()
    create = town.post()
    town.peer.serve(create["object"])
    async with httpx.AsyncClient(timeout=20) as client:
        sendings = []
        for number in range(50):
            process = webs[number % 2]
            if number % 5 == 0:
                wrapped = other.activity("Announce", create, to=[PUBLIC])
                sendings.append(town.send(client, process, wrapped, sender=other))
            else:
                path = "/groups/carers/inbox" if number % 3 else "/inbox"
                sendings.append(town.send(client, process, create, path))
        statuses = await asyncio.gather(*sendings)
    assert set(statuses) == {202}
    await town.drained()
    assert await town.pool.fetchval("select count(*) from posts") == 1
    announced = await town.pool.fetch("select is_public from activities where type = 'Announce'")
    assert sorted(row["is_public"] for row in announced) == [False, True]
    seen = [json.loads(asked.body)["object"]["id"] for asked in town.peer.posted]
    assert seen == [create["id"]]
    states = await town.pool.fetch("select state, count(*) from inbox group by 1")
    assert dict(states) == {"done": 11}
    assert [process.process.returncode for process in [*webs, *workers]] == [None] * 4


async def let_somebody_follow(town, other: RemoteActor):
    """Somebody here is in a group elsewhere."""
    from fediverse_support.protocol.site import site_of

    stored = await known(town.pool, site_of(town.settings), other)
    await town.pool.execute(
        """
        insert into actors (id, uri, type, is_local, name, host)
        values ($1, 'http://here.localhost:8099/people/mira', 'Person', true, 'mira', 'here.localhost:8099')
        """,
        new_id(),
    )
    await town.pool.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris)
        select id, $1, 'accepted', '{y}' from actors where name = 'mira'
        """,
        stored.id,
    )


def poison(sender: RemoteActor) -> list[bytes]:
    """Hostile bodies, as if by `sender`; most would not get through the gate, which is passed by here."""
    found = [b"", b"{", b"\x00", b"[1]", b'{"type":"Create"}', b'{"a":' * 5000, b"\xff" * 1000]
    found += [b'{"type":"Create","actor":1e400,"object":{}}', b'{"type":[],"actor":[],"object":[]}']
    if CORPORA.is_dir():
        found += [file.read_bytes()[:MEBIBYTE] for file in sorted((CORPORA / "poison").glob("*.json"))]
    actor = re.compile(rb'"(actor|attributedTo)"\s*:\s*"https://[^"]*"')
    found = [actor.sub(rb'"\1":"' + sender.uri.encode() + b'"', body) for body in found]
    return [body.replace(b"https://evil.example", sender.origin.encode()) for body in found]


async def test_r14_poison_among_good_things_is_set_aside_once_and_holds_nobody_up(town):
    bodies = poison(town.sender)
    good = [town.post() for _ in range(100)]
    rows = [row(town, activity["id"], json.dumps(activity).encode()) for activity in good]
    rows += [row(town, f"{town.sender.origin}/poison/{n}", body) for n, body in enumerate(bodies)]
    rows.sort(key=lambda arrived: hash(arrived.activity_uri))
    async with acquire(town.pool) as db:
        await inbox.add_many(db, rows)
    worker = await town.start("worker")
    await town.drained()
    assert worker.process.returncode is None
    states = await town.pool.fetch("select activity_uri, state, attempts, outcome from inbox")
    by_uri = {entry["activity_uri"]: entry for entry in states}
    assert {by_uri[activity["id"]]["state"] for activity in good} == {"done"}
    poisoned = [entry for entry in states if "/poison/" in entry["activity_uri"]]
    assert len(poisoned) == len(bodies)
    assert {entry["state"] for entry in poisoned} <= {"refused", "parked", "done"}
    assert sum(entry["state"] != "done" for entry in poisoned) >= 9
    assert {entry["attempts"] for entry in poisoned} == {1}
    assert all(entry["outcome"] for entry in poisoned)
    ids = [activity["object"]["id"] for activity in good]
    assert await town.pool.fetchval("select count(*) from posts where uri = any($1)", ids) == len(good)


def row(town, uri: str, body: bytes) -> Arrived:
    return Arrived(
        id=new_id(),
        activity_uri=uri,
        actor_uri=town.sender.uri,
        type="Create",
        host=town.sender.host,
        state="waiting",
        forwarded=False,
        body=body,
        request=None,
        received_at=datetime.now(UTC),
    )


@pytest.fixture
async def web(town):
    """One web process that has answered before, so that its memory has settled."""
    # Of a key that was fetched a moment ago no newer one is looked for.
    await town.pool.execute("update actor_keys set fetched_at = now()")
    process = await town.start("web")
    await process.ready()
    async with httpx.AsyncClient() as client:
        for _ in range(20):
            assert await town.send(client, process, town.post()) == 202
    await town.pool.execute("delete from inbox")
    return process


async def test_r15_what_is_too_large_or_too_deep_is_refused_early_and_costs_no_memory(town, web):
    before = web.memory()
    url = f"http://127.0.0.1:{web.port}/inbox"
    bodies = {
        "one byte too many": (b'{"a":"' + b"x" * (MEBIBYTE - 7) + b'"}', 413),
        "just small enough, and one long text": (b'{"a":"' + b"x" * (MEBIBYTE - 8) + b'"}', 413),
        "9,000 levels": (b'{"a":' + b"[" * 9_000 + b"]" * 9_000 + b"}", 400),
        "100,000 levels": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 413),
        "a hundred thousand keys": (
            b"{" + b",".join(b'"%d":1' % n for n in range(80_000)) + b"}",
            413,
        ),
    }
    async with httpx.AsyncClient(timeout=20) as client:
        for _ in range(3):
            for name, (body, status) in bodies.items():
                try:
                    answer = await client.post(url, content=body, headers={"content-type": AP})
                except httpx.TransportError:
                    # Answered and hung up before the body was there: the answer may get lost on the way.
                    assert status == 413, name
                else:
                    assert answer.status_code == status, name
        taken = await asyncio.gather(*(endless(web.port) for _ in range(4)))
    # A hundred megabytes were on offer; what the kernel buffers on the way is no reading.
    assert max(taken) < 32 * MEBIBYTE
    assert web.memory() - before < 4 * 8 * MEBIBYTE
    assert await town.pool.fetchval("select count(*) from inbox") == 0


AP = "application/activity+json"


async def endless(port: int) -> int:
    """A body in chunks without an end: how many bytes of it got away before the server hung up."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /inbox HTTP/1.1\r\nhost: here.localhost\r\ncontent-type: application/activity+json\r\n"
        b"transfer-encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    for number in range(1600):
        writer.write(chunk)
        try:
            await writer.drain()
        except ConnectionError:
            return number * 0x10000
        await asyncio.sleep(0)
    writer.close()
    return 1600 * 0x10000


async def test_r16_a_compressed_body_is_refused_unread(town, web):
    before = web.memory()
    bomb = gzip.compress(b"\x00" * (64 * MEBIBYTE))
    url = f"http://127.0.0.1:{web.port}/inbox"
    async with httpx.AsyncClient(timeout=20) as client:
        for coding in ("gzip", "gzip, gzip", "br", "deflate", "zstd"):
            answer = await client.post(
                url, content=bomb, headers={"content-type": AP, "content-encoding": coding}
            )
            assert answer.status_code == 415, coding
    assert web.memory() - before < 4 * MEBIBYTE


async def test_r2_a_flood_of_what_is_wrong_leaves_no_row_and_lets_the_rest_through(town, web):
    """Nine wrong requests for each right one; each kind is refused for its own reason."""
    impostor = RemoteActor("ana", town.peer.origin, key_name="forged")
    began = time.monotonic()
    async with httpx.AsyncClient(timeout=20) as client:

        async def wrong(number: int) -> int | None:
            activity = town.post()
            if number % 3 == 0:
                return await town.send(client, web, activity, sender=impostor)
            if number % 3 == 1:
                stolen = activity | {"actor": "http://good.localhost:1/users/bob"}
                stolen["id"] = f"http://good.localhost:1/{number}"
                return await town.send(client, web, stolen)
            body = json.dumps(activity).encode()
            answer = await client.post(
                f"http://127.0.0.1:{web.port}/inbox", content=body, headers={"content-type": AP}
            )
            return answer.status_code

        async def right() -> int | None:
            return await town.send(client, web, town.post())

        answers = await asyncio.gather(*(wrong(number) if number % 10 else right() for number in range(300)))
    assert time.monotonic() - began < 60
    assert [answer for number, answer in enumerate(answers) if number % 10 == 0] == [202] * 30
    assert {answer for number, answer in enumerate(answers) if number % 10} == {401}
    assert await town.pool.fetchval("select count(*) from inbox") == 30
    assert town.peer.fetched == []

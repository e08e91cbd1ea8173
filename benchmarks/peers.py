"""Other servers that are called: strangers who introduce themselves, and inboxes that take deliveries.

Each runs in a process of its own, so that its CPU time is not counted, on one port for all its host names.
"""

import asyncio
import collections
import json
import multiprocessing
import multiprocessing.connection
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from benchmarks.stage import free_port

_SOFTWARE = {
    "version": "2.0", "software": {"name": "mastodon", "version": "4.5.0"}, "protocols": ["activitypub"],
    "services": {"inbound": [], "outbound": []}, "openRegistrations": False, "usage": {"users": {}}, "metadata": {},
}  # fmt: skip
_TYPES = {"webfinger": "application/jrd+json", "nodeinfo": "application/json"}


@asynccontextmanager
async def strangers(pem: str, number: int) -> AsyncIterator[tuple[list[str], Callable[[], list[int]]]]:
    """Actors, each on a host of its own; and a function that tells how many GETs each host has had."""
    port = free_port()
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_introduce, args=(port, pem, there), daemon=True)
    process.start()
    await asyncio.to_thread(here.recv)
    actors = [f"http://stranger{index}.localhost:{port}/users/ana" for index in range(number)]

    def counted() -> list[int]:
        here.send("count")
        found: list[int] = here.recv()
        return found

    try:
        yield actors, counted
    finally:
        process.terminate()
        process.join()


@asynccontextmanager
async def sink(
    delays: dict[str, float] | None = None, default: float = 0.0
) -> AsyncIterator[tuple[int, Callable[[], dict[str, list[float]]]]]:
    """Inboxes that answer 202 after a delay for each host; and a function that gives the times of arrival."""
    port = free_port()
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_take, args=(port, delays or {}, default, there), daemon=True)
    process.start()
    await asyncio.to_thread(here.recv)

    def arrivals() -> dict[str, list[float]]:
        here.send("count")
        found: dict[str, list[float]] = here.recv()
        return found

    try:
        yield port, arrivals
    finally:
        process.terminate()
        process.join()


def _introduce(port: int, pem: str, pipe: "multiprocessing.connection.Connection") -> None:
    counts: collections.Counter[str] = collections.Counter()

    async def answer(host: str, method: str, target: str) -> tuple[str, bytes]:
        if method == "POST":  # The group's boost, which its author hears of too.
            return "", b""
        counts[host] += 1
        origin = f"http://{host}"
        actor = f"{origin}/users/ana"
        if "webfinger" in target:
            links = [{"rel": "self", "type": "application/activity+json", "href": actor}]
            return _TYPES["webfinger"], json.dumps({"subject": f"acct:ana@{host}", "links": links}).encode()
        if "nodeinfo" in target:
            return _TYPES["nodeinfo"], json.dumps(_SOFTWARE).encode()
        document = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"], "id": actor,
            "type": "Person", "preferredUsername": "ana", "name": "Ana", "inbox": f"{actor}/inbox",
            "outbox": f"{actor}/outbox", "followers": f"{actor}/followers", "url": actor,
            "publicKey": {"id": f"{actor}#main-key", "owner": actor, "publicKeyPem": pem},
        }  # fmt: skip
        return "application/activity+json", json.dumps(document).encode()

    asyncio.run(_serve(port, answer, pipe, lambda: list(counts.values())))


def _take(
    port: int, delays: dict[str, float], default: float, pipe: "multiprocessing.connection.Connection"
) -> None:
    seen: dict[str, list[float]] = collections.defaultdict(list)

    async def answer(host: str, method: str, target: str) -> tuple[str, bytes]:
        await asyncio.sleep(delays.get(host.partition(":")[0], default))
        seen[host.partition(":")[0]].append(time.time())
        return "", b""

    asyncio.run(_serve(port, answer, pipe, lambda: dict(seen)))


async def _serve(port, answer, pipe, report) -> None:  # type: ignore[no-untyped-def]
    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                await reader.readexactly(int(fields.get("content-length", 0)))
                kind, reply = await answer(fields["host"], *head.split(" ", 2)[:2])
                status = "200 OK" if kind else "202 Accepted"
                writer.write(
                    f"HTTP/1.1 {status}\r\ncontent-type: {kind or 'text/plain'}\r\n"
                    f"content-length: {len(reply)}\r\n\r\n".encode()
                    + reply
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", port, backlog=2_000)
    pipe.send("ready")
    async with server:
        while True:
            if await asyncio.to_thread(pipe.poll, 0.2):
                pipe.recv()
                pipe.send(report())

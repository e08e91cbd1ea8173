"""A thousand open WebSockets on one process: what they hold in memory, and how soon an event reaches all.

Each socket is another member with a token of their own, who follows Home and the list of one members-only
group; a post in it therefore makes two events, each asked about for a thousand people and sent to each of
them. The time is from the moment before the post is written until the last of the two thousand frames has
been read here: writing, NOTIFY, both questions, making, sending, and this program's own reading.
"""

import asyncio
import hashlib
import json
import statistics
import time
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import msgspec
import websockets

from benchmarks import stage
from benchmarks.table import Figure
from fediverse_support.accounts import members
from fediverse_support.community.groups import groups
from fediverse_support.community.joining import memberships
from fediverse_support.community.posts import posts
from fediverse_support.core import clock
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import actors, pool
from fediverse_support.foundation import Foundation, laid

SOCKETS, EVENTS = 1_000, 5
LIMIT_MEGABYTES, LIMIT_SECONDS = 150.0, 1.0
_AT_ONCE = 50

_MEMBERS = """
    with people as (
        insert into actors (id, uri, type, is_local, name, host, display_name)
        select 5000 + n, $1 || '/people/m' || n, 'Person', true, 'm' || n, $2, 'Member ' || n
          from generate_series(1, $3::int) as n
        returning id
    ), accounts as (
        insert into accounts (id, actor_id, password_hash, role, state)
        select id, id, 'none', 'member', 'active' from people
        returning id, actor_id
    ), tokens as (
        insert into access_tokens (token_hash, account_id, actor_id, scopes)
        select sha256(convert_to('token-' || a.actor_id, 'UTF8')), a.id, a.actor_id, '{read}' from accounts a
    )
    insert into follows (follower_id, followed_id, state, activity_uris, accepted_at)
    select id, $4, 'accepted', '{}', now() from people
"""


async def figures(folder: Path) -> list[Figure]:
    """Memory of a thousand sockets beside none, and how long an event takes to reach them all."""
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(stage.built(folder))
        settings = msgspec.structs.replace(place.settings, database_url=place.dsn)
        foundation = await stack.enter_async_context(laid(settings, lambda _: None))
        author, group = await _community(foundation, place.dsn)
        pid = stack.enter_context(
            stage.program(["-m", "fediverse_support", "serve"], place.environment, place.port)
        )
        await _warm(place, author)
        before = stage.resident_megabytes(pid)
        sockets = await _opened(place, group)
        took = [await _reaches(foundation, author, group, sockets) for _ in range(EVENTS)]
        held = stage.resident_megabytes(pid) - before
        await asyncio.gather(*(one.close() for one in sockets))
    worst, usual = max(took), statistics.median(took)
    return [
        Figure(
            f"{SOCKETS:,} sockets, after {EVENTS} posts, more than without",
            held,
            "MB resident",
            f"{LIMIT_MEGABYTES:g} MB",
            held / LIMIT_MEGABYTES,
            1.0,
        ),
        Figure(
            f"a post has reached {SOCKETS:,} members, in two streams each (the slowest of {EVENTS})",
            worst,
            f"s; median {usual:.2f}",
            f"{LIMIT_SECONDS:g} s",
            worst / LIMIT_SECONDS,
            1.0,
        ),
    ]


async def _community(foundation: Foundation, dsn: str) -> tuple[Actor, Group]:
    async with pool.acquire(foundation.pool) as db, db.transaction():
        account = await members.add(
            db,
            foundation.site,
            foundation.seal,
            name="maya",
            password="a quiet place for us",
            now=clock.now(),
        )
        answers = groups.Answers(title="Night owls", seeing="members", reach="members", joining="open")
        group = await groups.create(db, foundation.site, foundation.seal, "night", answers)
        author = await actors.by_id(db, account.actor_id)
        assert author is not None
        await memberships.join(db, foundation.site, author, group, clock.now())
    db = await asyncpg.connect(dsn)
    await db.execute(_MEMBERS, foundation.site.origin, foundation.site.domain, SOCKETS, group.actor.id)
    await db.execute(
        "insert into access_tokens (token_hash, account_id, actor_id, scopes) "
        "select $1, id, actor_id, '{read}' from accounts where actor_id = $2",
        hashlib.sha256(b"token-author").digest(),
        author.id,
    )
    await db.execute("analyze")
    await db.close()
    return author, group


def _address(place: stage.Stage, token: str) -> str:
    return f"ws://127.0.0.1:{place.port}/api/v1/streaming?stream=user&access_token={token}"


async def _warm(place: stage.Stage, author: Actor) -> None:
    """What the first socket of all makes is not theirs."""
    async with websockets.connect(_address(place, "token-author"), compression=None):
        await asyncio.sleep(1)


async def _opened(place: stage.Stage, group: Group) -> list[websockets.ClientConnection]:
    word = json.dumps({"type": "subscribe", "stream": "list", "list": str(group.actor.id)})
    sockets: list[websockets.ClientConnection] = []
    for first in range(1, SOCKETS + 1, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, SOCKETS + 1))
        opening = (
            websockets.connect(
                _address(place, f"token-{5000 + number}"), compression=None, ping_interval=None
            )
            for number in numbers
        )
        opened = await asyncio.gather(*opening)
        await asyncio.gather(*(one.send(word) for one in opened))
        sockets += opened
    await asyncio.sleep(3)
    return sockets


async def _reaches(
    foundation: Foundation, author: Actor, group: Group, sockets: list[websockets.ClientConnection]
) -> float:
    """Seconds from writing a post until every socket has read both events about it."""

    async def reads(one: websockets.ClientConnection) -> None:
        said = {json.loads(await one.recv())["event"] for _ in range(2)}
        if said != {"update"}:
            raise SystemExit(f"A socket heard {said}.")

    reading = asyncio.gather(*(reads(one) for one in sockets))
    await asyncio.sleep(0.5)
    began = time.perf_counter()
    async with pool.acquire(foundation.pool) as db, db.transaction():
        words = posts.Words(source="The kettle sings and nobody hears it but me.", title="A quiet night")
        await posts.write(
            db,
            foundation.site,
            author,
            group.actor,
            words,
            clock.now(),
            policy=foundation.policies.current(),
        )
    async with asyncio.timeout(30):
        await reading
    return time.perf_counter() - began

"""Timelines of the client API: what an answer costs beside writing down its JSON, and how many round trips."""

import itertools
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from benchmarks import filling, stage
from benchmarks.table import Figure
from fediverse_support import app as application
from fediverse_support.accounts import grants, members
from fediverse_support.community.groups import groups
from fediverse_support.community.reading import counting
from fediverse_support.core import clock
from fediverse_support.database import pool
from fediverse_support.foundation import Foundation, laid

GROUPS, PEOPLE = 100, 100
"""Of each the member follows so many: 200 together."""
POSTS_OF_GROUP, POSTS_OF_PERSON = 5_000, 2_500
"""In 100 groups, and of 200 people outside of groups: a million."""
THREAD = 200
REQUESTS, PACKS = 40, 5
LIMIT = 2.0

_CALLS = itertools.count()

_PERSONAL = """
    insert into posts (id, uri, public_id, author_id, root_id, title, content_html, reach, published_at,
                       received_at, active_at, tags)
    select $1::bigint + 4 * n, 'https://peer.example/posts/' || ($1::bigint + 4 * n), md5(($1::bigint + 4 * n)::text),
           1 + n % $3::int, $1::bigint + 4 * n, '',
           '<p>The kettle sings and nobody hears it but me. That is quite all right today. ' || n || '</p>',
           'open', moment, moment, moment, '{}'
      from generate_series(1, $2::int) as n,
           lateral (select now() - interval '400 days' + n * interval '60 seconds') as t (moment)
"""

_BOOSTS = """
    insert into boosts (id, actor_id, object_uri, post_id, reach, activity_uris, boosted_at, created_at)
    select $1::bigint - 10 * row_number() over (order by p.id % 10000000 desc, p.group_id),
           p.group_id, p.uri, p.id, 'open', '{}', p.published_at, p.published_at
      from posts p where p.group_id is not null and p.root_id = p.id
"""

_NOTIFICATIONS = """
    insert into notifications (actor_id, kind, from_id, post_id, group_key, made_at)
    select $1, 'mention', p.author_id, p.id, 'mention-' || p.id, now()
      from posts p where p.group_id is null order by p.id desc limit 200
"""


async def figures(folder: Path) -> list[Figure]:
    """Home, public, a group as a list, a thread and notifications, in a database of a million posts."""
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(stage.built(folder))
        settings = msgspec.structs.replace(place.settings, database_url=place.dsn)
        foundation = await stack.enter_async_context(laid(settings, lambda _: None))
        token, calls = await _community(foundation, place.dsn)
        serve = application.build(foundation)
        found = []
        for name, path in calls.items():
            cost = await _measured(serve, path, token, settings.domain)
            found += [
                Figure(
                    f"{name}: CPU of an answer",
                    cost.own * 1e6,
                    f"CPU µs; PostgreSQL {cost.theirs * 1e6:,.0f}",
                    f"its JSON by json.dumps; msgspec takes 1/{cost.json / cost.encoding:.0f} of that",
                    cost.own / cost.json,
                    LIMIT,
                ),
                Figure(f"{name}: round trips", cost.trips, "SQL statements", "3", cost.trips, 3.0),
            ]
        return found


class _Cost:
    """CPU seconds of one answer: ours, PostgreSQL's, of its JSON with both encoders; and its round trips."""

    def __init__(self, own: float, theirs: float, json: float, encoding: float, trips: float) -> None:
        self.own, self.theirs, self.json, self.encoding, self.trips = own, theirs, json, encoding, trips


async def _measured(serve: Any, path: str, token: str, host: str) -> _Cost:
    """The best of some packs; each measures the JSON too, so that both see the same machine."""
    body = await _get(serve, path, token, host)
    answer = json.loads(body)
    size = len(answer["descendants"]) if isinstance(answer, dict) else len(answer)
    if size not in (40, THREAD):
        raise SystemExit(f"{path} answered with {size} things: {body[:300]!r}")
    packs = []
    for _ in range(PACKS):
        began, own, theirs = pool.spent.queries, time.process_time(), stage.cpu_seconds_of("postgres")
        for _ in range(REQUESTS):
            await _get(serve, path, token, host)
        own = (time.process_time() - own) / REQUESTS
        theirs = (stage.cpu_seconds_of("postgres") - theirs) / REQUESTS
        trips = (pool.spent.queries - began) / REQUESTS
        packs.append(
            _Cost(own, theirs, _spent(json.dumps, answer), _spent(msgspec.json.encode, answer), trips)
        )
    return min(packs, key=lambda pack: pack.own / pack.json)


def _spent(encode: Any, answer: Any) -> float:
    began = time.process_time()
    for _ in range(REQUESTS):
        encode(answer)
    return (time.process_time() - began) / REQUESTS


async def _get(serve: Any, path: str, token: str, host: str) -> bytes:
    """One call, straight into the application."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"host", host.encode()), (b"authorization", f"Bearer {token}".encode())],
        # Another address for every few calls, because each may make only so many.
        "client": (f"10.0.{next(_CALLS) // 200 % 250}.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    statuses: list[int] = []
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        parts.append(message.get("body", b""))

    await serve(scope, receive, send)
    body = b"".join(parts)
    if statuses != [200]:
        raise SystemExit(f"{path} answered {statuses}: {body[:300]!r}")
    return body


async def _community(foundation: Foundation, dsn: str) -> tuple[str, dict[str, str]]:
    """A member who follows 100 groups and 100 people, among a million posts; the calls to measure."""
    print("  filling the database with a million posts …", flush=True)
    async with pool.acquire(foundation.pool) as db, db.transaction():
        account = await members.add(
            db,
            foundation.site,
            foundation.seal,
            name="maya",
            password="a quiet place for us",
            now=clock.now(),
        )
        token = await grants.issue(
            db,
            account=account,
            actor_id=account.actor_id,
            application_id=None,
            scopes=["read"],
            now=clock.now(),
        )
        group = await groups.create(
            db, foundation.site, foundation.seal, "night", groups.Answers(title="Night owls")
        )
    db = await asyncpg.connect(dsn)
    # What triggers do for each post is done once for all: this is about reading.
    await db.execute("alter table posts disable trigger user; alter table boosts disable trigger user")
    await filling.people(db)
    await _groups(db, group.actor.id)
    numbers = [row["id"] for row in await db.fetch("select id from actors where type = 'Group' order by id")]
    for position, number in enumerate(numbers):
        await filling.group(db, number, 1_000_000_000 + position * 10_000_000, POSTS_OF_GROUP)
    await db.execute(_PERSONAL, 5_000_000_000, POSTS_OF_PERSON * filling.PEOPLE, filling.PEOPLE)
    thread = await filling.thread(db, group.actor.id, 8_000_000_000, THREAD)
    # In the order of numbers they stand among what people say.
    await db.execute(_BOOSTS, 5_000_000_001 + 4 * POSTS_OF_PERSON * filling.PEOPLE)
    await db.execute("alter table posts enable trigger user; alter table boosts enable trigger user")
    await db.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris, accepted_at)
        select $1, id, 'accepted', '{}', now() from actors where type = 'Group' or id <= $2
        """,
        account.actor_id,
        PEOPLE,
    )
    await db.execute(_NOTIFICATIONS, account.actor_id)
    await db.execute("vacuum analyze")
    root = await db.fetchval("select id from posts where public_id = $1", thread)
    await db.close()
    async with pool.acquire(foundation.pool) as one:
        while await counting.count_some(one, clock.now(), 1_000):
            pass
    return token, {
        "home of 40": "/api/v1/timelines/home?limit=40",
        "public of 40": "/api/v1/timelines/public?limit=40",
        "group of 40": f"/api/v1/timelines/list/{group.actor.id}?limit=40",
        f"thread of {THREAD}": f"/api/v1/statuses/{root}/context",
        "notifications of 40": "/api/v1/notifications?limit=40",
    }


async def _groups(db: "asyncpg.Connection[asyncpg.Record]", first: int) -> None:
    """Groups elsewhere beside the one that is here."""
    await db.execute(
        """
        insert into actors (id, uri, type, is_local, name, host, display_name, handle_confirmed)
        select 1000 + n, 'https://groups.example/g/' || n, 'Group', false, 'g' || n, 'groups.example',
               'Group ' || n, true
          from generate_series(1, $1::int) as n
        """,
        GROUPS - 1,
    )

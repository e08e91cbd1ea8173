"""Doors: what it costs the database to ask who may see a thread, and to list whom a large group reaches."""

import json
import statistics
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from benchmarks import filling, stage
from benchmarks.table import Figure
from fediverse_support.community.groups import groups
from fediverse_support.core.identifiers import new_public_id
from fediverse_support.core.models import Actor, Group, Viewer
from fediverse_support.database import actors, pool, threads
from fediverse_support.database.pool import Connection
from fediverse_support.foundation import Foundation, laid
from fediverse_support.outbox.publishing import Followers, publish

ANSWERS = 999
FOLLOWERS, HOSTS = 100_000, 5_000
ROUNDS = 40
_FIRST = 5_000_000_000

_UNRESTRICTED = """
    select p.* from shown_posts p where p.root_id = $1 order by p.published_at, p.id limit $2
"""

_FOLLOWERS = """
    with people as (
        insert into actors (id, uri, type, is_local, name, host, display_name, inbox_url, shared_inbox_url,
                            handle_confirmed)
        select $2::bigint + n, 'https://h' || n % $4::int || '.example/users/f' || n, 'Person', false, 'f' || n,
               'h' || n % $4::int || '.example', 'Follower ' || n,
               'https://h' || n % $4::int || '.example/users/f' || n || '/inbox',
               'https://h' || n % $4::int || '.example/inbox', true
          from generate_series(1, $3::int) as n
        returning id
    )
    insert into follows (follower_id, followed_id, state, activity_uris, accepted_at)
    select id, $1::bigint, 'accepted', array['https://peer.example/follow/' || id], now() from people
"""

_SOFTWARE = """
    insert into hosts (name, software, software_version)
    select 'h' || n || '.example', (array['mastodon', 'lemmy', 'piefed', 'fediverse-support'])[1 + n % 4], '1.0.0'
      from generate_series(0, $1::int - 1) as n
"""


async def figures(folder: Path) -> list[Figure]:
    """The read of a thread of 1,000 posts with and without the rule; the deliveries to 100,000 followers."""
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(stage.built(folder))
        settings = msgspec.structs.replace(place.settings, database_url=place.dsn)
        foundation = await stack.enter_async_context(laid(settings, lambda _: None))
        async with pool.acquire(foundation.pool) as db:
            group = await _group(db, foundation)
            return [*await _reading(db, group), *await _listing(db, foundation, group)]


async def _group(db: Connection, foundation: Foundation) -> Group:
    answers = groups.Answers(title="Night owls")
    group = await groups.create(db, foundation.site, foundation.seal, "night", answers)
    await filling.people(db)
    await filling.thread(db, group.actor.id, _FIRST, ANSWERS)
    await db.execute(_FOLLOWERS, group.actor.id, 2 * _FIRST, FOLLOWERS, HOSTS)
    await db.execute(_SOFTWARE, HOSTS)
    await db.execute("analyze")
    return group


async def _reading(db: Connection, group: Group) -> list[Figure]:
    """Both reads in turns, as the database counts their time; for a member of a closed group, the dear case."""
    await db.execute("update posts set reach = 'members' where group_id = $1", group.actor.id)
    viewer = Viewer(actor_id=1, member_of=(*range(100, 140), group.actor.id))
    root = _FIRST + 1
    with_rule, without = [], []
    asked = _Recorded(db)
    found = await threads.whole(asked, viewer, root, ANSWERS + 1)  # type: ignore[arg-type]
    assert len(found) == ANSWERS + 1, f"{len(found)} posts are seen"
    for _ in range(ROUNDS):
        with_rule.append(await _database_seconds(db, *asked.last))
        without.append(await _database_seconds(db, _UNRESTRICTED, root, ANSWERS + 1))
    ratio = statistics.median(with_rule) / statistics.median(without)
    return [
        Figure(
            "thread of 1,000 posts: who may see it", statistics.median(with_rule) * 1e3, "ms in the database",
            "the same read without the rule", ratio, 1.2,
        )
    ]  # fmt: skip


async def _listing(db: Connection, foundation: Foundation, group: Group) -> list[Figure]:
    """One post of the group becomes its deliveries: one statement, rolled back each time."""
    actor = await actors.by_id(db, group.actor.id)
    assert actor is not None
    everybody = Followers(actor), HOSTS, f"to {FOLLOWERS:,} followers on {HOSTS:,} hosts"
    members = (
        Followers(actor, keeps_private=True),
        HOSTS // 2,
        "for members only, whom half of the hosts can serve",
    )
    return [await _listed(db, foundation, actor, *case) for case in (everybody, members)]


async def _listed(
    db: Connection, foundation: Foundation, actor: Actor, followers: Followers, hosts: int, name: str
) -> Figure:
    site = foundation.site

    async def deed() -> int:
        uri = site.activity(new_public_id())
        document = {
            "id": uri,
            "type": "Announce",
            "actor": actor.uri,
            "object": "https://peer.example/posts/1",
        }
        return await publish(db, site, actor, document, object_uri=uri, followers=followers)

    seconds = []
    for _ in range(5):
        elapsed, deliveries = await _rolled_back(db, deed)
        assert deliveries == hosts, f"{deliveries} deliveries"
        seconds.append(elapsed)
    best = min(seconds)
    return Figure(f"deliveries {name}", best, "s in the database", "1 s", best, 1.0)


async def _rolled_back(db: Connection, deed: Callable[[], Awaitable[int]]) -> tuple[float, int]:
    transaction = db.transaction()
    await transaction.start()
    try:
        began = perf_counter()
        result = await deed()
        return perf_counter() - began, result
    finally:
        await transaction.rollback()


async def _database_seconds(db: Connection, query: str, *arguments: object) -> float:
    """What PostgreSQL says that a query took to run, without planning and without sending."""
    plan = await db.fetchval(f"explain (analyze, timing off, format json) {query}", *arguments)
    found = json.loads(plan) if isinstance(plan, str) else plan
    return float(found[0]["Execution Time"]) / 1e3


class _Recorded:
    """A connection that remembers the last query, so that exactly what the program asks is measured."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self.last: list[Any] = []

    async def fetch(self, query: str, *arguments: object) -> list[object]:
        """Ask, and remember."""
        self.last = [query, *arguments]
        return list(await self._db.fetch(query, *arguments))

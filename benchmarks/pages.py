"""Pages: what they cost beside their template, and whether that grows with the database."""

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from benchmarks import filling, stage
from benchmarks.table import Figure
from fediverse_support import app as application
from fediverse_support.accounts import members, sessions
from fediverse_support.community.groups import groups
from fediverse_support.core import clock
from fediverse_support.core.models import Group
from fediverse_support.core.settings import Settings
from fediverse_support.database import pool
from fediverse_support.foundation import Foundation, laid
from fediverse_support.web.rendering import Renderer

PAGES = 150
SMALL, LARGE, EVERYTHING = 1_000, 100_000, 1_000_000
ANSWERS = 60


async def figures(folder: Path) -> list[Figure]:
    """Group page of 30 threads, thread page of 60 answers; signed out and in; small database and large."""
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(stage.built(folder))
        settings = place.settings
        foundation = await stack.enter_async_context(laid(_with(settings, place.dsn), lambda _: None))
        visits = await _community(foundation, place.dsn)
        serve = application.build(foundation)
        found, small = [], {}
        for name, (path, cookie) in visits.items():
            page = await _measured(serve, path, cookie, settings.domain)
            small[name] = page.whole
            found += [
                Figure(f"{name}: CPU of the page", page.own * 1e6, "CPU µs a page", "template alone", page.own / page.template, 2.0),
                Figure(f"{name}: round trips", page.trips, "SQL statements", "6", page.trips, 6.0),
            ]  # fmt: skip
        await _grow(place.dsn)
        for name, (path, cookie) in visits.items():
            page = await _measured(serve, path, cookie, settings.domain)
            found.append(
                Figure(f"{name}: {LARGE:,} of {EVERYTHING:,} posts", page.whole * 1e6, "CPU µs with PostgreSQL's", f"{SMALL:,} posts", page.whole / small[name], 1.3)
            )  # fmt: skip
    return found


class _Page:
    """CPU seconds of one page: ours, the template's share, with PostgreSQL's; and its round trips."""

    def __init__(self, own: float, template: float, whole: float, trips: float) -> None:
        self.own, self.template, self.whole, self.trips = own, template, whole, trips


async def _measured(serve: Any, path: str, cookie: str, host: str) -> _Page:
    """The best of three packs of pages."""
    with _Watched() as watched:
        await _get(serve, path, cookie, host)
        packs = []
        for _ in range(3):
            watched.seconds = 0.0
            trips, ours, theirs = pool.spent.queries, time.process_time(), stage.cpu_seconds_of("postgres")
            for _ in range(PAGES):
                await _get(serve, path, cookie, host)
            own = (time.process_time() - ours) / PAGES
            packs.append(
                _Page(own, watched.seconds / PAGES, own + (stage.cpu_seconds_of("postgres") - theirs) / PAGES, (pool.spent.queries - trips) / PAGES)
            )  # fmt: skip
    best = min(packs, key=lambda pack: pack.own / pack.template)
    return _Page(best.own, best.template, min(pack.whole for pack in packs), best.trips)


class _Watched:
    """Adds up the CPU time that rendering templates takes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._render: Callable[..., Any] = Renderer.render

    def __enter__(self) -> "_Watched":
        render = self._render

        def timed(*arguments: Any, **data: Any) -> Any:
            before = time.process_time()
            try:
                return render(*arguments, **data)
            finally:
                self.seconds += time.process_time() - before

        Renderer.render = timed  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        Renderer.render = self._render  # type: ignore[method-assign]


async def _get(serve: Any, path: str, cookie: str, host: str) -> None:
    """One GET, straight into the application."""
    headers = [(b"host", host.encode()), (b"accept", b"text/html"), (b"accept-language", b"en")]
    if cookie:
        headers.append((b"cookie", cookie.encode()))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await serve(scope, receive, send)
    assert statuses == [200], f"{path} answered {statuses}"


async def _community(foundation: Foundation, dsn: str) -> dict[str, tuple[str, str]]:
    """A group with 1,000 posts and a thread of 60 answers; the visits to measure."""
    async with pool.acquire(foundation.pool) as db, db.transaction():
        large = await _group(db, foundation, "night")
        await _group(db, foundation, "others")
        account = await members.add(
            db,
            foundation.site,
            foundation.seal,
            name="maya",
            password="a quiet place for us",
            now=clock.now(),
        )
        session = await sessions.begin(db, account, clock.now())
    db = await asyncpg.connect(dsn)
    await filling.people(db)
    await filling.group(db, large.actor.id, 1_000_000_000, SMALL)
    thread = await filling.thread(db, large.actor.id, 2_000_000_000, ANSWERS)
    await db.execute("update groups set position = 1")
    await db.execute("vacuum analyze")
    await db.close()
    cookie = f"session={session.token}"
    return {
        "group page, signed out": ("/groups/night", ""),
        "group page, signed in": ("/groups/night", cookie),
        "thread page, signed out": (f"/posts/{thread}", ""),
        "thread page, signed in": (f"/posts/{thread}", cookie),
    }


async def _group(db: pool.Connection, foundation: Foundation, name: str) -> Group:
    return await groups.create(
        db, foundation.site, foundation.seal, name, groups.Answers(title=f"The {name} group")
    )


async def _grow(dsn: str) -> None:
    """100,000 posts in the group, a million in the database."""
    print(f"  filling the database with {EVERYTHING:,} posts …", flush=True)
    db = await asyncpg.connect(dsn)
    rows = dict(await db.fetch("select name, id from actors where is_local and type = 'Group'"))
    await filling.group(db, rows["night"], 3_000_000_000, LARGE)
    await filling.group(db, rows["others"], 4_000_000_000, EVERYTHING - LARGE)
    await db.execute("vacuum analyze")
    await db.close()


def _with(settings: Settings, dsn: str) -> Settings:
    return msgspec.structs.replace(settings, database_url=dsn)

"""Lists that are fetched from a real server: what counts, what waits, and what changes nothing."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.database import domain_lists as stored
from fediverse_support.database import domains, policy_versions
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import ladder, subscriptions
from fediverse_support.moderation.list_fetching import ListFetcher
from fediverse_support.policy.document import ListText
from fediverse_support.policy.levels import level_of, word_of
from tests.network.conftest import Peer, reply
from tests.support.home import Home
from tests.support.remote import RemoteActor

CSV = "#domain,#severity,#public_comment\n"
NAMES = [f"d{number}.bad.example" for number in range(9)]


@dataclass
class Library:
    """A community that subscribes to lists, the server they lie on, and a clock."""

    home: Home
    peer: Peer
    passed: timedelta = timedelta()
    fetched: list[Any] = field(default_factory=list)

    def now(self):
        return clock.now() + self.passed

    @property
    def fetcher(self) -> ListFetcher:
        return ListFetcher(self.home.pool, self.home.site, self.home.foundation.client, now=self.now)

    def serve(self, body: str | bytes, path: str = "/list", status: int = 200, **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.peer.answers[path] = reply(status, data, **headers)

    async def subscribe(self, name: str = "bad", path: str = "/list", **how: Any) -> None:
        text = ListText(**{"url": self.peer.url(path), "drafts": False, **how})
        await self.does(subscriptions.put, {name: text}, by=None, why="")

    async def does(self, deed: Any, *arguments: Any, **more: Any) -> Any:
        async with acquire(self.home.pool) as db, db.transaction():
            if deed in (subscriptions.decline,):
                return await deed(db, *arguments, now=self.now(), **more)
            return await deed(db, self.home.site, *arguments, now=self.now(), **more)

    async def fetch(self, name: str = "bad", **how: Any) -> Any:
        return await self.fetcher.step(name, **how)

    async def holds(self) -> dict[str, str]:
        async with acquire(self.home.pool) as db:
            found = await domains.listed(db)
        return {one.domain: word_of(one.level, one.no_media, one.no_reports) for one in found}

    async def waiting(self, name: str = "bad") -> dict[str, Any]:
        async with acquire(self.home.pool) as db:
            found = await stored.by_name(db, name)
            return {one.domain: one for one in await stored.waiting(db, found.id)}

    async def overview(self, name: str = "bad") -> Any:
        async with acquire(self.home.pool) as db:
            return {one.name: one for one in await stored.listed(db)}[name]

    async def version(self) -> int:
        async with acquire(self.home.pool) as db:
            return await policy_versions.latest(db)


@pytest.fixture
async def library(home: Home) -> AsyncIterator[Library]:
    server = Peer()
    await server.start()
    yield Library(home, server)
    await server.stop()


def csv(*names: str, severity: str = "suspend") -> str:
    return CSV + "".join(f"{name},{severity},spam\n" for name in names)


async def test_what_cannot_be_subscribed_to_is_refused(library):
    url = library.peer.url("/list")
    for name, text, error in (
        ("Bad Name", ListText(url=url), Malformed),
        ("bad", ListText(url="ftp://x.example/list"), Malformed),
        ("bad", ListText(url="https://x.example/a b"), Malformed),
        ("bad", ListText(url=url, priority=256), Malformed),
        ("bad", ListText(url=url, hours=0), Malformed),
        ("bad", ListText(url=f"{library.home.site.origin}/about/policy.json"), Conflict),
    ):
        with pytest.raises(error):
            await library.does(subscriptions.put, {name: text}, by=None, why="")
    for deed in (subscriptions.approve, subscriptions.lift_kept):
        with pytest.raises(Missing):
            await library.does(deed, "none", by=None)
    assert await library.version() == 1


async def test_a_fetch_that_fails_changes_nothing_and_is_shown(library):
    await library.subscribe()
    library.serve(csv(*NAMES))
    assert (await library.fetch()).outcome == "changed"
    before, version = await library.holds(), await library.version()
    huge = gzip.compress(b"x.example\n" * 1_200_000)

    async def breaks_off(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 500\r\n\r\nd1.bad.example\n")
        await writer.drain()

    answers = {
        "a web page by its type": reply(200, b"bad.example", content_type="text/html; charset=utf-8"),
        "a web page by its look": reply(200, b"<html>bad.example</html>", content_type="text/csv"),
        "not text": reply(200, b"\xff\xfe\x00b"),
        "huge when decoded": reply(200, huge, content_encoding="gzip"),
        "broken JSON": reply(200, b'[{"domain":'),
        "no domain in it": reply(200, b"error: no such table\n"),
        "gone": reply(410),
        "failing": reply(503),
        "breaking off": breaks_off,
        "a private address": reply(302, location="http://10.1.2.3/list"),
        "our own server": reply(302, location="http://169.254.169.254/latest/meta-data"),
        "in a circle": reply(302, location=library.peer.url("/list")),
    }
    for number, (what, answer) in enumerate(answers.items(), start=1):
        library.peer.answers["/list"] = answer
        found = await library.fetch()
        assert (found.outcome, await library.holds()) == ("failed", before), what
        overview = await library.overview()
        assert (overview.failures, overview.failure) == (number, found.message), what
        assert found.message.endswith((".", "?")), what
    assert await library.version() == version
    hours = (await library.overview()).next_fetch_at - library.now()
    assert timedelta(hours=20) < hours < timedelta(hours=27), "later and later, and never later than usual"
    library.serve(csv(*NAMES))
    assert (await library.fetch()).outcome == "unchanged"
    assert ((await library.overview()).failures, (await library.overview()).failure) == (0, "")


async def test_a_list_that_shrinks_changes_nothing_until_somebody_is_sure(library):
    await library.subscribe()
    library.serve(csv(*NAMES), etag='"one"')
    await library.fetch()
    for body in (csv(*NAMES[:5]), CSV, "\n".join(f"other{n}.example" for n in range(30))):
        library.serve(body, etag='"two"')
        found = await library.fetch()
        assert (found.outcome, set(await library.holds())) == ("too-small", set(NAMES))
        assert "more than a third" in (await library.overview()).failure
    library.serve(csv(*NAMES[:6]), etag='"three"')
    found = await library.fetch()
    assert (found.outcome, found.numbers["retracted"]) == ("changed", 3)
    library.serve(csv(NAMES[0]), etag='"four"')
    assert (await library.fetch()).outcome == "too-small"
    assert (await library.fetch(is_sure=True)).outcome == "changed"
    assert set(await library.holds()) == {NAMES[0]}
    assert dict(library.peer.asked[-1].headers).get("if-none-match") is None
    async with acquire(library.home.pool) as db:
        fetches = await stored.fetches(db, (await library.overview()).id)
    assert [one.outcome for one in fetches][:3] == ["changed", "too-small", "changed"]


async def test_what_names_everybody_or_us_waits_or_is_left_out(library):
    await library.subscribe()
    library.serve(csv("garden.localhost", "localhost", "bad.example"))
    found = await library.fetch()
    assert (found.outcome, await library.holds()) == ("changed", {"bad.example": "blocked"})
    assert "our own domain" in found.message
    library.serve(csv("bad.example", "com", "worse.example"))
    found = await library.fetch()
    assert (found.outcome, set(await library.waiting())) == ("waits", {"worse.example"})
    assert "everybody" in found.message
    assert await library.holds() == {"bad.example": "blocked"}
    assert (await library.fetch()).outcome == "waits", "it is not asked twice"
    assert len(await library.waiting()) == 1
    await library.does(subscriptions.approve, "bad", by=None)
    assert set(await library.holds()) == {"bad.example", "worse.example"}


async def test_what_would_cut_us_off_from_most_servers_waits(library):
    ada = await library.home.member("ada")
    for number, host in enumerate(("one.example", "two.example", "three.example")):
        await library.home.join(
            ada, await library.home.meet(RemoteActor(name=f"p{number}", origin=f"https://{host}"))
        )
    await library.subscribe()
    library.serve(csv("one.example", "two.example", "bad.example"))
    found = await library.fetch()
    assert (found.outcome, await library.holds()) == ("waits", {})
    assert "2 of the 3 servers" in found.message
    # With one of them under protection it is no longer most of them.
    await library.does(ladder.exclude, {"two.example": ""}, by=None, why="")
    assert (await library.fetch(is_sure=True)).outcome == "waits", (
        "what waits already still waits for a person"
    )
    await library.does(subscriptions.approve, "bad", by=None)
    assert {name for name, word in (await library.holds()).items() if word == "blocked"} == {
        "one.example",
        "bad.example",
    }
    rows = await library.home.pool.fetch("select domain from severances")
    assert [row["domain"] for row in rows] == ["one.example"]


async def test_with_drafts_every_change_waits_for_a_person(library):
    await library.subscribe(drafts=True)
    library.serve(csv("a.example", "b.example", "c.example"))
    found = await library.fetch()
    assert (found.outcome, found.numbers["waiting"], await library.holds()) == ("waits", 3, {})
    waiting = await library.waiting()
    settled = await library.does(subscriptions.approve, "bad", by=None, ids=[waiting["a.example"].id])
    assert settled.newly_blocked == ("a.example",)
    assert await library.does(subscriptions.decline, "bad", by=None, ids=[waiting["b.example"].id]) == 1
    with pytest.raises(Missing):
        await library.does(subscriptions.approve, "bad", by=None, ids=[waiting["a.example"].id])
    # The declined one is not asked about again, unless the list says something else.
    library.serve(CSV + "a.example,suspend,spam\nb.example,suspend,spam\nc.example,silence,loud\n")
    await library.fetch()
    assert {name: one.after.level for name, one in (await library.waiting()).items()} == {
        "c.example": "limited"
    }
    library.serve(CSV + "a.example,suspend,spam\nb.example,silence,loud\nc.example,silence,loud\n")
    await library.fetch()
    assert set(await library.waiting()) == {"b.example", "c.example"}
    await library.does(subscriptions.approve, "bad", by=None)
    assert await library.holds() == {"a.example": "blocked", "b.example": "limited", "c.example": "limited"}
    library.serve(csv("a.example") + "b.example,silence,loud\n")
    await library.fetch()
    assert [one.kind for one in (await library.waiting()).values()] == ["retract"]
    await library.does(subscriptions.decline, "bad", by=None)
    assert await library.fetch()
    assert ((await library.overview()).waiting, (await library.overview()).orphans) == (0, 1)
    assert "c.example" in await library.holds()
    async with acquire(library.home.pool) as db:
        history = await stored.history(db, (await library.overview()).id)
        versions = await policy_versions.history(db)
    assert {one.state for one in history} == {"applied", "declined", "overtaken"}
    assert {one.kind for one in versions[:2]} == {"list"}


async def test_a_list_is_asked_only_whether_it_has_changed(library):
    await library.subscribe()
    library.serve(csv("a.example"), etag='"one"', last_modified="Tue, 10 Mar 2026 12:00:00 GMT")
    found = await library.fetch()
    assert (found.outcome, found.numbers) == (
        "changed",
        {"domains": 1, "added": 1, "changed": 0, "retracted": 0},
    )
    library.serve("", status=304)
    assert (await library.fetch()).outcome == "unchanged"
    asked = library.peer.asked[-1]
    assert asked.header("if-none-match") == '"one"'
    assert asked.header("if-modified-since") == "Tue, 10 Mar 2026 12:00:00 GMT"
    assert await library.holds() == {"a.example": "blocked"}
    # Another address is read anew.
    library.serve(csv("a.example", "b.example"), "/other")
    await library.subscribe(path="/other")
    assert (await library.fetch()).numbers["added"] == 1
    assert library.peer.asked[-1].header("if-none-match") is None


async def test_what_a_list_takes_back_is_lifted_or_kept(library):
    await library.subscribe(lifts_retracted=False)
    library.serve(csv(*NAMES))
    await library.fetch()
    library.serve(csv(*NAMES[1:]))
    found = await library.fetch()
    assert (found.numbers["retracted"], (await library.overview()).orphans) == (1, 1)
    assert NAMES[0] in await library.holds()
    library.serve(csv(*NAMES))
    assert (await library.fetch()).outcome == "unchanged"
    assert (await library.overview()).orphans == 0, "it is the list's again"
    library.serve(csv(*NAMES[2:]))
    await library.fetch()
    settled = await library.does(subscriptions.lift_kept, "bad", by=None, only=[NAMES[0], "none.example"])
    assert settled.newly_open == (NAMES[0],)
    await library.subscribe(lifts_retracted=True)
    library.serve(csv(*NAMES[3:]))
    await library.fetch()
    assert set(await library.holds()) == {NAMES[1], *NAMES[3:]}


async def test_several_lists_count_by_precedence(library):
    await library.subscribe("one", "/one", together=True)
    await library.subscribe("two", "/two", together=True)
    await library.subscribe("mild", "/mild", most="limited", priority=10)
    await library.does(ladder.put, {"hand.example": level_of("allowed")}, by=None, why="")
    library.serve(csv("both.example", "single.example", "hand.example"), "/one")
    library.serve(csv("both.example", "hand.example"), "/two")
    library.serve(csv("both.example", "quiet.example"), "/mild")
    for name in ("one", "two", "mild"):
        assert (await library.fetch(name)).outcome == "changed"
    assert await library.holds() == {
        "both.example": "blocked",
        "hand.example": "allowed",
        "quiet.example": "limited",
    }
    await library.does(subscriptions.put, {"two": None}, by=None, why="")
    assert (await library.holds())["both.example"] == "limited"
    async with acquire(library.home.pool) as db:
        (change,) = await policy_versions.changes(db, await policy_versions.latest(db))
    assert (change.kind, change.key, change.after) == ("list", "two", None)
    assert change.before["together"] is True


def collection(*items: Any, **more: Any) -> str:
    return json.dumps({"type": "OrderedCollectionPage", "orderedItems": list(items), **more})


def advice(number: int, name: str, policy: str = "drop", **more: Any) -> dict[str, Any]:
    return {
        "type": "Recommendation",
        "id": f"https://fires.example/c/{number}",
        "published": f"2026-01-{number:02}T00:00:00Z",
        "entityKind": "domain",
        "entityKey": name,
        "recommendedPolicy": policy,
        **more,
    }


async def test_a_fires_dataset_is_read_as_a_whole_and_then_on(library):
    await library.subscribe()
    url = library.peer.url
    endpoints = {"snapshot": url("/snapshot"), "changes": url("/changes")}
    library.serve(json.dumps({"type": "Dataset", "endpoints": endpoints}))
    library.serve(
        collection(advice(3, "c.example", "filter"), advice(2, "b.example"), next=url("/snapshot?page=2")),
        "/snapshot",
    )
    library.serve(
        collection(advice(1, "a.example"), advice(1, "https://x.example/u/1", entityKind="actor")),
        "/snapshot?page=2",
    )
    found = await library.fetch()
    assert (found.outcome, found.numbers["actor"]) == ("changed", 1)
    assert await library.holds() == {"a.example": "blocked", "b.example": "blocked", "c.example": "limited"}
    since = "/changes?since=https%3A%2F%2Ffires.example%2Fc%2F3"
    library.serve(collection(advice(4, "d.example"), advice(5, "a.example", type="Retraction")), since)
    assert (await library.fetch()).outcome == "changed"
    assert set(await library.holds()) == {"b.example", "c.example", "d.example"}
    since = since.replace("F3", "F5")
    library.serve(collection(), since)
    assert (await library.fetch()).outcome == "unchanged"
    # A provider that has forgotten where we were is read as a whole; one that leads elsewhere not at all.
    library.serve("", since, status=404)
    library.serve(
        collection(advice(6, "b.example"), advice(7, "c.example"), advice(8, "d.example")), "/snapshot"
    )
    assert (await library.fetch()).numbers["changed"] == 1
    since = since.replace("F5", "F8")
    library.serve(collection(advice(9, "e.example"), next="http://other.localhost:1/evil"), since)
    assert "another server" in (await library.fetch()).message
    library.serve(collection(*(advice(9, f"{n}.example", type="Retraction") for n in "bc")), since)
    assert (await library.fetch()).outcome == "too-small"
    assert set(await library.holds()) == {"b.example", "c.example", "d.example"}


async def test_the_worker_fetches_what_is_due_once(library):
    await library.subscribe(hours=6)
    library.serve(csv("a.example"))
    found = [one for one in await asyncio.gather(*(library.fetcher.step() for _ in range(3))) if one]
    assert [one.outcome for one in found] == ["changed"]
    assert await library.fetcher.step() is None
    library.passed = timedelta(hours=5)
    assert await library.fetcher.step() is None
    library.passed = timedelta(hours=7)
    stop, again = asyncio.Event(), asyncio.Event()

    def answer(_: Any) -> bytes:
        again.set()
        return reply(200, csv("a.example").encode())

    library.peer.answers["/list"] = answer
    running = asyncio.create_task(library.fetcher.run(stop))
    async with asyncio.timeout(20):
        await again.wait()
        stop.set()
        await running
    assert len(library.peer.asked) == 2
    await library.subscribe(is_on=False)
    library.passed = timedelta(days=9)
    assert await library.fetcher.step() is None
    assert await library.holds() == {}, "a list that is off says nothing"

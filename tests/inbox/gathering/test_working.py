"""Workers that die or sleep, servers that rest, and how often a thread is looked for."""

import asyncio
from datetime import timedelta

import pytest

from fediverse_support.community.arriving import gathering
from fediverse_support.community.reading import threads
from fediverse_support.core.models import Account, Viewer
from fediverse_support.database import gatherings, posts
from fediverse_support.database.pool import acquire
from fediverse_support.inbox.gathering import plan, walking
from fediverse_support.inbox.gathering import search as searching
from fediverse_support.inbox.gathering.search import LEASE
from fediverse_support.network.documents import Documents


class Slowed(Documents):
    """Documents of a process that dies after so many fetches."""

    def __init__(self, client, key, most):
        super().__init__(client, key)
        self.left = most

    async def fetch(self, url, budget):
        if self.left == 0:
            raise asyncio.CancelledError
        self.left -= 1
        return await super().fetch(url, budget)


async def test_a_worker_that_dies_leaves_a_search_that_the_next_one_goes_on_with(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    replies = [search.note(search.ben, root) for _ in range(9)]
    search.context(root, *replies)
    await search.arrives(root)
    row = await search.world.post(root["id"])
    await search.ask(row)
    with pytest.raises(asyncio.CancelledError):
        await search.gatherer(Slowed(search.world.client, search.key, 6)).step()
    stored = await search.world.one("select count(*) from posts")
    assert 1 < stored < 10
    assert await search.gatherer().step() is None, "it is leased still"
    search.world.clock.let_pass(seconds=LEASE.total_seconds() + 1)
    ended = await search.gatherer().step()
    assert ended.state == "done"
    assert await search.world.one("select count(*) from posts") == 10
    assert ended.found == 9
    assert max(search.asked(reply) for reply in replies) <= 2
    assert sum(search.asked(reply) for reply in replies) <= 10, "what was stored is not fetched again"


async def test_a_search_whose_lease_ran_out_leaves_it_to_the_other_worker(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    search.context(root, *(search.note(search.ben, root) for _ in range(3)))
    await search.arrives(root)
    row = await search.world.post(root["id"])
    await search.ask(row)

    others = []

    async def steal():
        async with acquire(search.world.pool) as db:
            now = search.world.clock() + LEASE + timedelta(seconds=1)
            others.append(await gatherings.lease(db, now, LEASE))

    class Stolen(Documents):
        """Documents of a process that sleeps through its lease."""

        async def fetch(self, url, budget):
            if not others:
                await steal()
            return await super().fetch(url, budget)

    assert await search.gatherer(Stolen(search.world.client, search.key)).step() is None
    assert others[0].root_id == row["id"]
    async with acquire(search.world.pool) as db:
        assert await gatherings.of_thread(db, row["id"]) == others[0], "what the other wrote down stands"


async def test_a_server_that_asks_to_be_left_alone_is_and_the_search_goes_on_afterwards(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    reply = search.note(search.ben, root)
    search.context(root, reply)
    await search.arrives(root)
    good = search.internet.documents[reply["id"]]
    search.internet.documents[reply["id"]] = 429
    search.internet.more_headers = {reply["id"]: "retry-after: 120\r\n"}
    worker = search.gatherer()
    await search.ask(await search.world.post(root["id"]))
    waiting = await worker.step()
    assert waiting.state == "waiting"
    assert waiting.due_at - search.world.clock() > timedelta(seconds=100)
    assert await worker.step() is None
    search.internet.documents[reply["id"]] = good
    search.internet.more_headers = {}
    search.world.clock.let_pass(seconds=121)
    ended = await worker.step()
    assert (ended.state, ended.found) == ("done", 1)


async def test_a_server_that_wants_hours_is_left_out_and_one_that_never_answers_given_up(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    reply, broken = search.note(search.ben, root), search.note(search.ana, root)
    search.context(root, reply, broken)
    await search.arrives(root)
    search.internet.documents[reply["id"]] = 503
    search.internet.more_headers = {reply["id"]: "retry-after: 7200\r\n"}
    search.internet.documents[broken["id"]] = 500
    await search.ask(await search.world.post(root["id"]))
    worker = search.gatherer()
    for _ in range(plan.MOST_TRIES + 1):
        ended = await worker.step()
        if ended is None or ended.state == "done":
            break
        search.world.clock.let_pass(minutes=10)
    assert ended is not None
    assert ended.state == "done"
    assert search.asked(reply) == 1
    assert search.asked(broken) == plan.MOST_TRIES


async def test_a_host_whose_circuit_is_open_is_not_called(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    reply = search.note(search.ben, root)
    search.context(root, reply)
    await search.arrives(root)
    now = search.world.clock()
    await search.world.pool.execute(
        """
        insert into hosts (name, failures, opened_at, paused_until) values ($1, 5, $2, $3)
            on conflict (name) do update set failures = 5, opened_at = $2, paused_until = $3
        """,
        search.world.site.gate.host(reply["id"]),
        now,
        now + timedelta(hours=1),
    )
    await search.gather(root)
    assert search.asked(reply) == 0


async def test_a_thread_is_not_looked_for_again_within_ten_minutes(search):
    root = search.note(search.ana)
    await search.arrives(root)
    await search.gather(root)
    row = await search.world.post(root["id"])
    clock = search.world.clock
    async with acquire(search.world.pool) as db:
        for minutes, asked in ((1, []), (8, []), (2, [row["id"]])):
            clock.let_pass(minutes=minutes)
            now = clock()
            found = await gatherings.ask(
                db, [row["id"]], now, due_at=now, not_since=now - gathering.COOL_DOWN
            )
            assert [one.root_id for one in found] == asked
        assert await gatherings.ask(db, [row["id"]], clock(), due_at=clock(), not_since=clock()) == []


async def test_strangers_cannot_make_us_look_for_ever_more_threads(search, monkeypatch):
    ids = []
    for _ in range(6):
        root = search.note(search.ana)
        ids.append((await search.arrives(root))["id"])
    now = search.world.clock()
    async with acquire(search.world.pool) as db:
        await gatherings.ask(db, ids[:3], now, due_at=now, not_since=now, most=3)
        assert await gatherings.ask(db, ids[3:], now, due_at=now, not_since=now, most=3) == []


async def test_only_a_member_who_opens_a_thread_that_is_spread_begins_a_search(search):
    root = search.note(search.ana)
    row = await search.arrives(root)
    account = Account(
        id=1, actor_id=1, name="mira", display_name="", email=None, role="member", state="active",
        created_at=search.world.clock(),
    )  # fmt: skip
    async with acquire(search.world.pool) as db:
        post = await posts.by_id(db, row["id"])
        assert post is not None
        thread = await threads.whole(db, Viewer(), post)
        now = search.world.clock()
        assert await gathering.on_opening(db, Viewer(), thread, now) is None
        assert await gatherings.of_thread(db, row["id"]) is None
        asked = await gathering.on_opening(db, Viewer(account=account), thread, now)
        assert asked is not None
        assert asked.state == "waiting"


async def test_the_loop_takes_what_is_due_and_ends_when_it_is_told_to(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    search.context(root, search.note(search.ben, root))
    await search.arrives(root)
    await search.ask(await search.world.post(root["id"]))
    stop = asyncio.Event()
    stored = asyncio.Event()

    def tell(state):
        if state.found:
            stored.set()

    running = asyncio.create_task(search.gatherer(on_step=tell).run(stop))
    await asyncio.wait_for(stored.wait(), 20)
    stop.set()
    await asyncio.wait_for(running, 20)


class Hanging(Documents):
    """Documents of servers that never answer."""

    def __init__(self, client, key):
        super().__init__(client, key)
        self.is_asked = asyncio.Event()

    async def fetch_listing(self, url, budget):
        self.is_asked.set()
        await asyncio.Event().wait()
        return {}


async def test_a_server_that_hangs_does_not_keep_a_worker_from_ending(search, monkeypatch):
    monkeypatch.setattr(searching, "GRACE", 0.01)
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    await search.arrives(root)
    row = await search.world.post(root["id"])
    await search.ask(row)
    hanging = Hanging(search.world.client, search.key)
    stop = asyncio.Event()
    running = asyncio.create_task(search.gatherer(hanging).run(stop))
    await asyncio.wait_for(hanging.is_asked.wait(), 20)
    stop.set()
    await asyncio.wait_for(running, 20)
    search.context(root, search.note(search.ben, root))
    ended = await search.gatherer().step()
    assert ended is not None, "it was given back at once"
    assert (ended.state, ended.found) == ("done", 1)


async def test_a_defect_ends_one_search_and_no_other(search, monkeypatch):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    await search.arrives(root)

    async def defect(*_):
        raise RuntimeError("what a member wrote")

    monkeypatch.setattr(walking, "walk", defect)
    ended = await search.gather(root)
    assert (ended.state, ended.last_error) == ("failed", "This failed: RuntimeError.")


async def test_a_post_waits_for_the_server_of_what_it_answers_and_does_not_spin(search):
    """Its own server answers; that of its parent rests."""
    cat = await search.world.known("cat", "slow")
    root = search.note(search.ana)
    parent = search.note(cat, root)
    below = search.note(search.ben, parent)
    search.serve(root["replies"], below)
    await search.arrives(root)
    search.internet.documents[parent["id"]] = 503
    await search.ask(await search.world.post(root["id"]))
    worker = search.gatherer()
    waiting = await worker.step()
    assert waiting.state == "waiting"
    assert await worker.step() is None, "it is due only when that server has rested"
    search.internet.documents[parent["id"]] = parent
    search.world.clock.let_pass(minutes=3)
    ended = await worker.step()
    assert (ended.state, ended.found) == ("done", 2)
    assert (await search.tree())[below["id"]] == (parent["id"], root["id"])


async def test_a_post_whose_parent_cannot_be_had_at_last_stands_alone(search):
    cat = await search.world.known("cat", "slow")
    root = search.note(search.ana)
    below = search.note(search.ben, search.note(cat, root))
    search.serve(root["replies"], below)
    await search.arrives(root)
    search.internet.documents[below["inReplyTo"]] = 500
    await search.ask(await search.world.post(root["id"]))
    worker = search.gatherer()
    for _ in range(plan.MOST_TRIES):
        await worker.step()
        search.world.clock.let_pass(minutes=10)
    assert (await search.tree())[below["id"]] == (None, below["id"])

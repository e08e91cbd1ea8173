"""The loop of the inbox: order, leases, refusals, delays, what is parked and replayed, what is fetched."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from fediverse_support.core.errors import RemoteTrouble, Unavailable
from fediverse_support.database import inbox
from fediverse_support.database.pool import acquire
from fediverse_support.inbox import processing

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@pytest.fixture
def broken(monkeypatch):
    """Lets the handler of `Snooze` fail in some way."""

    def install(error):
        from fediverse_support.inbox import handlers

        calls = []

        async def handler(context, activity, sender):
            calls.append(activity.id)
            await context.db.execute(
                "insert into undone (activity_uri, by_uri) values ($1, 'x')", activity.id + str(len(calls))
            )
            raise error

        monkeypatch.setitem(handlers.HANDLERS, "Snooze", handler)
        return calls

    return install


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (asyncpg.CharacterNotInRepertoireError("a secret"), 1),
        (asyncpg.DataError("a secret"), 1),
        (asyncpg.CheckViolationError("a secret"), 1),
        (asyncpg.StatementTooComplexError("a secret"), 1),
        (RuntimeError("a secret"), processing.MOST_CRASHES),
        (RecursionError("a secret"), processing.MOST_CRASHES),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_d9_what_cannot_be_digested_is_parked_without_effects_and_can_be_replayed(
    world, broken, monkeypatch, error, tries
):
    ana = await world.known()
    calls = broken(error)
    poison, good = ana.does("Snooze", ana.uri), ana.does("Like", ana.id("notes"))
    await world.receive(ana, poison)
    await world.receive(ana, good)
    for _ in range(10):
        await world.process()
        world.clock.let_pass(minutes=5)
    parked = await world.arrived(poison["id"])
    assert (parked.state, parked.attempts) == ("parked", tries)
    assert "secret" not in parked.outcome
    assert len(calls) == tries
    assert await world.one("select count(*) from undone") == 0
    assert (await world.arrived(good["id"])).state == "done"
    async with acquire(world.pool) as db:
        assert await inbox.replay(db, parked.id, world.clock())
    monkeypatch.undo()
    await world.process()
    assert (await world.arrived(poison["id"])).state == "done"


async def test_a_server_in_trouble_postpones_ever_longer_and_at_last_parks(world, broken):
    ana = await world.known()
    calls = broken(RemoteTrouble("later"))
    activity = ana.does("Snooze", ana.uri)
    await world.receive(ana, activity)
    waits = []
    for _ in range(processing.MOST_ATTEMPTS):
        await world.process()
        due = await world.one("select due_at from inbox")
        waits.append((due - world.clock()).total_seconds())
        world.clock.let_pass(hours=7)
    assert waits[:3] == sorted(waits[:3])
    assert waits[0] < 60 < waits[2]
    await world.process()
    assert (await world.arrived(activity["id"])).state == "parked"
    assert len(calls) == processing.MOST_ATTEMPTS


async def test_what_one_actor_sent_is_handled_in_order(world):
    ana, group = await world.known(), await world.group()
    create = ana.create(group.actor.uri)
    history = [create]
    for number in range(2, 9):
        note = create["object"] | {
            "content": f"<p>{number}</p>",
            "updated": f"2026-01-0{number}T00:00:00Z",
        }
        history.append(ana.wrap("Update", note))
    for activity in history:
        await world.receive(ana, activity)
    await world.process()
    assert [done.arrived.activity_uri for done in world.processed] == [item["id"] for item in history]
    assert {done.outcome for done in world.processed[1:]} == {"Changed."}


async def test_two_workers_do_each_thing_once(world):
    senders = [await world.known(f"p{number}") for number in range(6)]
    group = await world.group()
    for sender in senders:
        for _ in range(5):
            await world.receive(sender, sender.create(group.actor.uri))
    workers = [world.new_processor() for _ in range(3)]
    await asyncio.gather(*(world.process(worker) for worker in workers))
    assert await world.one("select count(*) from posts") == 30
    assert len(world.processed) == 30
    assert await world.one("select count(*) from decisions") == 30


async def test_a_worker_that_was_overtaken_leaves_no_effects(world):
    """Its lease ran out, another was faster: its own effects must not count again."""
    ana, group = await world.known(), await world.group()
    activity = ana.create(group.actor.uri)
    await world.receive(ana, activity)
    async with acquire(world.pool) as db:
        (slow,) = await inbox.lease(db, world.clock(), 1, timedelta(seconds=60))
    world.clock.let_pass(minutes=2)
    await world.process()
    counts = await world.counts()
    await world.processor._one(slow, None)
    assert await world.counts() == counts
    assert (await world.arrived(activity["id"])).state == "done"


async def test_a_leased_arrival_is_left_to_its_worker_and_so_is_what_came_after_it(world):
    ana, ben = await world.known(), await world.known("ben")
    for sender in (ana, ana, ben):
        await world.receive(sender, sender.does("Like", sender.id("notes")))
    async with acquire(world.pool) as db:
        await inbox.lease(db, world.clock(), 1, timedelta(seconds=60))
    assert await world.processor.step() == 1
    world.clock.let_pass(minutes=2)
    assert await world.processor.step() == 2


async def test_who_is_stopped_gives_back_what_is_not_begun(world):
    ana = await world.known()
    for _ in range(5):
        await world.receive(ana, ana.does("Like", ana.id("notes")))
    stop = asyncio.Event()
    stop.set()
    await world.processor.step(stop)
    rows = await world.rows("select attempts, leased_until < now() as free, state from inbox")
    assert rows == [{"attempts": 0, "free": True, "state": "waiting"}] * 5


@pytest.mark.parametrize("lie", ["other host", "same host", "no id", "id as list", "id as object"])
async def test_o2_a_document_that_lies_about_its_id_changes_nothing(world, internet, lie):
    group, member = await world.known("sober", "lemmy", "Group"), await world.member()
    await world.join_elsewhere(member, group)
    await world.pool.execute("update follows set state = 'accepted'")
    ana, eve = await world.known(), await world.known("eve", "evil")
    asked, note = eve.id("notes"), ana.note(group.uri)
    found = {
        "other host": note,
        "same host": eve.note(group.uri),
        "no id": {name: value for name, value in eve.note(group.uri).items() if name != "id"},
        "id as list": eve.note(group.uri, id=[asked]),
        "id as object": eve.note(group.uri, id={"id": asked}),
    }[lie]
    internet.documents[asked] = found
    before = await world.counts()
    arrived = await world.send(group, group.does("Announce", asked, to=[PUBLIC]))
    assert arrived.state == "refused"
    assert await world.counts() == before


async def test_o6_a_post_of_another_author_in_a_create_is_refused(world):
    ana, eve, group = await world.known(), await world.known("eve", "evil"), await world.group()
    before = await world.counts()
    for note in (ana.note(group.actor.uri), eve.note(group.actor.uri, attributedTo=ana.uri)):
        assert (await world.send(eve, eve.wrap("Create", note))).state == "refused"
    bare = ana.note(group.actor.uri)["id"]
    assert (await world.send(eve, eve.does("Create", bare, to=[PUBLIC]))).state == "refused"
    assert await world.counts() == before


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:22/x", "http://[::1]/x", "file:///etc/passwd", "http://10.0.0.1/x"]
)
async def test_s1_an_address_inside_is_not_asked_for_because_somebody_names_it(world, address):
    ana, group = await world.known(), await world.group()
    before = await world.counts()
    assert (await world.send(ana, ana.does("Create", address, to=[PUBLIC], cc=[group.actor.uri]))).state in (
        "refused",
        "waiting",
    )
    assert await world.counts() == before


async def test_a_deleted_actor_is_not_brought_back_by_what_others_pass_on(world, internet):
    group, member = await world.known("sober", "lemmy", "Group"), await world.member()
    await world.join_elsewhere(member, group)
    await world.pool.execute("update follows set state = 'accepted'")
    ana = await world.known()
    await world.send(ana, ana.does("Delete", ana.uri))
    create = ana.create(group.uri)
    internet.documents[create["object"]["id"]] = create["object"]
    arrived = await world.send(group, group.does("Announce", create, to=[PUBLIC]))
    assert (arrived.state, arrived.outcome) == ("refused", "This account was deleted.")
    assert await world.one("select count(*) from posts") == 0


async def test_every_decision_is_kept_with_its_reason(world):
    ana, group = await world.known(), await world.group()
    world.set_levels(peer="held")
    create = ana.create(group.actor.uri)
    await world.send(ana, create)
    (decision,) = await world.rows("select * from decisions")
    assert (decision["activity_uri"], decision["outcome"]) == (create["id"], "hold")
    assert "peer.localhost" in decision["reason"]
    assert "Hello" not in str(decision["facts"])
    world.set_levels(peer="blocked")
    later = ana.create(group.actor.uri)
    world.policy, open_policy = world.policy, world.policy
    world.set_levels()
    await world.receive(ana, later)
    world.policy = open_policy
    await world.process()
    assert (await world.arrived(later["id"])).state == "refused"
    assert await world.post(later["object"]["id"]) is None


async def test_a_thread_start_costs_few_round_trips(world):
    ana, group = await world.known(), await world.group()
    await world.follows_us(ana, group.actor)
    await world.send(ana, ana.create(group.actor.uri))
    activity = ana.create(group.actor.uri)
    before = world.round_trips()
    await world.receive(ana, activity)
    assert world.round_trips() - before == 1
    await world.processor.step()
    spent = world.round_trips() - before
    print(f"round trips for a thread start: {spent}")
    assert spent <= 14


async def test_a_mark_that_was_lost_with_the_database_does_not_wait_for_the_lease(world, broken, monkeypatch):
    ana = await world.known()
    calls = broken(RemoteTrouble("away"))
    await world.receive(ana, ana.does("Snooze", ana.uri))
    postpone = inbox.postpone

    async def lost(*_):
        raise Unavailable("gone in between")

    monkeypatch.setattr(processing.inbox, "postpone", lost)
    await world.processor.step()
    monkeypatch.setattr(processing.inbox, "postpone", postpone)
    await world.processor.step()
    assert len(calls) == 2


async def test_a_server_that_keeps_us_waiting_holds_up_nobody_else(world, monkeypatch):
    ana, slow, group = await world.known(), await world.known(name="slow"), await world.group()
    asked, answered, liked = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def late(*_):
        asked.set()
        await answered.wait()
        raise RemoteTrouble("at last")

    processor = world.new_processor()
    monkeypatch.setattr(processor, "_on_processed", lambda done: done.arrived.type == "Like" and liked.set())
    monkeypatch.setattr(processor, "_get", late)
    waiting = slow.does("Create", slow.id("notes"), to=[PUBLIC, group.actor.uri])
    await world.receive(slow, waiting)
    stop = asyncio.Event()
    running = asyncio.create_task(processor.run(stop))
    async with asyncio.timeout(30):
        await asked.wait()
        await world.receive(ana, ana.does("Like", ana.id("notes")))
        await liked.wait()
        assert (await world.arrived(waiting["id"])).state == "waiting"
        answered.set()
        stop.set()
        await running

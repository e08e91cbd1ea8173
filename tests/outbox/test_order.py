"""Everything about one object reaches an inbox in the order in which it was queued."""

import asyncio
import random

POST = "http://here.localhost:1/posts/7"


async def finish(office):
    """Work until nothing is due."""
    while await office.worker().step():
        pass


async def test_create_update_delete_arrive_in_order(office, sink):
    for name in ("create", "update", "delete"):
        await office.publish(name, "a", "b", about=POST)
    await finish(office)
    assert [seen.activity for seen in sink.at("a")] == ["create", "update", "delete"]
    assert [seen.activity for seen in sink.at("b")] == ["create", "update", "delete"]


async def test_a_later_one_waits_while_an_earlier_one_has_to_be_tried_again(office, sink):
    sink.rules["a"] = lambda seen: 408 if seen.activity == "create" else 202
    await office.publish("create", "a", about=POST)
    await office.publish("update", "a", about=POST)
    await office.publish("other", "a")
    worker = office.worker()
    await worker.step()
    assert [seen.activity for seen in sink.at("a")] == ["create", "other"]
    await office.publish("delete", "a", about=POST)
    assert await worker.step() == 0
    sink.rules["a"] = 202
    office.clock.let_pass(minutes=3)
    await finish(office)
    assert [seen.activity for seen in sink.at("a")][2:] == ["create", "update", "delete"]


async def test_what_is_refused_for_good_holds_nothing_up(office, sink):
    sink.rules["a"] = lambda seen: 422 if seen.activity == "create" else 202
    await office.publish("create", "a", about=POST)
    await office.publish("update", "a", about=POST)
    await finish(office)
    assert await office.states() == {"create@a": "refused", "update@a": "delivered"}


async def test_one_inbox_in_trouble_does_not_hold_up_its_neighbours(office, sink):
    """GoToSocial answers 500 for the inbox of somebody who is gone, and has no shared inbox."""
    sink.rules["a"] = lambda seen: 500 if seen.path == "/gone" else 202
    await office.publish("create", "a/gone", "a/one", "a/two", about=POST)
    await office.publish("update", "a/gone", "a/one", "a/two", about=POST)
    await finish(office)
    for path in ("/one", "/two"):
        assert [seen.activity for seen in sink.at("a") if seen.path == path] == ["create", "update"]
    assert [seen.activity for seen in sink.at("a") if seen.path == "/gone"] == ["create"]


async def test_order_holds_with_two_at_a_time_and_a_server_that_stumbles(office, sink):
    dice = random.Random(1)
    accepted = []

    async def stumble(seen):
        await asyncio.sleep(dice.random() / 500)
        if dice.random() < 0.2:
            return 408
        accepted.append(seen.activity)
        return 202

    sink.rules["a"] = stumble
    for step in range(12):
        for thing in range(5):
            await office.publish(f"{thing}.{step:02}", "a", about=f"http://here.localhost:1/posts/{thing}")
    worker = office.worker()
    while await office.pool.fetchval("select count(*) from deliveries where state = 'waiting'"):
        await worker.step()
        office.clock.let_pass(hours=2)
    assert len(accepted) == 60
    for thing in range(5):
        about = [name for name in accepted if name.startswith(f"{thing}.")]
        assert about == sorted(about)

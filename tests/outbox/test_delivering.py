"""One worker, real servers: what arrives, how it is signed, and what is written down."""

import asyncio
import json

from fediverse_support.protocol.signatures import keys, verification
from fediverse_support.protocol.signatures.requests import SignedRequest


async def test_what_is_queued_arrives_and_is_marked(office, sink):
    await office.publish("create", "a", "b")
    assert await office.worker().step() == 2
    assert await office.states() == {"create@a": "delivered", "create@b": "delivered"}
    (seen,) = sink.at("a")
    assert json.loads(seen.body) == {"id": "create", "type": "Create"}
    assert seen.headers["content-type"] == "application/activity+json"
    assert await office.worker().step() == 0


async def test_the_signature_is_one_that_we_would_take_ourselves(office, sink):
    await office.publish("create", "a")
    await office.worker().step()
    (seen,) = sink.at("a")
    url = f"http://{sink.host('a')}/inbox"
    request = SignedRequest("POST", "/inbox", url, tuple(seen.headers.items()), seen.body)
    claim = verification.read(request, frozenset({sink.host("a")}), office.clock())
    assert claim.key_id == "http://here.localhost:1/groups/group#main-key"
    pem = await office.pool.fetchval("select public_key from actor_keys where id = $1", claim.key_id)
    assert verification.check(claim, keys.load_public(claim.key_id, "owner", pem)) is None


async def test_followers_behind_one_shared_inbox_get_one_request(office, sink):
    await office.publish("create", "a", "a", "a", "b")
    assert await office.worker().step() == 2
    assert len(sink.at("a")) == 1


async def test_a_running_worker_delivers_what_was_there_and_what_comes(office, sink, run_until):
    await office.publish("before", "a", "b")
    worker = office.worker()

    later = iter(["after"])

    async def has_all():
        if len(sink.seen) == 2 and (name := next(later, None)):
            await office.publish(name, "a", "c")
        return len(sink.seen) >= 4

    await run_until(worker, has_all)
    assert set((await office.states()).values()) == {"delivered"}
    assert worker.tally.delivered == 4
    assert len(office.delivered) == 4


async def test_a_notification_wakes_the_worker_without_waiting_for_the_poll(
    office, sink, monkeypatch, run_until
):
    monkeypatch.setattr("fediverse_support.outbox.delivering.POLL", 3600)
    worker, published = office.worker(), False

    async def has_it():
        nonlocal published
        if not published and await office.pool.fetchval(
            """
            select count(*) from pg_stat_activity
             where query ilike 'listen%' and datname = current_database()
            """
        ):
            published = True
            await office.publish("create", "a")
        return sink.at("a")

    await run_until(worker, has_it)


async def test_one_host_is_talked_to_over_one_connection(office, sink):
    for number in range(8):
        await office.publish(f"n{number}", "a")
    await office.worker().step()
    assert len(sink.at("a")) == 8
    assert {seen.connection for seen in sink.at("a")} == {1}
    assert sink.most_under_way[sink.host("a")] == 1


async def test_a_host_with_much_to_hear_is_talked_to_over_two(office, sink):
    async def slow(_):
        await asyncio.sleep(0.01)
        return 202

    sink.rules["a"] = slow
    for number in range(40):
        await office.publish(f"n{number}", "a")
    worker = office.worker()
    while await worker.step():
        pass
    assert len(sink.at("a")) == 40
    assert sink.most_under_way[sink.host("a")] == 2


async def test_a_report_tells_what_the_live_view_shows(office, sink):
    number = await office.publish("create", "a")
    await office.worker().step()
    (report,) = office.delivered
    assert (report.activity_id, report.activity_uri, report.activity_type) == (number, "create", "Create")
    assert (report.host, report.outcome, report.status) == (sink.host("a"), "delivered", 202)
    assert 0 < report.seconds < 20
    assert report.age >= 0


async def test_what_was_withdrawn_while_it_waited_is_not_sent(office, sink):
    number = await office.publish("create", "a")
    await office.publish("delete", "a")
    await office.pool.execute("update activities set undone_at = now() where id = $1", number)
    await office.worker().step()
    assert [seen.activity for seen in sink.at("a")] == ["delete"]
    assert await office.states() == {"create@a": "refused", "delete@a": "delivered"}


async def test_an_actor_without_a_key_waits_and_holds_up_nobody(office, sink):
    await office.publish("create", "a")
    await office.pool.execute("update activities set actor_id = actor_id")
    other = await office.pool.fetchval(
        """
        insert into actors (id, uri, type, is_local, name, host)
        values (1, 'http://here.localhost:1/people/x', 'Person', true, 'x', 'here.localhost:1') returning id
        """
    )
    await office.publish("keyless", "a")
    await office.pool.execute(
        "update deliveries set actor_id = $1 where activity_id in (select id from activities where uri = $2)",
        other,
        "keyless",
    )
    await office.worker().step()
    assert await office.states() == {"create@a": "delivered", "keyless@a": "waiting"}


async def test_a_stopped_worker_ends_what_is_under_way_and_gives_its_leases_back(office, sink):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_):
        begun.set()
        await go_on.wait()
        return 202

    sink.rules["a"] = slow
    await office.publish("one", "a")
    await office.publish("two", "a")
    stop = asyncio.Event()
    task = asyncio.create_task(office.worker().run(stop))
    await begun.wait()
    stop.set()
    await asyncio.sleep(0)
    go_on.set()
    await task
    assert await office.states() == {"one@a": "delivered", "two@a": "waiting"}
    assert await office.pool.fetchval("select count(*) from hosts where leased_until > now()") == 0
    assert await office.worker().step() == 1


async def test_what_does_not_end_in_time_is_cut_off_and_sent_again(office, sink, monkeypatch):
    monkeypatch.setattr("fediverse_support.outbox.delivering.GRACE", 0.05)
    begun = asyncio.Event()

    async def never(_):
        begun.set()
        await asyncio.sleep(60)
        return 202

    sink.rules["a"] = never
    await office.publish("one", "a")
    stop = asyncio.Event()
    task = asyncio.create_task(office.worker().run(stop))
    await begun.wait()
    stop.set()
    await task
    assert await office.states() == {"one@a": "waiting"}
    sink.rules["a"] = 202
    assert await office.worker().step() == 1
    assert await office.states() == {"one@a": "delivered"}


async def test_dead_and_slow_hosts_do_not_hold_back_the_others(office, sink, run_until):
    """With four places, twelve hosts that never answer: everybody else is served while they hang."""
    hang = asyncio.Event()

    async def never(_):
        await hang.wait()
        return 202

    bad = [f"bad{number}" for number in range(12)]
    good = [f"good{number}" for number in range(24)]
    sink.rules.update(dict.fromkeys(bad, never))
    await office.publish("one", *bad)
    for name in ("one", "two", "three"):
        await office.publish(f"{name}-for-all", *good, *bad)

    def good_are_served():
        served = sum("good" in seen.host for seen in sink.seen)
        if served == 3 * len(good):
            assert sum(sink.under_way.values()) <= len(bad)
            hang.set()
        return served == 3 * len(good)

    await run_until(office.worker(concurrency=4), good_are_served)


async def test_a_dead_host_is_tried_once_and_not_once_for_each_delivery(office, sink):
    sink.rules["dead"] = lambda _: None
    for number in range(10):
        await office.publish(f"n{number}", "dead", "a")
    worker = office.worker()
    while await worker.step():
        pass
    rows = await office.rows()
    assert sum(row["attempts"] for row in rows if row["host"] == sink.host("dead")) == 1
    assert len(sink.at("a")) == 10


async def test_two_workers_never_serve_one_host_at_the_same_time(office, sink):
    async def slow(_):
        await asyncio.sleep(0.005)
        return 202

    names = [f"h{number}" for number in range(12)]
    sink.rules.update(dict.fromkeys(names, slow))
    for number in range(6):
        await office.publish(f"n{number}", *names)
    workers = [office.worker(concurrency=3) for _ in range(3)]

    async def work(worker):
        while await office.pool.fetchval("select count(*) from deliveries where state = 'waiting'"):
            await worker.step()

    await asyncio.gather(*(work(worker) for worker in workers))
    assert len(sink.seen) == 72
    assert set(sink.most_under_way.values()) == {1}


async def test_a_delivery_that_trips_us_holds_up_nobody(office, sink, monkeypatch):
    from fediverse_support.outbox import sending

    sign = sending.sign_post

    def trip(url, *rest, **more):
        if "trap" in url:
            raise ZeroDivisionError
        return sign(url, *rest, **more)

    monkeypatch.setattr(sending, "sign_post", trip)
    await office.publish("one", "a/trap")
    await office.publish("two", "a")
    assert await office.worker().step() == 2
    assert await office.states() == {"one@a": "waiting", "two@a": "delivered"}
    assert await office.worker().step() == 0

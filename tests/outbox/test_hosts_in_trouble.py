"""The circuit of a host in action: it opens, is probed, closes by an answer or by a request from there."""

from datetime import timedelta

from fediverse_support.database import hosts


async def fail_until_open(office, worker):
    """Let a dead host fail until its circuit is open; how many requests that took."""
    tries = 0
    while (await office.host("a"))["opened_at"] is None:
        tries += await worker.step()
        office.clock.let_pass(minutes=10)
    return tries


async def queue_for_a_dead_host(office, sink, number=8):
    sink.rules["a"] = lambda _: None
    for n in range(number):
        await office.publish(f"n{n}", "a")
    worker = office.worker()
    await worker.step()
    return worker


async def test_five_failures_over_time_open_the_circuit_and_ten_at_once_do_not(office, sink):
    worker = await queue_for_a_dead_host(office, sink, 10)
    assert (await office.host("a"))["failures"] == 1
    assert await fail_until_open(office, worker) == 4
    host = await office.host("a")
    assert host["failures"] == 5
    assert host["paused_until"] - host["opened_at"] == timedelta(minutes=30)
    assert host["last_error"] == "The other server could not be reached, or broke off."


async def test_an_open_circuit_gets_one_probe_at_a_time(office, sink):
    worker = await queue_for_a_dead_host(office, sink)
    await fail_until_open(office, worker)
    sink.rules["a"] = 500
    office.clock.let_pass(minutes=31)
    before = len(sink.at("a"))
    assert await worker.step() == 1
    assert await worker.step() == 0
    office.clock.let_pass(minutes=59)
    assert await worker.step() == 0
    office.clock.let_pass(minutes=2)
    assert await worker.step() == 1
    assert len(sink.at("a")) == before + 2


async def test_a_host_that_comes_back_gets_everything_gently_and_in_order(office, sink):
    sink.rules["a"] = lambda _: None
    for number in range(24):
        about = f"http://here.localhost:1/posts/{number % 6}"
        await office.publish(f"{number % 6}.{number:02}", "a", about=about)
    worker = office.worker()
    await worker.step()
    await fail_until_open(office, worker)
    sink.seen.clear()
    sink.rules["a"] = 202
    office.clock.let_pass(days=2)
    paces = []
    while len(sink.at("a")) < 24:
        paces.append(await worker.step())
        assert await worker.step() == 0, "it is not called twice within a second"
        office.clock.let_pass(seconds=1)
        assert len(paces) < 16
    assert paces[0] == 1
    assert max(paces) == 5
    for thing in range(6):
        about = [seen.activity for seen in sink.at("a") if seen.activity.startswith(f"{thing}.")]
        assert about == sorted(about)
    host = await office.host("a")
    assert (host["failures"], host["opened_at"], host["last_error"]) == (0, None, None)


async def test_a_no_from_a_living_host_closes_the_circuit(office, sink):
    worker = await queue_for_a_dead_host(office, sink)
    await fail_until_open(office, worker)
    sink.rules["a"] = 422
    office.clock.let_pass(hours=2)
    assert await worker.step() == 1
    assert (await office.host("a"))["opened_at"] is None


async def test_a_request_from_there_closes_the_circuit_and_what_waited_goes_at_once(office, sink):
    worker = await queue_for_a_dead_host(office, sink, 4)
    await fail_until_open(office, worker)
    sink.rules["a"] = 202
    assert await worker.step() == 0
    async with office.pool.acquire() as db:
        await hosts.seen_inbound(db, [sink.host("a"), "stranger.example"], office.clock())
    assert (await office.host("a"))["opened_at"] is None
    assert await worker.step() == 4
    assert set((await office.states()).values()) == {"delivered"}


async def test_a_request_from_there_does_not_end_a_rest_it_has_asked_for(office, sink):
    sink.rules["a"] = (429, {"retry-after": "3600"})
    await office.publish("create", "a")
    worker = office.worker()
    await worker.step()
    async with office.pool.acquire() as db:
        await hosts.seen_inbound(db, [sink.host("a")], office.clock())
    sink.rules["a"] = 202
    office.clock.let_pass(minutes=50)
    assert await worker.step() == 0
    office.clock.let_pass(minutes=15)
    assert await worker.step() == 1


async def test_a_moderator_can_have_a_host_called_now(office, sink):
    worker = await queue_for_a_dead_host(office, sink, 4)
    await fail_until_open(office, worker)
    sink.rules["a"] = 202
    async with office.pool.acquire() as db:
        assert await hosts.retry(db, sink.host("a"), office.clock()) == 4
        assert await hosts.retry(db, "unknown.example", office.clock()) is None
    assert await worker.step() == 4


async def test_three_5xx_in_a_row_end_a_turn_and_one_among_successes_does_not(office, sink):
    sink.rules["a"] = 500
    sink.rules["b"] = lambda seen: 500 if seen.activity == "n2" else 202
    for number in range(8):
        await office.publish(f"n{number}", "a", "b")
    await office.worker().step()
    assert len(sink.at("a")) == 3
    assert len(sink.at("b")) == 8
    assert (await office.host("a"))["failures"] == 1
    assert (await office.host("b"))["failures"] == 0


async def test_the_list_of_queues_shows_what_waits_and_why(office, sink):
    worker = await queue_for_a_dead_host(office, sink, 3)
    await office.publish("fine", "b")
    await worker.step()
    async with office.pool.acquire() as db:
        (queue,) = await hosts.queues(db)
        report = await hosts.report(db)
    assert (queue.name, queue.waiting, queue.failures) == (sink.host("a"), 3, 1)
    assert queue.last_error is not None
    assert queue.oldest_at is not None
    assert (report.waiting, report.hosts_waiting, report.open_circuits) == (3, 1, 0)

"""What each answer leads to, and when the next try is."""

import asyncio
from datetime import timedelta

import pytest


async def due_in(office, **where):
    """How long until the only delivery is due, in seconds of the office's clock."""
    (row,) = await office.rows()
    return (row["due_at"] - office.clock()) / timedelta(seconds=1)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 425, 302])
async def test_trouble_that_may_pass_is_tried_again_after_two_minutes(office, sink, status):
    sink.rules["a"] = status
    await office.publish("create", "a")
    worker = office.worker()
    await worker.step()
    assert 120 <= await due_in(office) <= 180
    office.clock.let_pass(seconds=100)
    assert await worker.step() == 0
    sink.rules["a"] = 202
    office.clock.let_pass(seconds=100)
    assert await worker.step() == 1
    assert await office.states() == {"create@a": "delivered"}


@pytest.mark.parametrize("status", [405, 406, 413, 415, 418, 422, 501])
async def test_an_answer_that_will_not_change_ends_it(office, sink, status):
    sink.rules["a"] = status
    await office.publish("create", "a")
    await office.worker().step()
    assert await office.states() == {"create@a": "refused"}
    assert len(sink.seen) == 1
    (row,) = await office.rows()
    assert row["last_status"] == status
    assert row["finished_at"] is not None


@pytest.mark.parametrize("status", [404, 410])
async def test_an_inbox_that_is_gone_is_reported(office, sink, status):
    sink.rules["a"] = status
    await office.publish("create", "a/people/x/inbox")
    await office.worker().step()
    assert await office.states() == {"create@a": "refused"}
    assert office.gone == [f"http://{sink.host('a')}/people/x/inbox"]


async def test_a_403_is_remembered_as_a_block_until_something_is_taken(office, sink):
    sink.rules["a"] = 403
    await office.publish("create", "a")
    await office.worker().step()
    assert await office.states() == {"create@a": "refused"}
    assert (await office.host("a"))["blocked_us_at"] is not None
    sink.rules["a"] = 202
    await office.publish("again", "a")
    await office.worker().step()
    assert (await office.host("a"))["blocked_us_at"] is None


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_honoured_for_the_whole_host(office, sink, status):
    sink.rules["a"] = (status, {"retry-after": "1800"})
    for name in ("one", "two", "three"):
        await office.publish(name, "a")
    worker = office.worker()
    assert await worker.step() == 1
    sink.rules["a"] = 202
    office.clock.let_pass(minutes=29)
    assert await worker.step() == 0
    office.clock.let_pass(minutes=2)
    while await worker.step():
        office.clock.let_pass(seconds=1)
    assert set((await office.states()).values()) == {"delivered"}


async def test_a_429_without_a_time_rests_the_host_for_a_minute(office, sink):
    sink.rules["a"] = 429
    await office.publish("one", "a")
    await office.publish("two", "a")
    worker = office.worker()
    assert await worker.step() == 1
    sink.rules["a"] = 202
    office.clock.let_pass(seconds=50)
    assert await worker.step() == 0
    office.clock.let_pass(seconds=15)
    assert await worker.step() == 1
    assert (await office.host("a"))["failures"] == 0


async def test_each_try_is_signed_anew(office, sink):
    sink.rules["a"] = 500
    await office.publish("create", "a")
    worker = office.worker()
    await worker.step()
    office.clock.let_pass(hours=2)
    await worker.step()
    first, second = sink.at("a")
    assert first.headers["date"] != second.headers["date"]
    assert first.headers["signature"] != second.headers["signature"]
    assert first.headers["digest"] == second.headers["digest"]


async def test_a_host_that_never_answers_is_given_up_after_seven_days(office, sink):
    sink.rules["a"] = lambda _: None
    await office.publish("create", "a")
    worker = office.worker()
    queued, days = office.clock(), []
    while (await office.states())["create@a"] == "waiting":
        await worker.step()
        days.append((office.clock() - queued) / timedelta(days=1))
        office.clock.let_pass(minutes=30)
    assert await office.states() == {"create@a": "expired"}
    assert 7 <= days[-1] < 8.1
    assert worker.tally.expired == 1
    (row,) = await office.rows()
    # The first week is tried at the pace of the circuit: a few times, twice a day, then once a day.
    assert 12 <= row["attempts"] <= 24


async def test_what_waits_behind_a_dead_host_expires_without_being_tried(office, sink):
    sink.rules["a"] = lambda _: None
    for name in ("one", "two", "three"):
        await office.publish(name, "a")
    worker = office.worker()
    await worker.step()
    office.clock.let_pass(days=7, seconds=1)
    await worker.tidy()
    assert set((await office.states()).values()) == {"expired"}
    assert worker.tally.expired == 3


async def test_what_ended_a_month_ago_is_forgotten_and_what_waits_is_not(office, sink):
    sink.rules["b"] = 503
    await office.publish("create", "a", "b")
    worker = office.worker()
    await worker.step()
    office.clock.let_pass(days=6)
    await worker.tidy()
    assert len(await office.rows()) == 2
    office.clock.let_pass(days=25)
    await worker.tidy()
    assert await office.states() == {"create@b": "expired"}


# Two signature styles


async def test_a_refused_signature_is_tried_in_the_other_style_and_remembered_for_a_week(office, sink):
    sink.rules["a"] = lambda seen: 202 if seen.style == "rfc9421" else 401
    worker = office.worker()
    await office.publish("one", "a")
    await worker.step()
    await office.publish("two", "a")
    await worker.step()
    assert [seen.style for seen in sink.at("a")] == ["cavage", "rfc9421", "rfc9421"]
    office.clock.let_pass(days=7, minutes=1)
    await office.publish("three", "a")
    await worker.step()
    assert [seen.style for seen in sink.at("a")][3:] == ["cavage", "rfc9421"]
    assert set((await office.states()).values()) == {"delivered"}


async def test_a_remembered_style_that_fails_falls_back_and_is_forgotten(office, sink):
    worker = office.worker()
    sink.rules["a"] = lambda seen: 202 if seen.style == "rfc9421" else 400
    await office.publish("one", "a")
    await worker.step()
    sink.rules["a"] = lambda seen: 202 if seen.style == "cavage" else 401
    await office.publish("two", "a")
    await office.publish("three", "a")
    await worker.step()
    styles = [seen.style for seen in sink.at("a")]
    assert styles == ["cavage", "rfc9421", "rfc9421", "cavage", "cavage"]


async def test_piefed_gets_one_try_in_one_style(office, sink):
    sink.rules["a"] = 400
    await office.publish("zero", "a")
    await office.pool.execute("insert into hosts (name, software) values ($1, 'piefed')", sink.host("a"))
    await office.worker().step()
    assert [seen.style for seen in sink.at("a")] == ["cavage"]


async def test_a_401_in_both_styles_is_tried_three_times_more_and_then_dropped(office, sink):
    """The other side may be just fetching our key; what it answers to the other style says nothing."""
    sink.rules["a"] = lambda seen: 401 if seen.style == "cavage" else 400
    await office.publish("create", "a")
    worker = office.worker()
    tries = 0
    while (await office.states())["create@a"] == "waiting":
        tries += await worker.step()
        office.clock.let_pass(days=1)
    assert tries == 4
    assert await office.states() == {"create@a": "refused"}
    assert (await office.host("a"))["failures"] == 0


async def test_a_400_in_both_styles_is_final(office, sink):
    sink.rules["a"] = 400
    await office.publish("create", "a")
    await office.worker().step()
    assert await office.states() == {"create@a": "refused"}
    assert [seen.style for seen in sink.at("a")] == ["cavage", "rfc9421"]


async def test_what_the_url_gate_does_not_let_out_is_refused(office, sink):
    number = await office.activity("create")
    await office.pool.execute(
        """
        insert into deliveries (activity_id, actor_id, host, inbox_url, object_uri)
        values ($1, $2, 'x', 'http://user@x.localhost/inbox', 'o')
        """,
        number,
        office.actor_id,
    )
    await office.pool.execute("insert into host_wakes (host) values ('x')")
    await office.worker().step()
    assert set((await office.states()).values()) == {"refused"}


async def test_an_answer_with_odd_bytes_is_written_down(office, sink):
    async def odd(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        body = b"no \x00 way \xff\xed\xa0\x80 "
        writer.write(b"HTTP/1.1 422 X\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(odd, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sink.port = port
    await office.publish("create", "a")
    await office.worker().step()
    server.close()
    (row,) = await office.rows()
    assert row["state"] == "refused"
    assert row["last_error"].startswith("422 no")

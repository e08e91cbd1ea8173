"""Politeness: one request at a time for each host, a pause between two, and rests."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from fediverse_support.network.pace import Pace


class Clock:
    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now


async def test_a_host_gets_one_request_at_a_time_and_others_do_not_wait_for_it():
    pace, under_way, most = Pace(0, Clock()), 0, 0
    free = asyncio.Event()

    async def ask(host):
        nonlocal under_way, most
        async with pace.turn(host):
            under_way += host == "busy.example"
            most = max(most, under_way)
            if host == "busy.example":
                await free.wait()
                under_way -= 1

    busy = [asyncio.create_task(ask("busy.example")) for _ in range(3)]
    await asyncio.wait_for(ask("other.example"), 5)
    free.set()
    await asyncio.gather(*busy)
    assert most == 1


async def test_there_is_a_pause_between_two_requests_to_a_host():
    pace = Pace(0.05, Clock())
    began = time.monotonic()
    for _ in range(3):
        async with pace.turn("peer.example"):
            pass
    assert time.monotonic() - began >= 0.1


def test_a_host_rests_as_long_as_it_wants_and_no_longer():
    clock = Clock()
    pace = Pace(0, clock)
    assert pace.rests_until("peer.example") is None
    pace.rest("peer.example", 60)
    pace.rest("peer.example", 5)
    assert pace.rests_until("peer.example") == clock.now + timedelta(seconds=60), "the longer rest stays"
    clock.now += timedelta(seconds=61)
    assert pace.rests_until("peer.example") is None

import asyncio
from datetime import UTC, datetime, timedelta

from fediverse_support.network.expiring import Expiring
from fediverse_support.network.hosts import HostSlots

START = datetime(2026, 9, 1, tzinfo=UTC)


def test_d8_strangers_cannot_fill_it_over_its_size() -> None:
    kept: Expiring[int] = Expiring(cap=10, now=lambda: START)
    for number in range(1000):
        kept.keep(f"https://{number}.example/", number, timedelta(hours=1))
    assert len(kept) == 10
    assert kept.get("https://999.example/") == 999
    assert kept.get("https://0.example/") is None


def test_a_value_is_forgotten_when_its_time_is_over() -> None:
    now = START
    kept: Expiring[int] = Expiring(cap=10, now=lambda: now)
    kept.keep("a", 1, timedelta(minutes=5))
    now = START + timedelta(minutes=4)
    assert kept.get("a") == 1
    now = START + timedelta(minutes=5)
    assert kept.get("a") is None
    assert len(kept) == 0


def test_a_new_value_takes_the_place_and_the_time_of_the_old() -> None:
    now = START
    kept: Expiring[int] = Expiring(cap=1, now=lambda: now)
    kept.keep("a", 1, timedelta(minutes=1))
    kept.keep("a", 2, timedelta(minutes=9))
    now = START + timedelta(minutes=5)
    assert kept.get("a") == 2


async def test_s6_a_host_has_no_more_than_its_slots_and_leaves_nothing_behind() -> None:
    slots = HostSlots(2)
    busy, most = 0, 0

    async def work(host: str) -> None:
        nonlocal busy, most
        async with slots.slot(host):
            busy += 1
            most = max(most, busy)
            await asyncio.sleep(0)
            busy -= 1

    await asyncio.gather(*(work("a.example") for _ in range(20)))
    assert most == 2
    assert len(slots) == 0


async def test_a_cancelled_wait_gives_its_place_back() -> None:
    slots = HostSlots(1)
    async with slots.slot("a.example"):
        waiting = asyncio.create_task(slots.slot("a.example").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with slots.slot("a.example"):
        assert len(slots) == 1
    assert len(slots) == 0

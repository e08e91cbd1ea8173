"""LISTEN: to be woken by other processes. It only makes things quicker; a poll always backs it up."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

import asyncpg

from fediverse_support.core.errors import Unavailable
from fediverse_support.database.pool import AWAY, Connection, Pool, acquire

_AGAIN_AFTER = 1.0


async def listen(pool: Pool, channel: str, wake: Callable[[], None]) -> None:
    """Call `wake` for every NOTIFY on `channel`, on one connection of the pool, until cancelled.

    Listens again when the connection is lost, and then calls `wake` once for what may have been missed.
    """
    await listen_to(pool, {channel: wake})


async def listen_to(pool: Pool, wakes: Mapping[str, Callable[[], None]]) -> None:
    """The same for several channels on one connection: each has its own to call."""
    while True:
        with suppress(Unavailable):
            async with acquire(pool) as db:
                await _listen_until_lost(db, wakes)
        await asyncio.sleep(_AGAIN_AFTER)


async def _listen_until_lost(db: Connection, wakes: Mapping[str, Callable[[], None]]) -> None:
    is_lost = asyncio.Event()

    def lost(*_: object) -> None:
        is_lost.set()

    def woken(_: object, __: int, channel: str, ___: object) -> None:
        wakes[channel]()

    db.add_termination_listener(lost)
    try:
        for channel, wake in wakes.items():
            await db.add_listener(channel, woken)
            wake()
        await is_lost.wait()
    finally:
        with suppress(*AWAY, asyncpg.InterfaceError):
            db.remove_termination_listener(lost)
            for channel in wakes:
                await db.remove_listener(channel, woken)

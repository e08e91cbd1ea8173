"""A worker that is killed at one point, without a word: `dying_worker.py DATABASE_URL POINT WHICH_TIME`.

Run by `test_crashes.py` in a process of its own. `os._exit` runs no `finally` and closes nothing, as
`kill -9` does.
"""

import asyncio
import itertools
import os
import sys
from typing import Any

from fediverse_support.core.sealing import Seal
from fediverse_support.core.settings import Settings
from fediverse_support.database import deliveries, leases, pool
from fediverse_support.network.client import Client
from fediverse_support.outbox.delivering import Deliverer
from fediverse_support.outbox.keyring import Keyring
from fediverse_support.protocol.site import site_of

HERE = Settings(
    domain="here.localhost:1",
    origin="http://here.localhost:1",
    outbound_allow_private="127.0.0.0/8",
    outbound_allow_http=True,
)
PLACES: dict[str, tuple[Any, str]] = {
    "notice": (leases, "notice"),
    "lease": (leases, "lease_hosts"),
    "look-up": (deliveries, "due_of_hosts"),
    "post": (Client, "post"),
    "mark": (deliveries, "finish"),
    "give-back": (leases, "give_back"),
}


def kill_at(point: str, which_time: int) -> None:
    """Die before or after the so-many-th call of a function (`before-post`, `after-mark`)."""
    when, _, place = point.partition("-")
    owner, name = PLACES[place]
    original, calls = getattr(owner, name), itertools.count(1)

    async def dying(*args: Any, **kwargs: Any) -> Any:
        is_time = next(calls) == which_time
        if is_time and when == "before":
            os._exit(9)
        answer = await original(*args, **kwargs)
        if is_time:
            os._exit(9)
        return answer

    setattr(owner, name, dying)


async def main(url: str) -> None:
    """Work until killed."""
    connections = await pool.connect(HERE, url)
    async with Client(HERE) as client:
        worker = Deliverer(connections, client, Keyring(Seal(b"k" * 32), site_of(HERE)))
        await worker.run(asyncio.Event())


if __name__ == "__main__":
    kill_at(sys.argv[2], int(sys.argv[3]))
    asyncio.run(asyncio.wait_for(main(sys.argv[1]), 30))

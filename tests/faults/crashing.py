"""A worker that dies at one chosen point: before or after the n-th thing that can be seen from outside.

What can be seen from outside are statements to the database (commits among them) and requests to other
servers. Run as a program, this reads numbers of points from its standard input, forks a worker for each, so
that none has to be loaded anew, and answers with how that ended and how many points it passed. Point 0 is
never reached: such a worker ends in good order. The settings come from the environment, as for the real one.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from fediverse_support.core import settings
from fediverse_support.database import pool
from fediverse_support.foundation import laid
from fediverse_support.network.client import Client
from fediverse_support.worker import Worker

DIED = 77


class Points:
    """Counts the points passed, and ends the process at the chosen one as abruptly as a kill -9."""

    def __init__(self, chosen: int) -> None:
        self.chosen = chosen
        self.passed = 0
        self.armed = False

    def _pass(self) -> None:
        if not self.armed:
            return
        self.passed += 1
        if self.passed == self.chosen:
            os._exit(DIED)

    def around(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """`function` with a point before and one after it."""

        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            self._pass()
            result = await function(*args, **kwargs)
            self._pass()
            return result

        return wrapped


async def work(points: Points) -> None:
    """One round of everything that waits: process it, then deliver what follows from it."""
    async with laid(settings.load(), lambda _: None) as foundation:
        worker = Worker(foundation)
        points.armed = True
        while await worker.processor.step():
            pass
        while await worker.deliverer.step():
            pass
        points.armed = False


def live(chosen: int, out: int) -> None:
    """The life of one worker, in a process of its own."""
    points = Points(chosen)
    for name in ("execute", "fetch", "fetchrow", "fetchval", "executemany"):
        setattr(pool._Timed, name, points.around(getattr(pool._Timed, name)))
    Client.post = points.around(Client.post)  # type: ignore[method-assign]
    asyncio.run(work(points))
    os.write(out, str(points.passed).encode())


def main() -> None:
    """Fork a worker for each number that comes."""
    for line in sys.stdin:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            live(int(line), write)
            os._exit(0)
        os.close(write)
        _, status = os.waitpid(child, 0)
        passed = os.read(read, 20).decode() or "0"
        os.close(read)
        print(os.waitstatus_to_exitcode(status), passed, flush=True)


if __name__ == "__main__":
    main()

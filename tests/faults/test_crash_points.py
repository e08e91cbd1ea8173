"""R6: a worker that dies before or after anything it does, each point in turn, none by chance.

For each point a new post arrives, a worker dies there, its leases run out, and another worker goes on.
"""

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

DIED = 77
HOUSE = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def workers(town):
    """Gives a function that lets a worker run into a point: how it ended, and how many points it passed."""
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.crashing"),
        cwd=HOUSE,
        env=town.environment(0),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )

    async def run(point):
        parent.stdin.write(f"{point}\n".encode())
        async with asyncio.timeout(60):
            code, passed = (await parent.stdout.readline()).split()
        return int(code), int(passed)

    yield run
    parent.stdin.close()
    await parent.wait()


async def test_r6_a_worker_may_die_at_any_point_and_each_effect_is_there_once(town):
    web = await town.start("web")
    await web.ready()
    async with workers(town) as run, httpx.AsyncClient() as client:
        assert await town.send(client, web, town.post()) == 202
        code, total = await run(0)
        assert code == 0
        assert total > 40, "a post costs more than twenty statements and requests, with two points each"
        for point in range(1, total + 1):
            assert await town.send(client, web, town.post()) == 202
            code, _ = await run(point)
            assert code == DIED, f"nobody died at point {point}"
            await town.cut_leases()
            assert (await run(0))[0] == 0
            assert await town.left() == 0, f"something is left after point {point}"
    # Sent, and dead before it was written down: the one kind of repeat that cannot be avoided.
    await town.check(repeats=total // 4)

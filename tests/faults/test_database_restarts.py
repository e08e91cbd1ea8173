"""R7: PostgreSQL stops, or is killed, in the middle of a load."""

import asyncio
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from fediverse_support.database import embedded


@pytest.fixture
def server(fast_folder):
    """A server of this test's own, to be stopped at will."""
    base = Path(tempfile.mkdtemp(prefix="fs-faults-", dir=fast_folder))
    base.chmod(0o711)
    settings = {"fsync": "off", "full_page_writes": "off"}
    found = embedded.start(base / "data", lambda _: None, settings=settings)
    yield found
    found.stop()
    embedded.remove(base / "data")
    shutil.rmtree(base, ignore_errors=True)


@pytest.mark.parametrize(
    "end", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL], ids=["fast", "immediate", "kill -9"]
)
async def test_r7_nothing_is_acknowledged_without_a_database_and_nothing_is_lost(
    server, make_town, until, end
):
    town = await make_town(server.dsn)
    web, worker = await town.start("web"), await town.start("worker")
    await web.ready()
    done = asyncio.Event()
    loading = asyncio.create_task(town.load(web, done.is_set))
    await town.acknowledges(20)
    await town.works(worker)
    signal_server(server, end)
    await until(lambda: town.ledger.statuses()[503] >= 8)
    refusals = [headers for _, status, headers in town.ledger.answers if status == 503]
    assert all(int(headers["retry-after"]) >= 1 for headers in refusals)
    before = len(town.ledger.acknowledged)
    down = [status for _, status, _ in town.ledger.answers[-5:]]
    assert 202 not in down
    await asyncio.to_thread(server.launch, lambda _: None)
    await town.acknowledges(before + 20)
    done.set()
    await loading
    await town.pool.expire_connections()
    await town.cut_leases()
    await town.drained()
    await town.check(repeats=64)
    assert set(town.ledger.statuses()) <= {202, 503}, town.ledger.statuses()
    assert (web.process.returncode, worker.process.returncode) == (None, None)


def signal_server(server, number):
    assert server.pid is not None
    os.kill(server.pid, number)

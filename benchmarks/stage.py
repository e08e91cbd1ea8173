"""A community to measure: a data folder, an embedded database, and programs started as they are in earnest."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from fediverse_support.core.settings import Settings
from fediverse_support.database import embedded, migrations

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Stage:
    """Where a community runs: its settings, its database, and the environment for its programs."""

    settings: Settings
    dsn: str
    environment: dict[str, str]

    @property
    def port(self) -> int:
        """The port of the web server."""
        return int(self.settings.bind.rpartition(":")[2])


@asynccontextmanager
async def built(folder: Path) -> AsyncIterator[Stage]:
    """A migrated, empty community at a free port of this machine."""
    port = free_port()
    environment = {
        **os.environ,
        "FS_DOMAIN": f"bench.localhost:{port}",
        "FS_ORIGIN": f"http://bench.localhost:{port}",
        "FS_BIND": f"127.0.0.1:{port}",
        "FS_DATA_DIR": str(folder / "data"),
        "FS_OUTBOUND_ALLOW_PRIVATE": "127.0.0.0/8",
        "FS_OUTBOUND_ALLOW_HTTP": "on",
        "FS_LOG": "json",
    }
    settings = Settings(
        domain=environment["FS_DOMAIN"],
        origin=environment["FS_ORIGIN"],
        bind=environment["FS_BIND"],
        data_dir=environment["FS_DATA_DIR"],
        outbound_allow_private="127.0.0.0/8",
        outbound_allow_http=True,
    )
    server = await asyncio.to_thread(embedded.start, folder / "data", lambda _: None)
    try:
        connection = await asyncpg.connect(server.dsn)
        await migrations.apply(connection, migrations.folder(), lambda _: None)
        await connection.close()
        yield Stage(settings, server.dsn, {**environment, "DATABASE_URL": server.dsn})
    finally:
        await asyncio.to_thread(server.stop)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for one run, on disk: the durability of commits is part of what is measured."""
    with tempfile.TemporaryDirectory(prefix="fs-bench-", dir="/var/tmp") as name:
        place = Path(name)
        place.chmod(0o711)
        yield place


@contextmanager
def program(arguments: list[str], environment: dict[str, str], port: int) -> Iterator[int]:
    """Run a program until the block ends; gives its process number once it answers on `port`."""
    process = subprocess.Popen(
        [sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _give_a_core_of_its_own(process.pid)
    try:
        _until_answering(process, port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def cpu_seconds(pid: int) -> float:
    """The CPU time that a process has used so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def cpu_seconds_of(name: str) -> float:
    """The CPU time that all processes of this name have used so far, with those of theirs that ended."""
    total = 0.0
    for place in Path("/proc").iterdir():
        try:
            if place.name.isdecimal() and (place / "comm").read_text().strip() == name:
                fields = (place / "stat").read_text().rpartition(")")[2].split()
                total += sum(int(field) for field in fields[11:15]) / _TICKS
        except OSError:
            continue  # It ended while we looked.
    return total


def resident_megabytes(pid: int) -> float:
    """The memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def keep_aside() -> None:
    """Let this process, and what it starts from now on (PostgreSQL), leave the first core to the programs.

    Else what is measured is mostly how they get into each other's way.
    """
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {min(cores)})


def _give_a_core_of_its_own(pid: int) -> None:
    first = next(iter(sorted(os.sched_getaffinity(os.getppid()))))
    os.sched_setaffinity(pid, {first})


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_answering(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            raise SystemExit(f"The program ended at once: {said[-2000:]}")
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("The program did not answer within a minute.")

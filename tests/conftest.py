"""What every test may ask for: a fresh, migrated database, and settings.

One PostgreSQL serves the whole run, all workers together: the embedded one; with `TEST_POSTGRES_BIN` (a
`bin` folder) another version, started by us in the same way; with `TEST_DATABASE_URL` a server that
runs already, whose role may create databases. A database is a copy of a migrated template.
"""

import asyncio
import itertools
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import hypothesis
import pytest

from fediverse_support.core.errors import Misconfigured, Unavailable
from fediverse_support.core.settings import Settings
from fediverse_support.database import embedded, migrations, pool

hypothesis.settings.register_profile("house", derandomize=True, deadline=None, max_examples=60, database=None)
hypothesis.settings.load_profile("house")

FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "max_connections": "100"}
"""Tests kill processes, never the machine: what the kernel has is safe enough here."""


class TestServer:
    """The server of this run and the template in it. Lives in the process that starts the workers."""

    __test__ = False

    def __init__(self) -> None:
        self.prefix = f"fs_test_{secrets.token_hex(4)}"
        self._folder: Path | None = None
        self._server: embedded.Server | None = None
        self.url = os.environ.get("TEST_DATABASE_URL") or self._start()
        asyncio.run(self._make_template())

    def _start(self) -> str:
        self._folder = Path(tempfile.mkdtemp(prefix="fs-tests-", dir=fastest_folder()))
        self._folder.chmod(0o711)
        binaries = os.environ.get("TEST_POSTGRES_BIN")
        self._server = embedded.start(
            self._folder, lambda _: None, settings=FAST, binaries=Path(binaries) if binaries else None
        )
        return self._server.dsn

    async def _make_template(self) -> None:
        await execute(self.url, f'create database "{self.prefix}"')
        connection = await asyncpg.connect(named(self.url, self.prefix))
        try:
            await migrations.apply(connection, migrations.folder(), lambda _: None)
        finally:
            await connection.close()

    async def _drop_all(self) -> None:
        connection = await asyncpg.connect(self.url)
        rows = await connection.fetch(
            "select datname from pg_database where starts_with(datname, $1)", self.prefix
        )
        for row in rows:
            await connection.execute(f'drop database "{row["datname"]}" with (force)')
        await connection.close()

    def stop(self) -> None:
        """Stop what was started; on a server of others, drop what was made."""
        if self._server is not None and self._folder is not None:
            self._server.stop()
            shutil.rmtree(self._folder, ignore_errors=True)
        else:
            asyncio.run(self._drop_all())


def fastest_folder() -> str:
    """Memory where there is enough of it: a copy of the template takes 20 ms there and 400 ms on a disk."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2_000_000_000 else "/tmp"


def named(url: str, database: str) -> str:
    """`url` with another database in it."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def execute(url: str, statement: str) -> None:
    """Run one statement on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


SERVER = pytest.StashKey[TestServer]()


def started(config: pytest.Config) -> dict[str, str]:
    """Start the server if this run has none yet; gives where it is, or why there is none."""
    if SERVER not in config.stash:
        try:
            config.stash[SERVER] = TestServer()
        except (Misconfigured, Unavailable, OSError, asyncpg.PostgresError) as trouble:
            return {"trouble": str(trouble)}
    server = config.stash[SERVER]
    return {"url": server.url, "prefix": server.prefix}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Tell each worker of xdist about the one server."""
    node.workerinput["database"] = started(node.config)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker by which `make test-postgres15` chooses."""
    config.addinivalue_line("markers", "database: uses a database; set by itself")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a database."""
    for item in items:
        if {"database_url", "make_database_url"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server with the run."""
    if SERVER in config.stash:
        config.stash[SERVER].stop()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How much of each type of server's documents was understood, as `tests/protocol` recorded it."""
    lines = [
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in getattr(report, "user_properties", [])
        if name == "understood"
    ]
    if lines:
        terminalreporter.section("documents of other servers")
        terminalreporter.write_line(f"{'documents of':<18}{'seen':>6}{'understood':>12}{'shape':>9}  refused")
        for line in sorted(lines):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> dict[str, str]:
    """Where the server of this run is (`url`) and how its template is called (`prefix`)."""
    given = getattr(request.config, "workerinput", {}).get("database") or started(request.config)
    if "trouble" in given:
        if os.environ.get("TEST_DATABASE_URL") or os.environ.get("TEST_POSTGRES_BIN"):
            pytest.fail(f"The database asked for cannot be used: {given['trouble']}")
        pytest.skip(f"no database: {given['trouble']}")
    return given


@pytest.fixture(scope="session")
def fast_folder() -> str:
    """Where folders for databases are best made."""
    return fastest_folder()


NUMBERS = itertools.count()


@pytest.fixture
async def database_url(server: dict[str, str]) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database of this test's own."""
    name = f"{server['prefix']}_{os.getpid()}_{next(NUMBERS)}"
    await execute(server["url"], f'create database "{name}" template "{server["prefix"]}" strategy file_copy')
    yield named(server["url"], name)
    await execute(server["url"], f'drop database "{name}" with (force)')


@pytest.fixture
async def make_database_url(server: dict[str, str]) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes fresh, migrated databases, for tests with several communities."""
    made: list[str] = []

    async def make() -> str:
        name = f"{server['prefix']}_{os.getpid()}_{next(NUMBERS)}"
        await execute(
            server["url"], f'create database "{name}" template "{server["prefix"]}" strategy file_copy'
        )
        made.append(name)
        return named(server["url"], name)

    yield make
    for name in made:
        await execute(server["url"], f'drop database "{name}" with (force)')


@pytest.fixture
async def empty_database_url(server: dict[str, str]) -> AsyncIterator[str]:
    """The URL of a database without any table."""
    name = f"{server['prefix']}_{os.getpid()}_{next(NUMBERS)}"
    await execute(server["url"], f'create database "{name}"')
    yield named(server["url"], name)
    await execute(server["url"], f'drop database "{name}" with (force)')


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of a community at https://garden.example with a data folder of its own."""
    return Settings(domain="garden.example", origin="https://garden.example", data_dir=str(tmp_path / "data"))


@pytest.fixture
async def database(database_url: str, settings: Settings) -> AsyncIterator[pool.Pool]:
    """A pool on a fresh, migrated database."""
    found = await pool.connect(settings, database_url)
    yield found
    found.terminate()


@pytest.fixture
async def connection(database: pool.Pool) -> AsyncIterator[pool.Connection]:
    """A connection to a fresh, migrated database, outside any transaction."""
    async with pool.acquire(database) as found:
        yield found

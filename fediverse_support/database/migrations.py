"""Migrations: plain SQL files, forward only, each applied exactly once and never changed again.

`migrations/0007_deliveries.sql` runs in one transaction with the row that records it. A file whose first
line is `-- no-transaction` runs statement by statement instead (for `create index concurrently`): each
of its statements ends with `;` at the end of a line and must be safe to run again, because a crash
between the last of them and the record makes them run again.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec

from fediverse_support.core.errors import Misconfigured
from fediverse_support.database.pool import Connection

Progress = Callable[[str], None]

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_LOCK = 0x66656469766572  # any number, as long as it stays the same for ever
_LOOK_EVERY = 0.2
_A_DAY = 86400.0

_TABLE = """
    create table if not exists applied_migrations (
        number integer primary key,
        name text not null,
        checksum text not null,
        applied_at timestamptz not null default now()
    )
"""
_RECORD = "insert into applied_migrations (number, name, checksum) values ($1, $2, $3)"


class Migration(msgspec.Struct, frozen=True):
    """One file; or, from the table, what is remembered of it (then without `sql`)."""

    number: int
    name: str
    checksum: str
    sql: str = ""

    @property
    def is_transactional(self) -> bool:
        """Whether the file runs as one transaction."""
        return not self.sql.startswith("-- no-transaction")


def folder() -> Path:
    """Where the migrations lie: inside the installed package, else beside it in the repository."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "_migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def read(place: Path) -> list[Migration]:
    """The migrations in `place`, in order. Raises `Misconfigured` for a wrong name, a gap or a double."""
    found: list[Migration] = []
    for file in sorted(place.glob("*.sql")):
        name = _NAME.fullmatch(file.name)
        if name is None or int(name[1]) != len(found) + 1:
            raise Misconfigured(
                f"{file.name} in {place} should be number {len(found) + 1:04}, with a name in lower case."
            )
        sql = file.read_text("utf-8").replace("\r\n", "\n")
        found.append(Migration(int(name[1]), file.name, hashlib.sha256(sql.encode()).hexdigest(), sql))
    if not found:
        raise Misconfigured(f"There are no migrations in {place}: the installation is not complete.")
    return found


async def applied(connection: Connection) -> list[Migration]:
    """What has been applied to this database, in order; empty for a new one."""
    if await connection.fetchval("select to_regclass('applied_migrations')") is None:
        return []
    rows = await connection.fetch("select number, name, checksum from applied_migrations order by number")
    return [Migration(**row) for row in rows]


async def pending(connection: Connection, place: Path) -> list[Migration]:
    """What `apply` would apply now.

    Raises `Misconfigured` when an applied file was changed, or the database is newer than this program.
    """
    files, done = read(place), await applied(connection)
    for file, record in zip(files, done, strict=False):
        if (file.number, file.checksum) != (record.number, record.checksum):
            raise Misconfigured(
                f"{file.name} is not what was applied to this database as {record.name}. Applied migrations "
                "never change: bring the file back, and put what is new into the next number."
            )
    if len(done) > len(files):
        raise Misconfigured(
            f"This database has {done[-1].name}, which this program does not know: "
            "it was used by a newer version. Install that version or restore a backup."
        )
    return files[len(done) :]


async def apply(
    connection: Connection, place: Path, progress: Progress, *, upto: int | None = None
) -> list[Migration]:
    """Apply what is pending (up to number `upto`), one program at a time; gives what was applied.

    Safe to run again and from several programs at once. Raises `Misconfigured` naming the file that
    failed; the ones before it stay applied.
    """
    done = []
    async with _alone(connection, progress):
        await connection.execute(_TABLE)
        for migration in await pending(connection, place):
            if upto is not None and migration.number > upto:
                break
            progress(f"Migrating the database: {migration.name}")
            await _apply_one(connection, migration)
            done.append(migration)
    return done


@asynccontextmanager
async def _alone(connection: Connection, progress: Progress) -> AsyncIterator[None]:
    # Asked for again and again, not waited for: a waiting statement holds a snapshot, and
    # `create index concurrently` in the program that has the lock would wait for that snapshot for ever.
    told = False
    while not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
        if not told:
            progress("Waiting for another program that is migrating this database …")
            told = True
        await asyncio.sleep(_LOOK_EVERY)
    try:
        await connection.execute("set statement_timeout = 0")
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("reset statement_timeout")
            await connection.fetchval("select pg_advisory_unlock($1)", _LOCK)


async def _apply_one(connection: Connection, migration: Migration) -> None:
    record = (migration.number, migration.name, migration.checksum)
    try:
        if migration.is_transactional:
            async with connection.transaction():
                await connection.execute(migration.sql, timeout=_A_DAY)
                await connection.execute(_RECORD, *record)
            return
        for statement in re.split(r"(?<=;)[ \t]*\n", migration.sql):
            if re.sub(r"--[^\n]*", "", statement).strip():
                await connection.execute(statement, timeout=_A_DAY)
        await connection.execute(_RECORD, *record)
    except asyncpg.PostgresError as error:
        raise Misconfigured(f"{migration.name} could not be applied: {error}.") from error

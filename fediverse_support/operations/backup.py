"""A backup: one consistent file with the database, the media and the key to the secrets in it.

All tables are read in one snapshot, so the file shows one moment although the server goes on working.
Media come after it: what the snapshot names is there, and what came later does no harm.
"""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from fediverse_support import __version__
from fediverse_support.core.errors import Misconfigured
from fediverse_support.core.settings import Settings
from fediverse_support.database import migrations, transfer
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.operations import archive

Progress = Callable[[str], None]


async def backup(settings: Settings, pool: Pool, file: Path, progress: Progress, *, now: datetime) -> None:
    """Write a backup of the running or stopped community to `file`, which must not exist yet.

    The file is readable by its owner only and not encrypted: whoever has it has everything. Raises
    `Misconfigured` when it cannot be written; then nothing stays behind. `Unavailable` as `acquire`.
    """
    with archive.Writer(file) as writer:
        async with acquire(pool) as connection:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await transfer.begin_reading(connection)
                done = await migrations.applied(connection)
                if not done:
                    raise Misconfigured("This database is empty: there is nothing to back up.")
                columns = await _add_tables(connection, writer, progress)
                sequences = await transfer.sequences(connection)
        _add_media(settings.data_path / "media", writer, progress)
        _add_secret(settings.secret_key_path, writer, progress)
        writer.finish(
            archive.Manifest(
                format=archive.FORMAT,
                made_at=now,
                program=__version__,
                domain=settings.domain,
                migrations=[archive.Applied(item.number, item.name, item.checksum) for item in done],
                columns=columns,
                sequences=sequences,
                members=writer.members,
            )
        )
    progress(
        f"Backed up to {file}. It holds every secret of this community: keep it where only you can read it."
    )


async def _add_tables(
    connection: Connection, writer: archive.Writer, progress: Progress
) -> dict[str, list[str]]:
    found = await transfer.tables(connection)
    for table in found:
        before = len(writer.members)

        async def take(rows: bytes, name: str = table.name, before: int = before) -> None:
            writer.add(f"tables/{name}/{len(writer.members) - before:06}", rows)

        await transfer.read_out(connection, table, take)
        size = sum(member.size for member in writer.members[before:])
        progress(f"Table {table.name}: {size:,} bytes")
    return {table.name: table.columns for table in found}


def _add_media(folder: Path, writer: archive.Writer, progress: Progress) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    for path in files:
        try:
            with path.open("rb") as source:
                size = os.fstat(source.fileno()).st_size
                writer.add_stream(f"media/{path.relative_to(folder).as_posix()}", source, size)
        except FileNotFoundError:
            continue  # deleted since the folder was listed: then the snapshot is the older one
    progress(f"Media: {len(files):,} files")


def _add_secret(path: Path, writer: archive.Writer, progress: Progress) -> None:
    if path.is_file():
        writer.add(archive.SECRET, path.read_bytes())
    else:
        progress(f"There is no secret key in {path}: what it sealed will not open after a restore.")

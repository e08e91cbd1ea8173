"""A restore: a backup into an empty database, all of it or nothing.

The file is read twice: once to check every part against the manifest, before anything is changed, and
once to load it, in one transaction.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from fediverse_support.core.errors import Misconfigured
from fediverse_support.core.settings import Settings
from fediverse_support.database import migrations, transfer
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.operations import archive

Progress = Callable[[str], None]


async def restore(settings: Settings, pool: Pool, file: Path, progress: Progress) -> None:
    """Load the backup `file` into the database of `pool` and the data folder of `settings`.

    A database of an older version is brought up to date. Raises `Misconfigured`, having changed nothing,
    when the file is damaged, belongs to another community or a newer version, or the database holds
    something already. Interrupted, it can be run again.
    """
    progress("Checking the backup …")
    manifest = archive.verify(file)
    if manifest.domain != settings.domain:
        raise Misconfigured(
            f"This is a backup of {manifest.domain}, and FS_DOMAIN is {settings.domain}. A community "
            "cannot change its name: other servers know its people and posts by it."
        )
    _check_versions(manifest)
    async with acquire(pool) as connection:
        await _check_empty(connection)
        place = migrations.folder()
        await migrations.apply(connection, place, progress, upto=manifest.migrations[-1].number)
        async with connection.transaction():
            await _load(settings, connection, file, manifest, progress)
        await migrations.apply(connection, place, progress)
    progress(f"Restored what {manifest.domain} was at {manifest.made_at:%Y-%m-%d %H:%M} UTC.")


def _check_versions(manifest: archive.Manifest) -> None:
    ours = {(item.number, item.name, item.checksum) for item in migrations.read(migrations.folder())}
    for item in manifest.migrations:
        if (item.number, item.name, item.checksum) not in ours:
            raise Misconfigured(
                f"The backup was made by version {manifest.program}, whose {item.name} this version "
                "does not have: install that version or a later one."
            )


async def _check_empty(connection: Connection) -> None:
    filled = await transfer.first_filled(connection)
    if filled is not None:
        raise Misconfigured(
            f"The database is not empty (there are rows in {filled}): restore into a new one. "
            "Without DATABASE_URL, that is another FS_DATA_DIR."
        )


async def _load(
    settings: Settings, connection: Connection, file: Path, manifest: archive.Manifest, progress: Progress
) -> None:
    await transfer.begin_reading(connection)
    put_back = await transfer.open_up(connection)
    current = ""
    for part in archive.parts(file):
        kind, _, rest = part.name.partition("/")
        if kind == "tables":
            table = rest.partition("/")[0]
            if table != current:
                progress(f"Table {table}")
                current = table
            await transfer.write_in(connection, table, manifest.columns[table], part.read())
        elif kind == "media":
            _write(settings.data_path / "media" / rest, part)
        elif part.name == archive.SECRET:
            _restore_secret(settings.secret_key_path, part, progress)
    await transfer.set_sequences(connection, manifest.sequences)
    await transfer.close_up(connection, put_back)


def _write(path: Path, part: archive.Part) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.partial")
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            shutil.copyfileobj(part, target)
            target.flush()
            os.fsync(target.fileno())
        partial.rename(path)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written ({error.strerror}).") from error


def _restore_secret(path: Path, part: archive.Part, progress: Progress) -> None:
    """Put the key of the backup in place; another key that lies there is kept beside it."""
    if path.exists():
        aside = path.with_name(f"{path.name}.before-restore")
        if not aside.exists():
            path.rename(aside)
            progress(f"The key that was in {path} is now in {aside}.")
    _write(path, part)

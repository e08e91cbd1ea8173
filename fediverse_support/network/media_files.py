"""The files of pictures, in the data folder. Their names are random numbers that we gave them, nothing else.

media/           what people here have added: made anew, without a trace of where it was taken
media-copies/    what others show, fetched for our readers; kept for some days, in no backup
media-incoming/  what was uploaded and nobody has looked at yet, as it came; in no backup either
"""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from fediverse_support.core.errors import Misconfigured, Unavailable
from fediverse_support.core.pictures import VARIANTS, Picture, Variant
from fediverse_support.core.settings import Settings
from fediverse_support.protocol.media_addresses import PUBLIC_ID

Shelf = Literal["media", "media-copies", "media-incoming"]
OWN: Shelf = "media"
COPIES: Shelf = "media-copies"
INCOMING: Shelf = "media-incoming"
SHELVES: tuple[Shelf, ...] = (OWN, COPIES, INCOMING)
_RAW = "raw"


class MediaFiles(msgspec.Struct, frozen=True):
    """The three folders in `data`. Every change is on the disk, or not at all, before a call returns."""

    data: Path

    def path(self, shelf: Shelf, public_id: str, variant: Variant) -> Path:
        """Where a file is, or would be."""
        return self._path(shelf, public_id, variant)

    async def keep(self, shelf: Shelf, public_id: str, picture: Picture) -> None:
        """Write both files of a picture. Safe to run twice. Raises `Unavailable` where there is no room."""
        await asyncio.to_thread(self._write, self._path(shelf, public_id, "original"), picture.original.body)
        await self.keep_preview(shelf, public_id, picture)

    async def keep_preview(self, shelf: Shelf, public_id: str, picture: Picture) -> None:
        """Write the small file only. Raises as `keep`."""
        await asyncio.to_thread(self._write, self._path(shelf, public_id, "preview"), picture.preview.body)

    async def receive(self, public_id: str, body: bytes) -> None:
        """Keep an upload as it came, until somebody looks at it. Raises as `keep`."""
        await asyncio.to_thread(self._write, self._path(INCOMING, public_id, _RAW), body)

    async def received(self, public_id: str) -> bytes | None:
        """An upload as it came; None if it is not there any more."""
        try:
            return await asyncio.to_thread(self._path(INCOMING, public_id, _RAW).read_bytes)
        except OSError:
            return None

    async def remove(self, public_id: str, shelves: tuple[Shelf, ...] = SHELVES) -> None:
        """Remove everything of a picture. Safe to run twice."""
        await asyncio.to_thread(self._remove, public_id, shelves)

    async def strays(self, before: datetime) -> list[str]:
        """The pictures of which a file was last written before `before`: does anything need them?"""
        return await asyncio.to_thread(lambda: sorted(set(self._older(before))))

    def _path(self, shelf: Shelf, public_id: str, name: str) -> Path:
        if not PUBLIC_ID.fullmatch(public_id) or name not in (*VARIANTS, _RAW):
            raise Misconfigured(f"{shelf} keeps no file of this name.")
        return self.data / shelf / public_id[:2] / f"{public_id}.{name}"

    def _write(self, path: Path, body: bytes) -> None:
        partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(path)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise Unavailable("There is no room for pictures just now. Please try again later.") from None

    def _remove(self, public_id: str, shelves: tuple[Shelf, ...]) -> None:
        for shelf in shelves:
            for name in (*VARIANTS, _RAW):
                self._path(shelf, public_id, name).unlink(missing_ok=True)

    def _older(self, before: datetime) -> Iterator[str]:
        for shelf in SHELVES:
            for path in (self.data / shelf).glob("??/*"):
                with contextlib.suppress(OSError):
                    name = path.name.partition(".")[0]
                    if path.stat().st_mtime < before.timestamp() and PUBLIC_ID.fullmatch(name):
                        if path.suffix == ".partial":
                            path.unlink()
                        else:
                            yield name


def files_of(settings: Settings) -> MediaFiles:
    """The files of the community of `settings`. Raises `Misconfigured` for storage that we lack."""
    if settings.media_url:
        raise Misconfigured(
            "FS_MEDIA_URL is set, and this version keeps pictures in the data folder only. Leave it away."
        )
    return MediaFiles(settings.data_path)


KEEP_UPLOADS = timedelta(hours=24)
"""How long what was uploaded and stands in no post is kept."""
KEEP_FOR_REDRAFT = timedelta(hours=1)
"""How long of that the pictures of a post are kept that its author has deleted to write it anew."""
KEEP_COPIES = timedelta(days=7)
"""How long a copy of somebody else's picture is kept before it is fetched again, if anybody looks at it."""

"""The file of a backup: a compressed tar that any tool opens.

    tables/posts/000001      rows of a table in PostgreSQL's text format, some megabytes a piece
    media/…                  the media folder
    secret.key               what the secrets in the tables were sealed with
    manifest.json            last: what made it, and size and SHA-256 of everything above

The manifest comes last because only then everything is known, so a file that was cut off has none.
"""

import hashlib
import io
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from fediverse_support.core.errors import Misconfigured

FORMAT = 1
MANIFEST = "manifest.json"
SECRET = "secret.key"  # noqa: S105
_NAME = re.compile(r"tables/[a-z0-9_]+/\d{6}|secret\.key|manifest\.json|media(/(?!\.\.?(/|$))[^/\0]+)+")
_DAMAGED = (tarfile.TarError, EOFError, OSError, zlib.error)


class Member(msgspec.Struct, frozen=True):
    """One part of the file."""

    name: str
    size: int
    sha256: str


class Applied(msgspec.Struct, frozen=True):
    """A migration that the database of the backup had."""

    number: int
    name: str
    checksum: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    format: int
    made_at: datetime
    program: str
    domain: str
    migrations: list[Applied]
    columns: dict[str, list[str]]
    sequences: dict[str, int | None]
    members: list[Member]


class Writer:
    """A backup that is being written; it gets its name only when `finish` was reached.

    Used as a context manager: left in any other way, nothing stays behind. The file may be read by its
    owner only, because it holds everything.
    """

    def __init__(self, file: Path) -> None:
        self.members: list[Member] = []
        self._file = file
        self._partial = file.with_name(f"{file.name}.partial")

    def __enter__(self) -> "Writer":
        if self._file.exists():
            raise Misconfigured(f"{self._file} is there already: choose another name.")
        try:
            descriptor = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise Misconfigured(f"{self._file} cannot be written ({error.strerror}).") from None
        os.fchmod(descriptor, 0o600)
        self._raw = os.fdopen(descriptor, "wb")
        self._tar = tarfile.open(fileobj=self._raw, mode="w|gz", format=tarfile.PAX_FORMAT)
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._tar, self._raw):
            with suppress(OSError):  # closing writes what is buffered, and a full disk is full still
                stream.close()
        self._partial.unlink(missing_ok=True)

    def add(self, name: str, data: bytes) -> None:
        """Add a part from memory."""
        self.add_stream(name, io.BytesIO(data), len(data))

    def add_stream(self, name: str, source: IO[bytes], size: int) -> None:
        """Add a part of exactly `size` bytes from `source`."""
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        part = Part(name, size, source)
        try:
            self._tar.addfile(entry, part)
        except OSError as error:
            raise Misconfigured(f"The backup could not be written to the end: {error}.") from error
        self.members.append(Member(name, size, part.digest.hexdigest()))

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest, make sure that all is on the disk, and give the file its name."""
        self.add(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        try:
            self._tar.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
        except OSError as error:
            raise Misconfigured(f"The backup could not be written to the end: {error}.") from error
        self._partial.rename(self._file)


def verify(file: Path) -> Manifest:
    """Read the whole file and compare every part with the manifest; changes nothing.

    Raises `Misconfigured` when the file is cut off, damaged, or not a backup that we can read.
    """
    found: list[Member] = []
    manifest = b""
    for part in parts(file):
        if manifest:
            raise Misconfigured(f"{file} goes on after its end.")
        if part.name == MANIFEST:
            manifest = part.read()
            continue
        while part.read(1 << 20):
            pass
        found.append(Member(part.name, part.size, part.digest.hexdigest()))
    if not manifest:
        raise Misconfigured(f"{file} was cut off, or is not a backup: its manifest is missing.")
    return _checked(file, manifest, found)


def parts(file: Path) -> "Iterator[Part]":
    """The parts of the file, to be read in order. Raises `Misconfigured` where it is damaged."""
    try:
        with tarfile.open(file, "r|gz") as tar:
            for entry in tar:
                source = tar.extractfile(entry) if entry.isreg() and _NAME.fullmatch(entry.name) else None
                if source is None:
                    raise Misconfigured(f"{file} holds {entry.name!r}, which no backup of ours does.")
                yield Part(entry.name, entry.size, source)
    except FileNotFoundError:
        raise Misconfigured(f"There is no file {file}.") from None
    except _DAMAGED as error:
        raise Misconfigured(f"{file} is damaged or not a backup: {error}.") from error


class Part:
    """One part of the file, as a stream that remembers the SHA-256 of what was read from it."""

    def __init__(self, name: str, size: int, source: IO[bytes]) -> None:
        self.name = name
        self.size = size
        self.digest = hashlib.sha256()
        self._source = source

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises `Misconfigured` where the file is damaged."""
        try:
            data = self._source.read(size)
        except _DAMAGED as error:
            raise Misconfigured(f"{self.name} in the backup is damaged: {error}.") from error
        self.digest.update(data)
        return data


def _checked(file: Path, text: bytes, found: list[Member]) -> Manifest:
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise Misconfigured(f"The manifest of {file} cannot be read: {error}.") from error
    if manifest.format != FORMAT:
        raise Misconfigured(f"{file} was made by a newer version ({manifest.program}): install that one.")
    for promised, there in zip(manifest.members, found, strict=False):
        if promised != there:
            raise Misconfigured(f"{file} is damaged: {promised.name} is not what was backed up.")
    if len(manifest.members) != len(found):
        raise Misconfigured(f"{file} is damaged: it holds {len(found)} parts of {len(manifest.members)}.")
    return manifest

"""Reading what a form sent, within bounds."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from fediverse_support.core.errors import Malformed, TooLarge, WrongType
from fediverse_support.core.pictures import LARGEST_FILE

LARGEST = 512 * 1024
"""20,000 characters outside ASCII, percent-encoded, fit well."""
LARGEST_UPLOAD = 4 * 1024 * 1024
"""A list of 60,000 domains with all columns."""
LARGEST_PICTURE = LARGEST_FILE + LARGEST
"""A picture, and what a form puts around it."""
MOST_FIELDS = 100
"""A group has up to 40 rules, of two fields each."""
SLOWEST = 20.0
"""Seconds that a form may take to arrive."""

_LOCAL_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9/_.~@:%?=&#+-]{0,8000}")


class Form(msgspec.Struct, frozen=True):
    """The fields of a form, and the files of one that takes them. A field that was not sent is empty."""

    fields: Mapping[str, str]
    files: Mapping[str, bytes] = {}
    file_names: Mapping[str, str] = {}

    def text(self, name: str) -> str:
        """Several lines, with Unix line ends, as they were written."""
        return self.fields.get(name, "").replace("\r\n", "\n").replace("\r", "\n")

    def line(self, name: str) -> str:
        """One line: line ends and outer blanks are taken away."""
        return " ".join(self.fields.get(name, "").split())

    def secret(self, name: str) -> str:
        """A password, untouched."""
        return self.fields.get(name, "")

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.fields.get(name))

    def uploaded(self, name: str) -> str:
        """The text of a file, empty for none. Raises `Malformed` for what is no text."""
        try:
            text = self.files.get(name, b"").decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Malformed("This file is not text in UTF-8. Save it as UTF-8 and choose it again.") from None
        return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")

    def file_name(self, name: str) -> str:
        """What the file is called where it came from, on one line; empty for none."""
        return " ".join(self.file_names.get(name, "").split())

    def path(self, name: str, otherwise: str = "/") -> str:
        """A path on this server, or `otherwise` for anything that could lead away."""
        return local_path(self.fields.get(name, ""), otherwise)


def number_in(text: str) -> int | None:
    """One of our numbers, out of a path or a field; None for whatever the database could not hold.

    >>> number_in("117660616146267807"), number_in("-1"), number_in("9" * 30)
    (117660616146267807, None, None)
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


async def read(request: Request) -> Form:
    """The form in the body of `request`.

    Raises `WrongType`, `TooLarge` or `Malformed`. Only URL-encoded forms are taken: the multipart parser has
    no business with strangers' bytes.
    """
    if _kind(request) != "application/x-www-form-urlencoded":
        raise WrongType("Please use the form on the page.")
    body = await _body(request)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace"
        )
    except ValueError:
        raise Malformed("The form could not be read.") from None
    # PostgreSQL cannot store a NUL character.
    return Form({name: value.replace("\x00", "\N{REPLACEMENT CHARACTER}") for name, value in pairs})


async def read_upload(request: Request, largest: int = LARGEST_UPLOAD) -> Form:
    """A form with one file, of somebody who is signed in: nobody else may send one.

    Up to `largest` bytes, all in memory: nothing is written to a disk. Raises as `read` does.
    """
    if _kind(request) != "multipart/form-data":
        raise WrongType("Please use the form on the page.")
    body = await _body(request, largest)

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        sent = await _InMemory(
            request.headers, whole(), max_files=1, max_fields=MOST_FIELDS, max_part_size=largest
        ).parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise Malformed("The form could not be read.") from None
    fields, files, names = dict[str, str](), dict[str, bytes](), dict[str, str]()
    for name, value in sent.multi_items():
        if isinstance(value, UploadFile):
            files[name] = await value.read()
            names[name] = value.filename or ""
        else:
            fields[name] = value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return Form(fields, files, names)


class _InMemory(MultiPartParser):
    """Starlette's parser, which else would write what is larger than a mebibyte to a disk."""

    spool_max_size = LARGEST_PICTURE


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


async def _body(request: Request, largest: int = LARGEST) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > largest:
        raise TooLarge("This is longer than we take.")
    chunks, size = [], 0
    try:
        async with asyncio.timeout(SLOWEST):
            async for chunk in request.stream():
                size += len(chunk)
                if size > largest:
                    raise TooLarge("This is longer than we take.")
                chunks.append(chunk)
    except TimeoutError:
        raise Malformed("The form did not arrive in time.") from None
    return b"".join(chunks)


def local_path(path: str, otherwise: str = "/") -> str:
    """`path` if it stays on this server, else `otherwise` (X3: `//evil` and `/\\evil` lead away)."""
    return path if _LOCAL_PATH.fullmatch(path) else otherwise

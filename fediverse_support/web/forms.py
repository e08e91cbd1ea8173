"""Reading what a form sent, within bounds."""

import asyncio
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from fediverse_support.core.errors import Malformed, TooLarge, WrongType

LARGEST = 512 * 1024
"""20,000 characters outside ASCII, percent-encoded, fit well."""
MOST_FIELDS = 100
"""A group has up to 40 rules, of two fields each."""
SLOWEST = 20.0
"""Seconds that a form may take to arrive."""

_LOCAL_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9/_.~@:%?=&#+-]{0,3000}")


class Form(msgspec.Struct, frozen=True):
    """The fields of a form. A field that was not sent is empty."""

    fields: Mapping[str, str]

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

    def path(self, name: str, otherwise: str = "/") -> str:
        """A path on this server, or `otherwise` for anything that could lead away."""
        return local_path(self.fields.get(name, ""), otherwise)


async def read(request: Request) -> Form:
    """The form in the body of `request`.

    Raises `WrongType`, `TooLarge` or `Malformed`. Only URL-encoded forms are taken: nothing here uploads a
    file, so the multipart parser has no business with strangers' bytes.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
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


async def _body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > LARGEST:
        raise TooLarge("This is longer than we take.")
    chunks, size = [], 0
    try:
        async with asyncio.timeout(SLOWEST):
            async for chunk in request.stream():
                size += len(chunk)
                if size > LARGEST:
                    raise TooLarge("This is longer than we take.")
                chunks.append(chunk)
    except TimeoutError:
        raise Malformed("The form did not arrive in time.") from None
    return b"".join(chunks)


def local_path(path: str, otherwise: str = "/") -> str:
    """`path` if it stays on this server, else `otherwise` (X3: `//evil` and `/\\evil` lead away)."""
    return path if _LOCAL_PATH.fullmatch(path) else otherwise

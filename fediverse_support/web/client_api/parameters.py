"""What a client sent, wherever it put it.

Apps send parameters in the query, as JSON, as a form or as multipart, for every method, with Rails' names:
`a[]`, `a[b]`, `a[0]`, `a[][b]`. All of it becomes one tree; what stands in the body goes before the query.
What is unknown is ignored, and JSON null is as if it were not there.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from fediverse_support.core.errors import Malformed, Missing, TooLarge

LARGEST = 1024 * 1024
LARGEST_UPLOAD = 41 * 1024 * 1024
"""40 MiB of media and what a form puts around it."""
MOST = 1_000
"""Names in one request."""
DEEPEST = 8
SLOWEST = 60.0
"""Seconds that a body may take to arrive: an upload over a bad line."""
LARGEST_NUMBER = 2**63 - 1

_FALSE = frozenset(("false", "0", "f", "off", "no"))
_PART = re.compile(r"\[([^\[\]]*)\]")
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


class Upload(msgspec.Struct, frozen=True):
    """A file as it was sent; its name and type are only what the client says."""

    name: str
    media_type: str
    body: bytes


class Params:
    """The parameters of one call as a tree. Every reader takes what clients send for what they mean."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self._tree = tree

    def has(self, name: str) -> bool:
        """Whether anything was sent under this name."""
        return self._tree.get(name) is not None

    def maybe(self, name: str) -> str | None:
        """The text, or None if nothing was sent. Of several the last counts. Raises `Malformed`."""
        value = _last(self._tree.get(name))
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return str(value)
        if not isinstance(value, str):
            raise Malformed(f"{name} must be a text.")
        return value

    def text(self, name: str, default: str = "") -> str:
        """The text, or `default` if nothing was sent. Raises `Malformed`."""
        value = self.maybe(name)
        return default if value is None else value

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        """Yes or no as Rails reads it: empty is nothing, a few words are no, all else is yes."""
        value = _last(self._tree.get(name))
        if value is None or value == "":
            return default
        if isinstance(value, str):
            return value.lower() not in _FALSE
        return bool(value)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number, brought within its bounds; `default` for nothing. Raises `Malformed`."""
        value = self.maybe(name)
        if value is None or value == "":
            return default
        if not re.fullmatch(r"-?\d{1,30}", value, re.ASCII):
            raise Malformed(f"{name} must be a whole number.")
        return max(least, min(int(value), most))

    def id(self, name: str) -> int | None:
        """One of our numbers; None if nothing was sent. Raises `Missing` for what cannot be one."""
        value = self.maybe(name)
        return None if value is None or value == "" else id_in(value)

    def ids(self, name: str) -> list[int]:
        """Several of our numbers, each once; what cannot be one is left out."""
        found = (number for text in self.texts(name) if (number := as_id(text)) is not None)
        return list(dict.fromkeys(found))

    def texts(self, name: str) -> list[str]:
        """Several texts: a list, or one alone. Raises `Malformed`."""
        return [_text_of(name, item) for item in _items(self._tree.get(name)) if item is not None]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Several trees: `a[0][x]`, `a[][x]` or a JSON list of objects. What is no tree is left out."""
        return [item for item in _items(self._tree.get(name)) if isinstance(item, dict)]

    def within(self, name: str) -> "Params":
        """The tree below a name, empty if nothing was sent there."""
        value = self._tree.get(name)
        return Params(value if isinstance(value, dict) else {})

    def tree(self) -> dict[str, Any]:
        """All of it, for who keeps it as it is. Changing it is up to them."""
        return self._tree

    def file(self, name: str) -> Upload | None:
        """A file, None if none was sent under this name."""
        value = _last(self._tree.get(name))
        return value if isinstance(value, Upload) else None


def as_id(text: str) -> int | None:
    """One of our numbers; None for what the database could not hold."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        return None
    number = int(text)
    return number if number <= LARGEST_NUMBER else None


def id_in(text: str) -> int:
    """The same, raising `Missing`: there is no such thing here."""
    number = as_id(text)
    if number is None:
        raise Missing("Record not found")
    return number


async def read(request: Request, *, largest_form: int = LARGEST) -> Params:
    """Everything that `request` carries; a multipart form up to `largest_form` bytes.

    Raises `Malformed` or `TooLarge`.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    pairs: list[tuple[str, Any]] = _pairs(request.scope["query_string"].decode("latin-1"))
    tree = expand(pairs)
    if request.method in ("GET", "HEAD") and "content-length" not in request.headers:
        return Params(tree)
    if kind == "multipart/form-data":
        return Params(tree | expand(await _multipart(request, largest_form)))
    body = await _body(request, LARGEST)
    return Params(tree | _of_body(body, kind))


def expand(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Flat names in Rails' manner as a tree. Raises `Malformed` for more than any app sends.

    >>> expand([("a[]", "1"), ("a[]", "2"), ("b[c]", "3"), ("d[0][x]", "4"), ("d[1][x]", "5")])
    {'a': ['1', '2'], 'b': {'c': '3'}, 'd': {'0': {'x': '4'}, '1': {'x': '5'}}}
    """
    tree: dict[str, Any] = {}
    for number, (name, value) in enumerate(pairs):
        if number >= MOST:
            raise Malformed("These are more parameters than this takes.")
        found = _NAME.fullmatch(name)
        path = [found[1], *_PART.findall(found[2])] if found else [name]
        if len(path) > DEEPEST:
            raise Malformed("These parameters are too deep.")
        _put(tree, path, value)
    return tree


def _put(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    name, rest = path[0], path[1:]
    if not rest:
        # A name that comes again is a list where a list is wanted, and else the last.
        known = tree.get(name)
        tree[name] = value if known is None else [*(known if isinstance(known, list) else [known]), value]
        return
    if rest[0] == "":
        known = tree.get(name)
        items = known if isinstance(known, list) else []
        tree[name] = items
        _append(items, rest[1:], value)
        return
    below = tree.get(name)
    if not isinstance(below, dict):
        below = tree[name] = {}
    _put(below, rest, value)


def _append(items: list[Any], rest: Sequence[str], value: Any) -> None:
    """`a[]` is one more; `a[][b]` belongs to the last one until that has a `b` (Rails)."""
    if not rest:
        items.append(value)
        return
    if not items or not isinstance(items[-1], dict) or rest[0] in items[-1]:
        items.append({})
    _put(items[-1], rest, value)


def _of_body(body: bytes, kind: str) -> dict[str, Any]:
    """JSON where it says so or looks like it, else a form: some clients name the wrong type, or none."""
    if not body.strip():
        return {}
    if kind.endswith("json") or (kind in ("", "text/plain") and body.lstrip()[:1] == b"{"):
        return _json(body)
    return expand(_pairs(body.decode("utf-8", "replace")))


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, json.JSONDecodeError):
        raise Malformed("This is not JSON.") from None
    if not isinstance(found, dict):
        raise Malformed("The JSON must be an object.")
    # A client may send names in Rails' manner in JSON too, and PostgreSQL cannot store a NUL character.
    cleaned = _cleaned(found, 0)
    return expand(cleaned.items()) if any("[" in name for name in cleaned) else cleaned


def _cleaned(value: Any, depth: int) -> Any:
    if depth > DEEPEST + 2:
        raise Malformed("This JSON is too deep.")
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, list):
        if len(value) > MOST:
            raise Malformed("These are more parameters than this takes.")
        return [_cleaned(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(name): _cleaned(item, depth + 1) for name, item in value.items() if item is not None}
    return value


def _pairs(text: str) -> list[tuple[str, Any]]:
    try:
        found = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST, errors="replace")
    except ValueError:
        raise Malformed("These are more parameters than this takes.") from None
    return [(name, value.replace("\x00", "\N{REPLACEMENT CHARACTER}")) for name, value in found]


async def _multipart(request: Request, largest: int) -> list[tuple[str, Any]]:
    """A form with files, all in memory: nothing that a stranger sends is written to a disk."""
    body = await _body(request, largest)

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parser = _InMemory(
            request.headers, whole(), max_files=4, max_fields=MOST, max_part_size=LARGEST_UPLOAD
        )
        sent = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise Malformed("The form could not be read.") from None
    return [(name, await _value(value)) for name, value in sent.multi_items()]


async def _value(value: UploadFile | str) -> Upload | str:
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return Upload(value.filename or "", value.content_type or "", await value.read())


class _InMemory(MultiPartParser):
    """Starlette's parser, which else would write what is larger than a mebibyte to a disk."""

    spool_max_size = LARGEST_UPLOAD


async def _body(request: Request, largest: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > largest:
        raise TooLarge("This is larger than this server takes.")
    chunks, size = [], 0
    try:
        async with asyncio.timeout(SLOWEST):
            async for chunk in request.stream():
                size += len(chunk)
                if size > largest:
                    raise TooLarge("This is larger than this server takes.")
                chunks.append(chunk)
    except TimeoutError:
        raise Malformed("This did not arrive in time.") from None
    return b"".join(chunks)


def _last(value: Any) -> Any:
    if isinstance(value, list):
        return value[-1] if value else None
    return value


def _items(value: Any) -> list[Any]:
    """A list, however it was written: also with numbers as names, in their order."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        if all(name.isdigit() and len(name) < 6 for name in value):
            return [value[name] for name in sorted(value, key=int)]
        return [value]
    return [value]


def _text_of(name: str, item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int | float):
        return str(item)
    if not isinstance(item, str):
        raise Malformed(f"{name} must be texts.")
    return item

"""The one door through which JSON enters, and the one by which it leaves.

What passes is certain to be a JSON object that is small, shallow and storable: PostgreSQL refuses NUL and
lone surrogates, and keeps `1e400` only to hand it back as infinity. So such things are mended or refused
here, once, and nothing behind this door has to think of them again.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from fediverse_support.core.errors import Malformed, TooLarge

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
REPLACEMENT = rb"\ufffd"
LARGEST_INTEGER = 2**63 - 1
LARGEST_FLOAT = 1e308

_NOT_STRUCTURE = bytes(set(range(256)) - set(b"[]{},:"))
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NOT_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_ESCAPE = re.compile(
    rb"\\(?:(?P<bad>u0000)"
    rb"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|.)",
    re.DOTALL,
)
_LONG_NUMBER = re.compile(rb"[0-9][eE]\+?[0-9]{3}|[0-9]{19}")
_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one document may ask of us: bytes, levels of nesting, tokens, characters in a string."""

    size: int = 1 << 20
    depth: int = 32
    tokens: int = 20_000
    string: int = 200_000
    refuse_duplicates: bool = False


INBOUND = Limits(refuse_duplicates=True)
"""For signed bodies: two readers of one signature must not see two different actors."""

FETCHED = Limits()
"""For documents that we asked for ourselves."""


def read(raw: bytes, limits: Limits = INBOUND) -> dict[str, Any]:
    """The JSON object in `raw`, which is UTF-8 with or without a byte order mark.

    NUL and lone surrogates become U+FFFD. Refused: other encodings, anything that is not an object, numbers
    that PostgreSQL or other readers would change (beyond 64 bits, from 1e308 up, NaN, Infinity), and with
    `refuse_duplicates` a name that stands twice *in the outermost object*. Further in the last one wins,
    as with every other reader: Lemmy's Announce of a Page carries `id` twice inside its object.

    Raises `TooLarge` beyond the limits of size and `Malformed` for all else.
    """
    if len(raw) > limits.size:
        raise TooLarge(f"This document is larger than {limits.size} bytes.")
    raw = raw.removeprefix(BYTE_ORDER_MARK)
    outside = _outside_strings(raw)
    _check_shape(outside, limits)
    if _UNSTORABLE.search(raw):
        raw = _ESCAPE.sub(_mended, raw)
    document = _decoded(raw)
    if limits.refuse_duplicates and outside.count(b":") != _members(document):
        _check_outermost_names(raw)
    if len(raw) > limits.string or _has_long_number(outside):
        _check_values(document, limits)
    return document


def write(value: object) -> bytes:
    """`value` as compact UTF-8 JSON. Raises `Malformed` for what JSON cannot hold."""
    try:
        return _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.EncodeError) as error:
        raise Malformed("This value cannot be written as JSON.") from error


def _outside_strings(raw: bytes) -> bytes:
    r"""What stands outside of the strings in `raw`: brackets, commas, colons, numbers and words.

    Dropping first `\\` and then `\"` leaves only quotes that open or close a string; every second piece
    between them is outside. This costs a few microseconds, and needs no stack.
    """
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(raw.split(b'"')[::2])


def _check_shape(outside: bytes, limits: Limits) -> None:
    """Refuse too many parts or too many levels, before a decoder would meet them."""
    if len(outside) > limits.tokens and len(outside.translate(None, _NOT_STRUCTURE)) > limits.tokens:
        raise TooLarge(f"This document has more than {limits.tokens} parts.")
    brackets = outside.translate(None, _NOT_BRACKETS)
    if len(brackets) <= limits.depth:
        return
    depth = 0
    for bracket in brackets:
        depth += _STEPS[bracket]
        if depth > limits.depth:
            raise Malformed(f"This document is nested more than {limits.depth} levels deep.")


def _has_long_number(outside: bytes) -> bool:
    """Whether a number may be beyond 64 bits or near 1e308; a cheap no for nearly every document."""
    digits = outside.translate(None, _NOT_DIGITS)
    return len(digits) > 3 and _LONG_NUMBER.search(outside) is not None


def _mended(found: re.Match[bytes]) -> bytes:
    return REPLACEMENT if found["bad"] or found["lone"] else found[0]


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        document = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("This is not valid JSON in UTF-8.") from None
    if not isinstance(document, dict):
        raise Malformed("This JSON document is not an object.")
    return document


def _members(document: dict[str, Any]) -> int:
    """How many names stand in all objects of `document`."""
    total = 0
    values: list[Any] = [document]
    for value in values:  # The list grows while it is read: no stack, whatever the depth.
        if type(value) is dict:
            total += len(value)
            values.extend(value.values())
        elif type(value) is list:
            values.extend(value)
    return total


def _check_outermost_names(raw: bytes) -> None:
    """Refuse a name that stands twice in the outermost object, which `json` closes last."""
    names: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        nonlocal names
        names = [name for name, _ in pairs]

    json.loads(raw, object_pairs_hook=note, parse_int=str, parse_float=str)
    if len(names) != len(set(names)):
        raise Malformed("A name stands twice in this document.")


def _check_values(document: dict[str, Any], limits: Limits) -> None:
    for value in _leaves(document):
        if isinstance(value, str):
            if len(value) > limits.string:
                raise TooLarge(f"A text in this document is longer than {limits.string} characters.")
        elif isinstance(value, int):
            if not -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER:
                raise Malformed("A number in this document is beyond 64 bits.")
        elif isinstance(value, float) and not -LARGEST_FLOAT < value < LARGEST_FLOAT:
            raise Malformed("A number in this document is too large.")


def _leaves(document: dict[str, Any]) -> Iterator[object]:
    """Every name and every value that is neither object nor array."""
    values: list[Any] = [document]
    for value in values:
        if isinstance(value, dict):
            values.extend(value.values())
            yield from value
        elif isinstance(value, list):
            values.extend(value)
        else:
            yield value

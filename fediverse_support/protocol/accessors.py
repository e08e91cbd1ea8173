"""Tolerant readers of single values: each takes what any peer sends for one property, and gives one form.

None of them raises anything but `Malformed`, and only those say so that read an id. What cannot be used is
left out: a number among the addressees (NodeBB), `null` where a list belongs (PieFed), a date that is none.
"""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import Any

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.urls import Gate
from fediverse_support.protocol.vocabulary import PUBLIC, Document

PUBLIC_ALIASES = frozenset({PUBLIC, "as:Public", "Public"})
LONGEST_TYPE = 100
LONGEST_ARRAY = 1000

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,30}))?)?"
    r"\s?([Zz]|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}", re.ASCII)


def many(value: object, limit: int = LONGEST_ARRAY) -> list[Any]:
    """`value` as a list without nulls, cut at `limit`: a single thing is a list of one, null an empty one."""
    if isinstance(value, list):
        return [item for item in islice(value, limit) if item is not None]
    return [] if value is None else [value]


def text(document: Document, key: str, limit: int) -> str | None:
    """The text under `key` or in its language map (`nameMap` for `name`), cut at `limit`; None if empty."""
    value = next((item for item in many(document.get(key), 8) if isinstance(item, str)), None)
    if value is None:
        value = next((found for _, found in translations(document, key)), None)
    return value[:limit] or None if value is not None else None


def translations(document: Document, key: str) -> Iterator[tuple[str, str]]:
    """The (language, text) pairs of `contentMap` and its like, in their order."""
    found = document.get(f"{key}Map")
    if isinstance(found, dict):
        for tag, value in islice(found.items(), 50):
            if isinstance(value, str):
                yield tag, value


def types_of(document: Document) -> list[str]:
    """The types that `document` names, without an `as:` before them."""
    return [
        value.removeprefix("as:")
        for value in many(document.get("type"), 8)
        if isinstance(value, str) and 0 < len(value) <= LONGEST_TYPE
    ]


def type_of(document: Document, known: Collection[str] = ()) -> str:
    """The one type: of several the first that is `known`, else the first. Raises `Malformed` if none."""
    found = types_of(document)
    if not found:
        raise Malformed("This document has no type.")
    return next((value for value in found if value in known), found[0])


def is_a(value: object, types: Collection[str]) -> bool:
    """Whether `value` is an object that names one of `types`."""
    return isinstance(value, dict) and any(name in types for name in types_of(value))


def own_id(document: Document, gate: Gate) -> str:
    """The id of `document` itself: one acceptable URL as a string, nothing else. Raises `Malformed`.

    Stricter than every other reader here on purpose: a list or an object in place of an id is how one
    document passes for two.
    """
    return gate.check(document.get("id"))


def reference(value: object, gate: Gate) -> str | None:
    """The id that `value` is or carries: a URL, an object with an `id`, a Link with `href`, or the first.

    None where there is no acceptable one.
    """
    for item in many(value, 8):
        found = _reference(item, gate)
        if found is not None:
            return found
    return None


def only_reference(value: object, gate: Gate) -> str:
    """The one id in `value`, for properties that give authority. Raises `Malformed` for none or several."""
    items = many(value, 2)
    found = _reference(items[0], gate) if len(items) == 1 else None
    if found is None:
        raise Malformed("This document must name exactly one actor.")
    return found


def references(value: object, gate: Gate, limit: int = LONGEST_ARRAY) -> tuple[str, ...]:
    """All ids in `value`, each once, in their order, at most `limit` of them."""
    found = (_reference(item, gate) for item in many(value, limit))
    return tuple(dict.fromkeys(item for item in found if item is not None))


def addressees(document: Document, key: str, gate: Gate) -> tuple[str, ...]:
    """The ids under `to`, `cc` or `audience`, with every spelling of Public as its full URL."""
    found = (
        PUBLIC if isinstance(item, str) and item in PUBLIC_ALIASES else _reference(item, gate)
        for item in many(document.get(key))
    )
    return tuple(dict.fromkeys(item for item in found if item is not None))


def embedded(value: object) -> Document | None:
    """The first object in `value`, or None."""
    return next((item for item in many(value, 8) if isinstance(item, dict)), None)


def moment(value: object) -> datetime | None:
    """A date and time in UTC, from RFC 3339 with any number of decimals; no zone means UTC, no time midnight.

    None for what is no date or lies outside of the years 1 to 9999.
    """
    found = _MOMENT.fullmatch(value) if isinstance(value, str) and len(value) <= 64 else None
    if found is None:
        return None
    year, month, day, hour, minute, second, decimals, zone = found.groups()
    micro = int((decimals or "0")[:6].ljust(6, "0"))
    leap = second == "60"  # datetime knows no leap second; the last one before it is near enough.
    try:
        parts = (int(year), int(month), int(day), int(hour or 0), int(minute or 0))
        return datetime(*parts, 59 if leap else int(second or 0), micro, _zone(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def flag(value: object) -> bool | None:
    """True or false, also when written as text; None when it is neither."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def count(value: object) -> int | None:
    """A number of things, never below zero nor beyond 31 bits; None when it is no whole number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return min(max(0, value), 2**31 - 1)


def language(value: object) -> str | None:
    """A language tag as `en` or `pt-BR`, also out of Lemmy's `{identifier, name}`; None if undetermined."""
    for item in many(value, 8):
        tag = item.get("identifier") if isinstance(item, dict) else item
        if isinstance(tag, str) and _LANGUAGE.fullmatch(tag) and tag.lower() != "und":
            primary, *rest = tag.replace("_", "-").split("-")
            return "-".join([primary.lower(), *rest])
    return None


def _reference(item: object, gate: Gate) -> str | None:
    if isinstance(item, dict):
        item = item.get("id") if item.get("id") is not None else item.get("href")
    if not isinstance(item, str):
        return None
    try:
        return gate.check(item)
    except Malformed:
        return None


def _zone(zone: str | None) -> timezone:
    if zone is None or zone in "Zz":
        return UTC
    minutes = int(zone[1:3]) * 60 + int(zone[3:].lstrip(":") or 0)
    return timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))

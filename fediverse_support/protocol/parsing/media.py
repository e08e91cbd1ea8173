"""Links, pictures and attachments: `url` may be text, a Link, or an array of either."""

import re
from collections.abc import Iterator

from fediverse_support.protocol.accessors import count, embedded, many, reference, text, types_of
from fediverse_support.protocol.urls import Gate
from fediverse_support.protocol.vocabulary import Attachment, Document

LONGEST_ALT = 10_000
MOST_ATTACHMENTS = 16
MOST_LINKS = 16
LONGEST_WORD = 200
BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}")
"""Letters of its base 83."""


def best_link(value: object, id: str, gate: Gate) -> str | None:
    """The address of the page for people: on the host of `id` rather than elsewhere, HTML rather than not."""

    def rank(item: object) -> tuple[bool, bool]:
        is_page = not isinstance(item, dict) or item.get("mediaType") in (None, "text/html")
        return gate.same_origin(_address(item, gate) or "", id), is_page

    usable = [item for item in many(value, MOST_LINKS) if _address(item, gate) is not None]
    return _address(max(usable, key=rank), gate) if usable else None


def picture(value: object, gate: Gate) -> str | None:
    """The address of an icon or image: text, an Image with `url`, or the first of several."""
    for item in many(value, MOST_LINKS):
        found = _file(item, gate)
        if found is not None:
            return found
    return None


def attachments(value: object, gate: Gate) -> Iterator[Attachment]:
    """The files and links in `value`; what has no acceptable address is left out."""
    for item in many(value, MOST_ATTACHMENTS):
        address = _file(item, gate)
        if address is not None and isinstance(item, dict):
            yield _attachment(item, address)
        elif address is not None:
            yield Attachment(url=address, type="Link")


def _attachment(item: Document, address: str) -> Attachment:
    link = embedded(item.get("url")) or {}
    return Attachment(
        url=address,
        type=next(iter(types_of(item)), "Link"),
        media_type=text(item, "mediaType", LONGEST_WORD) or text(link, "mediaType", LONGEST_WORD),
        alt=text(item, "name", LONGEST_ALT) or text(item, "summary", LONGEST_ALT),
        width=count(item.get("width")),
        height=count(item.get("height")),
        blurhash=_blurhash(text(item, "blurhash", LONGEST_WORD)),
        focus=_focus(item.get("focalPoint")),
    )


def _blurhash(value: str | None) -> str | None:
    """What can be a blurhash: apps crash on anything else."""
    return value if value and BLURHASH.fullmatch(value) else None


def _focus(value: object) -> tuple[float, float] | None:
    """Mastodon's `focalPoint`: two numbers from -1 to 1, from the middle to the right and up."""
    if not (isinstance(value, list) and len(value) == 2):
        return None
    x, y = value
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in (x, y)):
        return None
    return (float(x), float(y)) if -1 <= x <= 1 and -1 <= y <= 1 else None


def _file(item: object, gate: Gate) -> str | None:
    """Where the bytes are: `href` of a Link, `url` of an Image, or the text itself. Never an `id`."""
    if not isinstance(item, dict):
        return reference(item, gate)
    return _address(item, gate) or next(
        (found for entry in many(item.get("url"), MOST_LINKS) if (found := _address(entry, gate))), None
    )


def _address(item: object, gate: Gate) -> str | None:
    value = item.get("href") if isinstance(item, dict) else item
    return reference(value, gate) if isinstance(value, str) else None

"""Keeping documents below what every peer takes: Misskey refuses a body of more than 64 KiB."""

import msgspec

from fediverse_support.core.markup import excerpt
from fediverse_support.core.markup.scanning import escape
from fediverse_support.protocol.rendering.context import Json

LARGEST_ACTIVITY = 64 * 1024
LARGEST_NOTE = LARGEST_ACTIVITY - 8 * 1024
_EXCERPT = 5_000


def fitted(note: Json) -> Json:
    """`note` itself, or with less in it, so that it is at most `LARGEST_NOTE` bytes of JSON.

    First goes `contentMap`, which says `content` again (`language` stays), then `source`, and of a post that
    is still too long the beginning is left with a link to the rest. The same post always gives the same Note.
    """
    for reduced in (note, _without(note, "contentMap"), _without(note, "contentMap", "source")):
        if size(reduced) <= LARGEST_NOTE:
            return reduced
    shortened = _without(note, "contentMap", "source")
    return {**shortened, "content": _beginning(note["content"], note["url"])}


def size(document: Json) -> int:
    """The bytes of `document` as JSON."""
    return len(msgspec.json.encode(document))


def _without(note: Json, *names: str) -> Json:
    return {name: value for name, value in note.items() if name not in names}


def _beginning(html: str, url: str) -> str:
    link = escape(url)
    return f'<p>{escape(excerpt(html, _EXCERPT))}</p><p><a href="{link}">{link}</a></p>'

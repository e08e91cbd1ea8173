"""What is attached to a post of another server, as we keep it: its words, and for pictures the name of the
copy that we may make. Nothing is fetched before somebody looks at it (`media.copy`)."""

from collections.abc import Iterator
from typing import Any

from fediverse_support.community.pictures.media import LONGEST_ALT, is_picture
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Post
from fediverse_support.protocol.vocabulary import Attachment, PostDocument


def of_document(document: PostDocument, known: Post | None = None) -> tuple[dict[str, Any], ...]:
    """The attachments of `document`. A picture that `known`, the post before, had keeps its copy."""
    copies = {item["url"]: item for item in (known.attachments if known else ()) if item.get("public_id")}
    return tuple(_stored(document, copies))


def _stored(document: PostDocument, copies: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in document.attachments:
        stored = {
            "type": item.type if item.is_media else "Link",
            "url": item.url,
            "media_type": item.media_type,
            "alt": safe_text(item.alt or "", LONGEST_ALT),
        }
        if stored["type"] != "Link" and is_picture(item.media_type, item.type):
            # Twice the same picture in a post is two copies: each is known by its own name.
            stored |= _named(copies.pop(item.url, None)) | _shape(item)
        yield stored


def _named(before: dict[str, Any] | None) -> dict[str, Any]:
    if before is not None:
        return {name: before[name] for name in ("media_id", "public_id", "secret")}
    return {"media_id": str(new_id()), "public_id": new_public_id(), "secret": new_public_id()}


def _shape(item: Attachment) -> dict[str, Any]:
    """What its server says of a picture: apps keep a place of the right shape until the copy is made."""
    shape = {"width": item.width, "height": item.height, "blurhash": item.blurhash, "focus": item.focus}
    return {name: value for name, value in shape.items() if value}

"""MediaAttachment, field by field (mastodon-api.md §4.7)."""

from datetime import datetime
from typing import Any

from fediverse_support.core import clock
from fediverse_support.database.media import Media
from fediverse_support.protocol import media_addresses
from fediverse_support.protocol.site import Site
from fediverse_support.web.services import Services

Json = dict[str, Any]


def of(
    services: Services,
    attachment: Json,
    *,
    is_public: bool = False,
    page: str | None = None,
    now: datetime | None = None,
) -> Json:
    """What stands on a post, from how it is stored there.

    `is_public`: everybody may see the post; of all others the addresses open for some minutes only. `page`:
    where the post is on its own server: there lead sounds and films, of which we keep no copies. No address
    of a picture is ever that of another server: readers' apps would tell it who looks at what.
    """
    if not media_addresses.is_kept(attachment):
        return _elsewhere(attachment, page)
    proof_at = None if is_public else now or clock.now()
    site = services.site
    return {
        "id": str(attachment.get("media_id") or "0"),
        "type": "image",
        "url": media_addresses.of_item(site, attachment, "original", proof_at),
        "preview_url": media_addresses.of_item(site, attachment, "preview", proof_at),
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": _meta(
            attachment.get("width"),
            attachment.get("height"),
            attachment.get("preview"),
            attachment.get("focus"),
        ),
        "description": attachment.get("alt") or None,
        "blurhash": attachment.get("blurhash"),
    }


def uploaded(site: Site, media: Media, now: datetime) -> Json:
    """A picture for whoever has uploaded it; without addresses while nobody has looked at it yet."""
    is_ready = media.state == "ready"
    original = media_addresses.address(site, media.public_id, "original", media.media_type, media.version)
    preview = media_addresses.address(site, media.public_id, "preview", media.preview_type, media.version)
    url, small = (
        media_addresses.proven(each, media.public_id, media.secret, now) if is_ready else None
        for each in (original, preview)
    )
    sizes = {"width": media.preview_width, "height": media.preview_height}
    return {
        "id": str(media.id),
        "type": "image",
        "url": url,
        "preview_url": small,
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": _meta(media.width, media.height, sizes, (media.focus_x, media.focus_y)) if is_ready else {},
        "description": media.alt or None,
        "blurhash": media.blurhash,
    }


def _elsewhere(attachment: Json, page: str | None) -> Json:
    return {
        "id": str(attachment.get("media_id") or "0"),
        "type": "unknown",
        "url": page or attachment["url"],
        "preview_url": None,
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": {},
        "description": attachment.get("alt") or None,
        "blurhash": None,
    }


def _meta(width: Any, height: Any, preview: Any, focus: Any) -> Json:
    """Sizes as far as they are known; apps take the middle where nothing is said of a focus."""
    meta: Json = {}
    if width and height:
        meta["original"] = _sized(width, height)
    if preview and preview.get("width") and preview.get("height"):
        meta["small"] = _sized(preview["width"], preview["height"])
    x, y = focus or (0.0, 0.0)
    meta["focus"] = {"x": float(x), "y": float(y)}
    return meta


def _sized(width: int, height: int) -> Json:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}

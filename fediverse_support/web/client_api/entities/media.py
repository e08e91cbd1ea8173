"""MediaAttachment, field by field (mastodon-api.md §4.7)."""

from typing import Any

from fediverse_support.web.services import Services


def of(services: Services, attachment: dict[str, Any]) -> dict[str, Any]:
    """What stands on a post, from how it is stored there."""
    return {
        "id": str(attachment.get("media_id") or "0"),
        "type": "unknown",
        "url": attachment["url"],
        "preview_url": None,
        "remote_url": attachment["url"],
        "preview_remote_url": None,
        "text_url": None,
        "meta": {},
        "description": attachment.get("alt") or None,
        "blurhash": attachment.get("blurhash"),
    }

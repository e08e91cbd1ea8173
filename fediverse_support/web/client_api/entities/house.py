"""The community itself as apps read it: instance v1 and v2, its rules, announcements and texts.

No numbers are told: how many people a small support community has is revealing in itself. Where a number must
stand it is 0. What an app may send is told with the bounds that the program holds itself to.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from fediverse_support import __version__
from fediverse_support.accounts import members
from fediverse_support.community.house.announcements import Shown
from fediverse_support.community.people import profiles
from fediverse_support.community.pictures import media
from fediverse_support.community.posts import polls, posts, reacting
from fediverse_support.core import pictures
from fediverse_support.core.settings import Settings
from fediverse_support.database.community import Community
from fediverse_support.database.house_rules import GroupRule, HouseRule
from fediverse_support.database.house_texts import HouseText
from fediverse_support.protocol.site import Site
from fediverse_support.web.client_api.entities.moments import maybe_moment, moment
from fediverse_support.web.rendering import static_url

Json = dict[str, Any]

VERSION = f"4.4.0 (compatible; fediverse-support {__version__})"
"""Apps read the first three characters as a number, and switch things on by it."""
API_VERSION = 6
"""Grouped notifications, PKCE and aes128gcm; no quotes (mastodon-api.md §4.1)."""

URL_LENGTH = 23
"""So much does any address count for in a post."""
LANGUAGES = ("en",)
THUMBNAIL_HASH = "LBRfXr%M~W-;_3j[WBj[~Wj[4nWB"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of the community besides what never changes. `contact`: the account of who looks after
    it; `push_key`: what web push is signed with; `is_closed`: it takes only the servers on its list."""

    house: Community
    rules: Sequence[Json]
    contact: Json | None
    push_key: str
    has_privacy: bool
    has_terms: bool
    is_closed: bool


def instance_v2(site: Site, settings: Settings, facts: Facts) -> Json:
    """`GET /api/v2/instance`."""
    return {
        "domain": site.domain,
        "title": facts.house.title,
        "version": VERSION,
        "source_url": f"{site.origin}/about",
        "description": facts.house.tagline,
        "usage": {"users": {"active_month": 0}},
        "thumbnail": _thumbnail(site),
        "icon": _icons(site),
        "languages": list(facts.house.languages or LANGUAGES),
        "configuration": _configuration_v2(site, facts),
        "registrations": _registrations(settings),
        "api_versions": {"mastodon": API_VERSION},
        "contact": {"email": facts.house.contact_email, "account": facts.contact},
        "rules": list(facts.rules),
    }


def instance_v1(site: Site, settings: Settings, facts: Facts) -> Json:
    """`GET /api/v1/instance`, which older apps ask first."""
    return {
        "uri": site.domain,
        "title": facts.house.title,
        "short_description": facts.house.tagline,
        "description": facts.house.tagline,
        "email": facts.house.contact_email,
        "version": VERSION,
        "urls": {"streaming_api": streaming_url(site)},
        "stats": {"user_count": 0, "status_count": 0, "domain_count": 0},
        "thumbnail": _picture(site, "thumbnail.png"),
        "languages": list(facts.house.languages or LANGUAGES),
        "registrations": settings.registration in ("open", "approval"),
        "approval_required": settings.registration == "approval",
        "invites_enabled": False,
        "configuration": _configuration(),
        "max_toot_chars": posts.LONGEST,
        "contact_account": facts.contact,
        "rules": list(facts.rules),
    }


def streaming_url(site: Site) -> str:
    """Where web sockets are opened; apps add the path."""
    return f"ws{site.origin.removeprefix('http')}"


def rule(one: HouseRule) -> Json:
    """A rule of the whole community."""
    return {"id": str(one.id), "text": one.title, "hint": one.details_source, "translations": {}}


def group_rule(one: GroupRule) -> Json:
    """A rule of one group, with its name before it: apps show all rules in one list."""
    return {
        "id": str(one.id),
        "text": f"{one.group_title}: {one.title}",
        "hint": one.details_source,
        "translations": {},
    }


def announcement(shown: Shown) -> Json:
    """Words for every member, with the emojis below them."""
    one = shown.announcement
    return {
        "id": str(one.id),
        "content": one.html.strip(),
        "starts_at": maybe_moment(one.starts_at),
        "ends_at": maybe_moment(one.ends_at),
        "all_day": one.all_day,
        "published_at": moment(one.published_at),
        "updated_at": moment(one.updated_at),
        "read": shown.is_read,
        "mentions": [],
        "statuses": [],
        "tags": [],
        "emojis": [],
        "reactions": [
            {"name": below.emoji, "count": below.number, "me": below.is_mine} for below in shown.reactions
        ],
    }


def text(one: HouseText) -> Json:
    """How data is treated."""
    return {"updated_at": moment(one.updated_at), "content": one.html.strip()}


def terms(one: HouseText, succeeded_by: str | None, now: datetime) -> Json:
    """One version of the terms."""
    return {
        "effective_date": one.effective_on.isoformat(),
        "effective": one.effective_on <= now.astimezone(UTC).date(),
        "content": one.html.strip(),
        "succeeded_by": succeeded_by,
    }


def _configuration() -> Json:
    return {
        "accounts": {
            "max_featured_tags": 10,
            "max_pinned_statuses": reacting.MOST_PINS,
            "max_profile_fields": profiles.MOST_FIELDS,
            "profile_field_name_limit": profiles.LONGEST_FIELD,
            "profile_field_value_limit": profiles.LONGEST_FIELD,
            "max_note_length": members.ABOUT_LENGTH,
            "max_display_name_length": members.DISPLAY_NAME_LENGTH,
            "max_avatar_description_length": media.LONGEST_ALT,
            "max_header_description_length": media.LONGEST_ALT,
        },
        "statuses": {
            "max_characters": posts.LONGEST,
            "max_media_attachments": media.MOST_IN_A_POST,
            "characters_reserved_per_url": URL_LENGTH,
        },
        "media_attachments": {
            "supported_mime_types": list(pictures.TAKEN),
            "description_limit": media.LONGEST_ALT,
            "image_size_limit": pictures.LARGEST_FILE,
            "image_matrix_limit": pictures.MOST_PIXELS,
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": polls.MOST_ANSWERS,
            "max_characters_per_option": polls.LONGEST_ANSWER,
            "min_expiration": int(polls.SHORTEST.total_seconds()),
            "max_expiration": int(polls.LONGEST.total_seconds()),
        },
    }


def _configuration_v2(site: Site, facts: Facts) -> Json:
    return {
        **_configuration(),
        "urls": {
            "streaming": streaming_url(site),
            "status": None,
            "about": f"{site.origin}/about",
            "privacy_policy": f"{site.origin}/about/privacy" if facts.has_privacy else None,
            "terms_of_service": f"{site.origin}/about/terms" if facts.has_terms else None,
        },
        "vapid": {"public_key": facts.push_key},
        "translation": {"enabled": False},
        "timelines_access": {
            "live_feeds": {"local": "public", "remote": "public"},
            "hashtag_feeds": {"local": "public", "remote": "public"},
            "trending_link_feeds": {"local": "disabled", "remote": "disabled"},
        },
        "limited_federation": facts.is_closed,
    }


def _registrations(settings: Settings) -> Json:
    return {
        "enabled": settings.registration in ("open", "approval"),
        "approval_required": settings.registration == "approval",
        "reason_required": False,
        "message": None,
        "min_age": None,
        "url": None,
    }


def _thumbnail(site: Site) -> Json:
    picture = _picture(site, "thumbnail.png")
    return {
        "url": picture,
        "blurhash": THUMBNAIL_HASH,
        "versions": {"@1x": picture, "@2x": picture},
        "description": "A house with an open door",
    }


def _icons(site: Site) -> list[Mapping[str, str]]:
    return [{"src": _picture(site, f"icon-{size}.png"), "size": f"{size}x{size}"} for size in (48, 192, 512)]


def _picture(site: Site, name: str) -> str:
    return f"{site.origin}{static_url(name)}"

"""The shapes of what is answered, as JSON schemas: the fields without which an app fails.

    SCHEMAS     one for each entity, by its name in the documentation of Mastodon
    of_answer   what an address answers; anything at all for those that are not named here

Each says which fields must be there and of what kind they are (mastodon-api.md §4). More may come: apps
ignore what they do not know.
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

ID: Json = {"type": "string", "pattern": "^[0-9]{1,19}$"}
MOMENT: Json = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
DAY: Json = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
ADDRESS: Json = {"type": "string", "pattern": "^https?://[^ ]+$"}
TEXT: Json = {"type": "string"}
FLAG: Json = {"type": "boolean"}
NUMBER: Json = {"type": "string", "pattern": r"^\d+$"}
COUNT: Json = {"type": "integer", "minimum": 0}
ANYTHING: Json = {}
EMPTY: Json = {"type": "object"}


def _maybe(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _many(item: Json) -> Json:
    return {"type": "array", "items": item}


def _object(required: Mapping[str, Json], **optional: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": {**required, **optional}}


def _one_of(*words: str) -> Json:
    return {"type": "string", "enum": list(words)}


_ACCOUNT: dict[str, Json] = {
    "id": ID,
    "username": TEXT,
    "acct": TEXT,
    "display_name": TEXT,
    "note": TEXT,
    "url": ADDRESS,
    "uri": ADDRESS,
    "avatar": ADDRESS,
    "avatar_static": ADDRESS,
    "header": ADDRESS,
    "header_static": ADDRESS,
    "locked": FLAG,
    "bot": FLAG,
    "group": FLAG,
    "discoverable": _maybe(FLAG),
    "indexable": _maybe(FLAG),
    "hide_collections": _maybe(FLAG),
    "created_at": MOMENT,
    "last_status_at": _maybe(DAY),
    "statuses_count": COUNT,
    "followers_count": COUNT,
    "following_count": COUNT,
    "fields": _many(_object({"name": TEXT, "value": TEXT, "verified_at": _maybe(MOMENT)})),
    "emojis": _many(EMPTY),
    "roles": _many(_object({"id": TEXT, "name": TEXT, "color": TEXT})),
}

_SOURCE = _object(
    {
        "privacy": _one_of("public", "unlisted", "private", "direct"),
        "sensitive": FLAG,
        "language": _maybe(TEXT),
        "note": TEXT,
        "fields": _many(_object({"name": TEXT, "value": TEXT, "verified_at": _maybe(MOMENT)})),
        "follow_requests_count": COUNT,
    }
)

_STATUS: dict[str, Json] = {
    "id": ID,
    "uri": ADDRESS,
    "url": _maybe(ADDRESS),
    "created_at": MOMENT,
    "edited_at": _maybe(MOMENT),
    "account": _ref("Account"),
    "content": TEXT,
    "spoiler_text": TEXT,
    "sensitive": FLAG,
    "visibility": _one_of("public", "unlisted", "private", "direct"),
    "in_reply_to_id": _maybe(ID),
    "in_reply_to_account_id": _maybe(ID),
    "language": _maybe(TEXT),
    "media_attachments": _many(_ref("MediaAttachment")),
    "mentions": _many(_object({"id": ID, "username": TEXT, "acct": TEXT, "url": ADDRESS})),
    "tags": _many(_object({"name": TEXT, "url": ADDRESS})),
    "emojis": _many(EMPTY),
    "replies_count": COUNT,
    "reblogs_count": COUNT,
    "favourites_count": COUNT,
    "quotes_count": COUNT,
    "reblog": _maybe(_ref("Status")),
    "poll": _maybe(_ref("Poll")),
    "card": _maybe(EMPTY),
    "application": _maybe(_object({"name": TEXT, "website": _maybe(ADDRESS)})),
    "quote": {"type": "null"},
    "quote_approval": _object(
        {"automatic": _many(TEXT), "manual": _many(TEXT), "current_user": _one_of("denied")}
    ),
}

_KIND_OF_NOTIFICATION = _one_of(
    "mention", "status", "reblog", "favourite", "follow", "follow_request", "poll", "update",
    "admin.sign_up", "admin.report", "severed_relationships", "moderation_warning",
)  # fmt: skip

_FLAGS_OF_RELATIONSHIP = (
    "following", "showing_reblogs", "notifying", "followed_by", "blocking", "blocked_by", "muting",
    "muting_notifications", "requested", "requested_by", "domain_blocking", "endorsed",
)  # fmt: skip

_CONFIGURATION = _object(
    {
        "statuses": _object(
            {"max_characters": COUNT, "max_media_attachments": COUNT, "characters_reserved_per_url": COUNT}
        ),
        "media_attachments": _object(
            {
                "supported_mime_types": _many(TEXT),
                "image_size_limit": COUNT,
                "image_matrix_limit": COUNT,
                "video_size_limit": COUNT,
                "video_frame_rate_limit": COUNT,
                "video_matrix_limit": COUNT,
            }
        ),
        "polls": _object(
            {
                "max_options": COUNT,
                "max_characters_per_option": COUNT,
                "min_expiration": COUNT,
                "max_expiration": COUNT,
            }
        ),
    }
)

SCHEMAS: dict[str, Json] = {
    "Error": _object({"error": TEXT}, error_description=TEXT, details=EMPTY),
    "Account": _object(_ACCOUNT),
    "CredentialAccount": _object(
        {
            **_ACCOUNT,
            "source": _SOURCE,
            "role": _object(
                {"id": TEXT, "name": TEXT, "permissions": {"type": "string", "pattern": r"^\d+$"}}
            ),
        }
    ),
    "Status": _object(
        _STATUS,
        favourited=FLAG,
        reblogged=FLAG,
        muted=FLAG,
        bookmarked=FLAG,
        pinned=FLAG,
        filtered=_many(EMPTY),
    ),
    "MediaAttachment": _object(
        {
            "id": TEXT,
            "type": _one_of("image", "gifv", "video", "audio", "unknown"),
            "url": _maybe(ADDRESS),
            "preview_url": _maybe(ADDRESS),
            "remote_url": _maybe(ADDRESS),
            "meta": _maybe(EMPTY),
            "description": _maybe(TEXT),
            "blurhash": _maybe(TEXT),
        }
    ),
    "Poll": _object(
        {
            "id": ID,
            "expires_at": _maybe(MOMENT),
            "expired": FLAG,
            "multiple": FLAG,
            "votes_count": COUNT,
            "voters_count": _maybe(COUNT),
            "options": _many(_object({"title": TEXT, "votes_count": _maybe(COUNT)})),
            "emojis": _many(EMPTY),
        },
        voted=FLAG,
        own_votes=_many(COUNT),
    ),
    "Relationship": _object(
        {
            "id": ID,
            **dict.fromkeys(_FLAGS_OF_RELATIONSHIP, FLAG),
            "languages": _maybe(_many(TEXT)),
            "note": TEXT,
        }
    ),
    "Notification": _object(
        {
            "id": {"type": "string", "pattern": "^[0-9]{1,15}$"},
            "type": _KIND_OF_NOTIFICATION,
            "created_at": MOMENT,
            "group_key": TEXT,
            "account": _ref("Account"),
        },
        status=_maybe(_ref("Status")),
    ),
    "GroupedNotifications": _object(
        {
            "accounts": _many(_ref("Account")),
            "statuses": _many(_ref("Status")),
            "notification_groups": _many(
                _object(
                    {
                        "group_key": TEXT,
                        "notifications_count": COUNT,
                        "type": _KIND_OF_NOTIFICATION,
                        "most_recent_notification_id": COUNT,
                        "latest_page_notification_at": MOMENT,
                        "sample_account_ids": _many(ID),
                    }
                )
            ),
        }
    ),
    "List": _object(
        {
            "id": ID,
            "title": TEXT,
            "replies_policy": _one_of("followed", "list", "none"),
            "exclusive": FLAG,
        }
    ),
    "Context": _object({"ancestors": _many(_ref("Status")), "descendants": _many(_ref("Status"))}),
    "Conversation": _object(
        {"id": ID, "unread": FLAG, "accounts": _many(_ref("Account")), "last_status": _maybe(_ref("Status"))}
    ),
    "Filter": _object(
        {
            "id": ID,
            "title": TEXT,
            "context": _many(_one_of("home", "notifications", "public", "thread", "account")),
            "expires_at": _maybe(MOMENT),
            "filter_action": _one_of("warn", "hide", "blur"),
        },
        keywords=_many(_object({"id": ID, "keyword": TEXT, "whole_word": FLAG})),
        statuses=_many(_object({"id": ID, "status_id": ID})),
    ),
    "FilterV1": _object(
        {
            "id": ID,
            "phrase": TEXT,
            "context": _many(TEXT),
            "whole_word": FLAG,
            "irreversible": FLAG,
            "expires_at": _maybe(MOMENT),
        }
    ),
    "Rule": _object({"id": ID, "text": TEXT, "hint": TEXT, "translations": EMPTY}),
    "Announcement": _object(
        {
            "id": ID,
            "content": TEXT,
            "starts_at": _maybe(MOMENT),
            "ends_at": _maybe(MOMENT),
            "all_day": FLAG,
            "published_at": MOMENT,
            "updated_at": MOMENT,
            "read": FLAG,
            "mentions": _many(EMPTY),
            "statuses": _many(EMPTY),
            "tags": _many(EMPTY),
            "emojis": _many(EMPTY),
            "reactions": _many(_object({"name": TEXT, "count": COUNT, "me": FLAG})),
        }
    ),
    "Report": _object(
        {
            "id": ID,
            "action_taken": FLAG,
            "action_taken_at": _maybe(MOMENT),
            "category": _one_of("spam", "legal", "violation", "other"),
            "comment": TEXT,
            "forwarded": FLAG,
            "created_at": MOMENT,
            "status_ids": _maybe(_many(ID)),
            "rule_ids": _maybe(_many(ID)),
            "target_account": _ref("Account"),
        }
    ),
    "Suggestion": _object({"source": TEXT, "sources": _many(TEXT), "account": _ref("Account")}),
    "Tag": _object({"name": TEXT, "url": ADDRESS, "history": _many(EMPTY)}, following=FLAG),
    "ScheduledStatus": _object(
        {
            "id": ID,
            "scheduled_at": _maybe(MOMENT),
            "params": _object({"text": TEXT, "visibility": TEXT}),
            "media_attachments": _many(_ref("MediaAttachment")),
        }
    ),
    "StatusSource": _object({"id": ID, "text": TEXT, "spoiler_text": TEXT}),
    "Application": _object({"name": TEXT, "website": _maybe(ADDRESS), "scopes": _many(TEXT)}),
    "Markers": _object({}, home=_ref("Marker"), notifications=_ref("Marker")),
    "Marker": _object({"last_read_id": TEXT, "version": COUNT, "updated_at": MOMENT}),
    "Count": _object({"count": COUNT}),
    "Search": _object(
        {
            "accounts": _many(_ref("Account")),
            "statuses": _many(_ref("Status")),
            "hashtags": _many(_ref("Tag")),
        }
    ),
    "InstanceV1": _object(
        {
            "uri": TEXT,
            "title": TEXT,
            "description": TEXT,
            "email": TEXT,
            "version": TEXT,
            "urls": _object({"streaming_api": TEXT}),
            "stats": _object({"user_count": COUNT, "status_count": COUNT, "domain_count": COUNT}),
            "languages": _many(TEXT),
            "registrations": FLAG,
            "approval_required": FLAG,
            "configuration": _CONFIGURATION,
            "rules": _many(_ref("Rule")),
        }
    ),
    "Instance": _object(
        {
            "domain": TEXT,
            "title": TEXT,
            "version": TEXT,
            "description": TEXT,
            "usage": _object({"users": _object({"active_month": COUNT})}),
            "thumbnail": _object({"url": ADDRESS}),
            "languages": _many(TEXT),
            "configuration": _CONFIGURATION,
            "registrations": _object({"enabled": FLAG, "approval_required": FLAG}),
            "api_versions": _object({"mastodon": COUNT}),
            "contact": _object({"email": TEXT, "account": _maybe(_ref("Account"))}),
            "rules": _many(_ref("Rule")),
        }
    ),
}

_OF_STATUSES = (
    "favourite", "unfavourite", "reblog", "unreblog", "bookmark", "unbookmark", "pin", "unpin", "mute",
    "unmute",
)  # fmt: skip
_OF_ACCOUNTS = (
    "follow", "unfollow", "block", "unblock", "mute", "unmute", "remove_from_followers", "note", "pin",
    "unpin", "endorse", "unendorse",
)  # fmt: skip

_ANSWERS: dict[str, Json] = {
    "GET /api/v1/instance": _ref("InstanceV1"),
    "GET /api/v2/instance": _ref("Instance"),
    "GET /api/v1/instance/rules": _many(_ref("Rule")),
    "GET /api/v1/accounts": _many(_ref("Account")),
    "GET /api/v1/accounts/verify_credentials": _ref("CredentialAccount"),
    "PATCH /api/v1/accounts/update_credentials": _ref("CredentialAccount"),
    "GET /api/v1/accounts/lookup": _ref("Account"),
    "GET /api/v1/accounts/search": _many(_ref("Account")),
    "GET /api/v1/accounts/relationships": _many(_ref("Relationship")),
    "GET /api/v1/accounts/{id}": _ref("Account"),
    "GET /api/v1/accounts/{id}/statuses": _many(_ref("Status")),
    "GET /api/v1/accounts/{id}/followers": _many(_ref("Account")),
    "GET /api/v1/accounts/{id}/following": _many(_ref("Account")),
    "GET /api/v1/accounts/{id}/lists": _many(_ref("List")),
    **{f"POST /api/v1/accounts/{{id}}/{deed}": _ref("Relationship") for deed in _OF_ACCOUNTS},
    "GET /api/v1/apps/verify_credentials": _ref("Application"),
    "GET /api/v1/announcements": _many(_ref("Announcement")),
    "GET /api/v1/blocks": _many(_ref("Account")),
    "GET /api/v1/mutes": _many(_ref("Account")),
    "GET /api/v1/bookmarks": _many(_ref("Status")),
    "GET /api/v1/favourites": _many(_ref("Status")),
    "GET /api/v1/conversations": _many(_ref("Conversation")),
    "GET /api/v1/directory": _many(_ref("Account")),
    "GET /api/v1/filters": _many(_ref("FilterV1")),
    "POST /api/v1/filters": _ref("FilterV1"),
    "GET /api/v2/filters": _many(_ref("Filter")),
    "POST /api/v2/filters": _ref("Filter"),
    "GET /api/v2/filters/{id}": _ref("Filter"),
    "PUT /api/v2/filters/{id}": _ref("Filter"),
    "GET /api/v1/follow_requests": _many(_ref("Account")),
    "POST /api/v1/follow_requests/{id}/authorize": _ref("Relationship"),
    "POST /api/v1/follow_requests/{id}/reject": _ref("Relationship"),
    "GET /api/v1/followed_tags": _many(_ref("Tag")),
    "GET /api/v1/lists": _many(_ref("List")),
    "POST /api/v1/lists": _ref("List"),
    "GET /api/v1/lists/{id}": _ref("List"),
    "PUT /api/v1/lists/{id}": _ref("List"),
    "GET /api/v1/lists/{id}/accounts": _many(_ref("Account")),
    "GET /api/v1/markers": _ref("Markers"),
    "POST /api/v1/markers": _ref("Markers"),
    "GET /api/v1/notifications": _many(_ref("Notification")),
    "GET /api/v1/notifications/{id}": _ref("Notification"),
    "GET /api/v1/notifications/unread_count": _ref("Count"),
    "GET /api/v2/notifications": _ref("GroupedNotifications"),
    "GET /api/v2/notifications/unread_count": _ref("Count"),
    "GET /api/v1/polls/{id}": _ref("Poll"),
    "POST /api/v1/polls/{id}/votes": _ref("Poll"),
    "POST /api/v1/reports": _ref("Report"),
    "GET /api/v1/scheduled_statuses": _many(_ref("ScheduledStatus")),
    "GET /api/v2/search": _ref("Search"),
    "GET /api/v1/statuses": _many(_ref("Status")),
    "POST /api/v1/statuses": {"anyOf": [_ref("Status"), _ref("ScheduledStatus")]},
    "GET /api/v1/statuses/{id}": _ref("Status"),
    "PUT /api/v1/statuses/{id}": _ref("Status"),
    "DELETE /api/v1/statuses/{id}": _ref("Status"),
    "GET /api/v1/statuses/{id}/context": _ref("Context"),
    "GET /api/v1/statuses/{id}/source": _ref("StatusSource"),
    "GET /api/v1/statuses/{id}/favourited_by": _many(_ref("Account")),
    "GET /api/v1/statuses/{id}/reblogged_by": _many(_ref("Account")),
    **{f"POST /api/v1/statuses/{{id}}/{deed}": _ref("Status") for deed in _OF_STATUSES},
    "GET /api/v1/suggestions": _many(_ref("Account")),
    "GET /api/v2/suggestions": _many(_ref("Suggestion")),
    "GET /api/v1/tags/{name}": _ref("Tag"),
    "GET /api/v1/timelines/home": _many(_ref("Status")),
    "GET /api/v1/timelines/public": _many(_ref("Status")),
    "GET /api/v1/timelines/tag/{tag}": _many(_ref("Status")),
    "GET /api/v1/timelines/list/{id}": _many(_ref("Status")),
}


def of_answer(method: str, path: str) -> Json:
    """What `method` at the address `path` answers."""
    return _ANSWERS.get(f"{method} {path}", ANYTHING)

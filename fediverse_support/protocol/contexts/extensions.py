"""Terms that grew in the field: Mastodon, Lemmy, GoToSocial, and the enhancement proposals (FEPs)."""

from typing import Any

MASTODON = "http://joinmastodon.org/ns#"
LEMMY_NAMESPACE = "https://join-lemmy.org/ns#"
ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams#"
GOTOSOCIAL_NAMESPACE = "https://gotosocial.org/ns#"
SCHEMA = "http://schema.org#"


def _references(namespace: str, *names: str) -> dict[str, Any]:
    return {name: {"@id": f"{namespace}{name}", "@type": "@id"} for name in names}


def _plain(namespace: str, *names: str) -> dict[str, Any]:
    return {name: f"{namespace}{name}" for name in names}


_MODERATION = {
    **_plain(LEMMY_NAMESPACE, "postingRestrictedToMods", "distinguished", "stickied", "removeData"),
    **_references(LEMMY_NAMESPACE, "moderators"),
    "Lock": f"{LEMMY_NAMESPACE}Lock",
}
_POST_TAGS = {
    **_plain(LEMMY_NAMESPACE, "CommunityPostTag", "CommunityTag", "tagsForPosts", "display_name"),
    **_plain(LEMMY_NAMESPACE, "text_color", "background_color", "blur_images"),
}
_ATTACHED = {
    "PropertyValue": f"{SCHEMA}PropertyValue",
    "value": f"{SCHEMA}value",
    "blurhash": f"{MASTODON}blurhash",
    "focalPoint": {"@id": f"{MASTODON}focalPoint", "@container": "@list"},
}

TERMS: dict[str, Any] = {
    **_plain(ACTIVITYSTREAMS, "manuallyApprovesFollowers", "sensitive", "Hashtag"),
    **_references(ACTIVITYSTREAMS, "movedTo"),
    **_plain(MASTODON, "discoverable", "indexable", "suspended", "memorial", "votersCount", "Emoji"),
    **_references(MASTODON, "featured"),
    **_MODERATION,
    **_POST_TAGS,
    **_ATTACHED,
    "language": f"{SCHEMA}inLanguage",
    "identifier": f"{SCHEMA}identifier",
    "EmojiReact": "http://litepub.social/ns#EmojiReact",
    "ChatMessage": "http://litepub.social/ns#ChatMessage",
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
}
"""What we read beside ActivityStreams and the security vocabulary."""

LEMMY: dict[str, Any] = {
    **_MODERATION,
    **_POST_TAGS,
    **_plain(ACTIVITYSTREAMS, "manuallyApprovesFollowers", "sensitive", "Hashtag"),
    "language": f"{SCHEMA}inLanguage",
    "identifier": f"{SCHEMA}identifier",
    "commentsEnabled": "https://joinpeertube.org/ns#commentsEnabled",
    "matrixUserId": f"{LEMMY_NAMESPACE}matrixUserId",
}

WEBFINGER: dict[str, Any] = {
    "webfinger": {
        "@id": "https://purl.archive.org/socialweb/webfinger#webfinger",
        "@type": "http://www.w3.org/2001/XMLSchema#string",
    }
}
"""FEP-2c59."""

IMPLEMENTS: dict[str, Any] = _references("https://w3id.org/fep/844e/", "implements")
"""FEP-844e."""

GOTOSOCIAL: dict[str, Any] = {
    **_references(
        GOTOSOCIAL_NAMESPACE, "interactionPolicy", "canLike", "canReply", "canAnnounce", "canQuote"
    ),
    **_references(GOTOSOCIAL_NAMESPACE, "always", "approvalRequired", "automaticApproval", "manualApproval"),
    **_references(GOTOSOCIAL_NAMESPACE, "approvedBy", "interactingObject", "interactionTarget"),
    **_references(GOTOSOCIAL_NAMESPACE, "likeAuthorization", "replyAuthorization", "announceAuthorization"),
}

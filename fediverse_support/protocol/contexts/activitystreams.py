"""The terms of ActivityStreams 2.0 and ActivityPub (W3C: activitystreams-vocabulary, activitypub)."""

from typing import Any

NAMESPACE = "https://www.w3.org/ns/activitystreams#"

_TYPES = (
    *("Object", "Link", "Activity", "IntransitiveActivity", "Collection", "OrderedCollection"),
    *("CollectionPage", "OrderedCollectionPage", "Accept", "TentativeAccept", "Add", "Announce", "Arrive"),
    *("Block", "Create", "Delete", "Dislike", "Flag", "Follow", "Ignore", "Invite", "Join", "Leave", "Like"),
    *("Listen", "Move", "Offer", "Question", "Read", "Reject", "TentativeReject", "Remove", "Travel", "Undo"),
    *("Update", "View", "Application", "Group", "Organization", "Person", "Service", "Article", "Audio"),
    *("Document", "Event", "Image", "Mention", "Note", "Page", "Place", "Profile", "Relationship"),
    *("Tombstone", "Video", "IsContact", "IsFollowedBy", "IsFollowing", "IsMember"),
)
_TEXTS = (
    "content",
    "hreflang",
    "mediaType",
    "name",
    "preferredUsername",
    "rel",
    "source",
    "summary",
    "units",
)
_TRANSLATED = ("content", "name", "summary")
_REFERENCES = (
    *("actor", "alsoKnownAs", "anyOf", "attachment", "attributedTo", "audience", "bcc", "bto", "cc"),
    *("context", "current", "describes", "endpoints", "first", "followers", "following", "formerType"),
    *("generator", "href", "icon", "image", "inReplyTo", "instrument", "items", "last", "liked", "likes"),
    *("location", "next", "oauthAuthorizationEndpoint", "oauthTokenEndpoint", "object", "oneOf", "origin"),
    *("outbox", "partOf", "prev", "preview", "provideClientKey", "proxyUrl", "relationship", "replies"),
    *("result", "sharedInbox", "shares", "signClientKey", "streams", "subject", "tag", "target", "to"),
    *("uploadMedia", "url"),
)
_TYPED = {
    "dateTime": ("closed", "deleted", "endTime", "published", "startTime", "updated"),
    "duration": ("duration",),
    "float": ("accuracy", "altitude", "latitude", "longitude", "radius"),
    "nonNegativeInteger": ("height", "startIndex", "totalItems", "width"),
}

TERMS: dict[str, Any] = {
    "@vocab": "_:",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "as": NAMESPACE,
    "ldp": "http://www.w3.org/ns/ldp#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "id": "@id",
    "type": "@type",
    "Public": {"@id": "as:Public", "@type": "@id"},
    "inbox": {"@id": "ldp:inbox", "@type": "@id"},
    "orderedItems": {"@id": "as:items", "@type": "@id", "@container": "@list"},
    **{name: f"as:{name}" for name in _TYPES + _TEXTS},
    **{name: {"@id": f"as:{name}", "@type": "@id"} for name in _REFERENCES},
    **{f"{name}Map": {"@id": f"as:{name}", "@container": "@language"} for name in _TRANSLATED},
    **{
        name: {"@id": f"as:{name}", "@type": f"xsd:{datatype}"}
        for datatype, names in _TYPED.items()
        for name in names
    },
}

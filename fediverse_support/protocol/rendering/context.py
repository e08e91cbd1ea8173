"""The `@context` of our documents: the ActivityStreams URL first, then our other terms, spelled out.

Mastodon and Misskey look for the ActivityStreams URL as a string; Fedify throws at a URL that it does not
know. So we name only two URLs that everybody holds, and write the rest in. Proofs append a third
(`signatures/proofs.py`).
"""

from typing import Any

from fediverse_support.protocol.vocabulary import CONTEXT

Json = dict[str, Any]
"""A JSON object that we made."""

SECURITY = "https://w3id.org/security/v1"

_MASTODON = {
    "toot": "http://joinmastodon.org/ns#",
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
}
_PICTURES = {
    "blurhash": "toot:blurhash",
    "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
}
_LEMMY = {
    "lemmy": "https://join-lemmy.org/ns#",
    "Lock": "lemmy:Lock",
    "removeData": "lemmy:removeData",
    "restoreData": "lemmy:restoreData",
    "expires": "lemmy:expires",
}
_TAGS = {
    "CommunityPostTag": "lemmy:CommunityPostTag",
    "display_name": "lemmy:display_name",
    "text_color": "lemmy:text_color",
    "background_color": "lemmy:background_color",
    "blur_images": "lemmy:blur_images",
}
_LANGUAGE = {
    "schema": "http://schema.org/",
    "language": "schema:inLanguage",
    "identifier": "schema:identifier",
}
_INTERACTION = {
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "canReply": {"@id": "gts:canReply", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
}
_POLL = {"votersCount": "toot:votersCount"}
_EVENT = {
    # As Mobilizon and PieFed name them; `eventStatus` by FEP-8a8e.
    "mz": "https://joinmobilizon.org/ns#",
    "timezone": "mz:timezone",
    "joinMode": "mz:joinMode",
    "participantCount": "mz:participantCount",
    "isOnline": "mz:isOnline",
    "externalParticipationUrl": "mz:externalParticipationUrl",
    "anonymousParticipation": "mz:anonymousParticipationEnabled",
    "maximumAttendeeCapacity": "schema:maximumAttendeeCapacity",
    "eventStatus": {"@id": "schema:eventStatus", "@type": "@id"},
    "ical": "http://www.w3.org/2002/12/cal/ical#",
    "pf": "https://join.piefed.social/ns#",
    "onlineLink": "pf:onlineLink",
    "buyTicketsLink": "pf:buyTicketsLink",
    "feeCurrency": "pf:feeCurrency",
    "feeAmount": "pf:feeAmount",
}
_PROFILE = {
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "PropertyValue": "http://schema.org#PropertyValue",
    "value": "http://schema.org#value",
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "suspended": "toot:suspended",
    "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
    "moderators": {"@id": "lemmy:moderators", "@type": "@id"},
    # FEP-2c59 and FEP-844e
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "implements": {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@set"},
}
_MULTIKEYS = {
    # FEP-521a
    "sec": "https://w3id.org/security#",
    "Multikey": "sec:Multikey",
    "assertionMethod": {"@id": "sec:assertionMethod", "@type": "@id", "@container": "@set"},
    "controller": {"@id": "sec:controller", "@type": "@id"},
    "publicKeyMultibase": {"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
}

PLAIN: list[Any] = [CONTEXT]
"""For what ActivityStreams alone can say."""

MODERATION: list[Any] = [CONTEXT, _LEMMY]
"""For what moderators do."""

POST: list[Any] = [
    CONTEXT,
    {**_MASTODON, **_PICTURES, **_LEMMY, **_TAGS, **_LANGUAGE, **_INTERACTION},
]
"""For posts, and for activities that carry or hand on a post."""

QUESTION: list[Any] = [POST[0], {**POST[1], **_POLL}]
"""For polls."""

EVENT: list[Any] = [POST[0], {**POST[1], **_EVENT}]
"""For events."""

ACTOR: list[Any] = [CONTEXT, SECURITY, {**_MASTODON, **_LEMMY, **_TAGS, **_PROFILE, **_MULTIKEYS}]
"""For actors, and for activities that carry one."""


def embedded(document: Json) -> Json:
    """`document` without its own context, to stand inside of another that we make."""
    return {name: value for name, value in document.items() if name != "@context"}


def without_nothing(document: Json) -> Json:
    """`document` without the members that are None: PieFed and Lemmy refuse some that are null."""
    return {name: value for name, value in document.items() if value is not None}

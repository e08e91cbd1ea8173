"""What sort of document this is, for those who fetch an id without knowing what stands behind it."""

from typing import Literal

from fediverse_support.protocol.accessors import type_of
from fediverse_support.protocol.vocabulary import (
    ACTIVITY_TYPES,
    ACTOR_TYPES,
    COLLECTION_TYPES,
    POST_TYPES,
    Document,
)

Kind = Literal["activity", "actor", "collection", "key", "post", "tombstone"]

_KEY_TYPES = frozenset({"CryptographicKey", "Key", "Multikey"})
_KNOWN = ACTIVITY_TYPES | ACTOR_TYPES | COLLECTION_TYPES | POST_TYPES | _KEY_TYPES | {"Tombstone"}


def kind(document: Document) -> Kind:
    """Which function of `protocol.parsing` reads `document`.

    An unknown type with an `actor` is an activity, with key material a key, and any other a post.
    Raises `Malformed` for a document without a type that is no key.
    """
    if "publicKeyPem" in document or "publicKeyMultibase" in document:
        return "key"
    name = type_of(document, _KNOWN)
    if name in ACTOR_TYPES:
        return "actor"
    if name in COLLECTION_TYPES:
        return "collection"
    if name == "Tombstone":
        return "tombstone"
    if name in POST_TYPES:
        return "post"
    return "activity" if name in ACTIVITY_TYPES or "actor" in document else "post"

"""Actors and their keys."""

import re
from collections.abc import Iterator

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.accessors import (
    embedded,
    flag,
    is_a,
    many,
    moment,
    own_id,
    reference,
    references,
    text,
    type_of,
)
from fediverse_support.protocol.parsing.media import best_link, picture
from fediverse_support.protocol.urls import Gate
from fediverse_support.protocol.vocabulary import (
    ACTOR_TYPES,
    COLLECTION_TYPES,
    ActorDocument,
    Document,
    KeyDocument,
    ProfileField,
)

LONGEST_NAME = 2048
LONGEST_SUMMARY = 20_000
LONGEST_KEY = 8192
MOST_ALIASES = 32
MOST_FIELDS = 50
MOST_KEYS = 10

_USERNAME = re.compile(r"[\w](?:[\w.-]{0,126}[\w])?")
_ADDRESS = re.compile(r"(?:acct:)?@?([^@\s]+)@[^@\s]+")


def actor(document: Document, gate: Gate) -> ActorDocument:
    """`document` as an actor.

    Raises `Malformed` unless it is of one of the five actor types and has an id, a username and an inbox on
    the id's origin. Collections and keys on another origin are left out: they would be somebody else's.
    """
    name = type_of(document, ACTOR_TYPES)
    if name not in ACTOR_TYPES:
        raise Malformed("This document is not an actor.")
    id = own_id(document, gate)
    inbox = _at_home(document.get("inbox"), id, gate)
    if inbox is None:
        raise Malformed("This actor has no inbox on its own server.")
    return ActorDocument(
        id=id,
        type=name,
        preferred_username=_username(document),
        inbox=inbox,
        outbox=_at_home(document.get("outbox"), id, gate),
        shared_inbox=_shared_inbox(document, id, gate),
        followers=_at_home(document.get("followers"), id, gate),
        following=_at_home(document.get("following"), id, gate),
        featured=_at_home(document.get("featured"), id, gate),
        moderators=_moderators(document, id, gate) if name == "Group" else None,
        keys=tuple(_keys_of(document, id, gate)),
        name=text(document, "name", LONGEST_NAME),
        summary=text(document, "summary", LONGEST_SUMMARY),
        source=_source(document),
        url=best_link(document.get("url"), id, gate),
        icon=picture(document.get("icon"), gate),
        image=picture(document.get("image"), gate),
        fields=tuple(_fields(document)),
        approves_followers=flag(document.get("manuallyApprovesFollowers")) or False,
        posting_restricted_to_moderators=flag(document.get("postingRestrictedToMods")) or False,
        discoverable=flag(document.get("discoverable")),
        indexable=flag(document.get("indexable")) or False,
        sensitive=flag(document.get("sensitive")) or False,
        suspended=flag(document.get("suspended")) or False,
        also_known_as=references(document.get("alsoKnownAs"), gate, MOST_ALIASES),
        moved_to=reference(document.get("movedTo"), gate),
        webfinger=text(document, "webfinger", LONGEST_NAME),
        published=moment(document.get("published")),
        updated=moment(document.get("updated")),
        raw=document,
    )


def key(document: Document, gate: Gate) -> KeyDocument:
    """`document` as a key that stands alone, as Akkoma and Mastodon serve it at the key's own id.

    Raises `Malformed` unless it has an id, material, and one owner on the id's origin.
    """
    owner = reference(document.get("owner") or document.get("controller"), gate)
    found = _key(document, owner, gate) if owner is not None else None
    if found is None:
        raise Malformed("This document is not a key.")
    return found


def keys(document: Document, gate: Gate) -> tuple[KeyDocument, ...]:
    """All keys in what stands behind a key id: a key, an actor, or GoToSocial's stub of an actor.

    Empty when there is none. Raises `Malformed` when the document has no acceptable id.
    """
    if "publicKeyPem" in document or "publicKeyMultibase" in document:
        return (key(document, gate),)
    return tuple(_keys_of(document, own_id(document, gate), gate))


def _keys_of(document: Document, owner: str, gate: Gate) -> Iterator[KeyDocument]:
    for property in ("publicKey", "assertionMethod"):
        for item in many(document.get(property), MOST_KEYS):
            found = _key(item, owner, gate) if isinstance(item, dict) else None
            if found is not None:
                yield found


def _key(document: Document, owner: str, gate: Gate) -> KeyDocument | None:
    """The key in `document` if it is on the origin of `owner` and names that owner."""
    id = reference(document.get("id"), gate) if isinstance(document.get("id"), str) else None
    named = reference(document.get("owner") or document.get("controller"), gate)
    if id is None or named != owner or not gate.same_origin(id, owner):
        return None
    pem, multibase = document.get("publicKeyPem"), document.get("publicKeyMultibase")
    if isinstance(pem, str) and 0 < len(pem) <= LONGEST_KEY:
        return KeyDocument(id=id, owner=owner, pem=pem)
    if isinstance(multibase, str) and 0 < len(multibase) <= LONGEST_KEY:
        return KeyDocument(id=id, owner=owner, multibase=multibase)
    return None


def _username(document: Document) -> str:
    """The username, or the one in `webfinger` (FEP-2c59). It becomes half of a handle, so its form counts."""
    found = text(document, "preferredUsername", LONGEST_NAME)
    if found is None:
        address = _ADDRESS.fullmatch(text(document, "webfinger", LONGEST_NAME) or "")
        found = address[1] if address else ""
    if _USERNAME.fullmatch(found) is None:
        raise Malformed("This actor has no username that we can show.")
    return found


def _at_home(value: object, id: str, gate: Gate) -> str | None:
    found = reference(value, gate)
    return found if found is not None and gate.same_origin(found, id) else None


def _shared_inbox(document: Document, id: str, gate: Gate) -> str | None:
    endpoints = embedded(document.get("endpoints")) or {}
    found = reference(endpoints.get("sharedInbox") or document.get("sharedInbox"), gate)
    return found if found is not None and _related(gate.host(found), gate.host(id)) else None


def _related(a: str, b: str) -> bool:
    """Whether two hosts are the same, or one is below the other with at least two labels in common."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    return longer == shorter or (longer.endswith(f".{shorter}") and "." in shorter)


def _moderators(document: Document, id: str, gate: Gate) -> str | None:
    """The collection of moderators: `attributedTo` (FEP-1b12) or Lemmy's `moderators`.

    PeerTube and Smithereen put people into `attributedTo`; those are no collection.
    """
    named = document.get("attributedTo")
    is_collection = isinstance(named, str) or is_a(named, COLLECTION_TYPES)
    found = _at_home(named, id, gate) if is_collection else None
    return found or _at_home(document.get("moderators"), id, gate)


def _source(document: Document) -> str | None:
    source = embedded(document.get("source"))
    return text(source, "content", LONGEST_SUMMARY) if source is not None else None


def _fields(document: Document) -> Iterator[ProfileField]:
    for item in many(document.get("attachment"), MOST_FIELDS):
        if is_a(item, ("PropertyValue",)):
            name, value = item.get("name"), item.get("value")
            if isinstance(name, str) and isinstance(value, str):
                yield ProfileField(name[:LONGEST_NAME], value[:LONGEST_NAME])

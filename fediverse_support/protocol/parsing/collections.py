"""Collections, their pages, and tombstones."""

from collections.abc import Iterator

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.accessors import (
    count,
    embedded,
    is_a,
    many,
    moment,
    own_id,
    reference,
    text,
    type_of,
    types_of,
)
from fediverse_support.protocol.urls import Gate
from fediverse_support.protocol.vocabulary import (
    ACTIVITY_TYPES,
    ACTOR_TYPES,
    COLLECTION_TYPES,
    CollectionDocument,
    Document,
    TombstoneDocument,
)

LONGEST_WORD = 100
CARRIERS = frozenset({"Add", "Announce", "Create", "Update"})
DEEPEST = 3
"""A group's Announce of a Create of a post."""


def collection(document: Document, gate: Gate) -> CollectionDocument:
    """`document` as a collection or a page of one, with at most 1,000 items.

    An embedded first page is read with it. Pages on another origin are left out. Raises `Malformed` for
    anything that is no collection, and for an id that is none; a missing id is let through (NodeBB).
    """
    found = _collection(document, gate)
    page = embedded(document.get("first"))
    if page is None or not is_a(page, COLLECTION_TYPES):
        return found
    return _with_first(found, _collection(page, gate))


def posts_listed(found: CollectionDocument, gate: Gate) -> list[str]:
    """The ids of the posts that a collection or page names, in its order, each once.

    Ids, embedded posts, and activities that carry a post: `contextHistory` of FEP-f228 and the outboxes of
    groups hold these. What cannot be a post (a Like, an actor, another collection) is left out. An id says
    nothing by itself: what it stands for is what its own server answers there.
    """
    ids = (_post_id(item, gate, DEEPEST) for item in found.items)
    return list(dict.fromkeys(id for id in ids if id is not None))


def tombstone(document: Document, gate: Gate) -> TombstoneDocument:
    """`document` as a tombstone. Raises `Malformed` unless it is one and has an id."""
    if type_of(document) != "Tombstone":
        raise Malformed("This document is not a tombstone.")
    return TombstoneDocument(
        id=own_id(document, gate),
        former_type=text(document, "formerType", LONGEST_WORD),
        deleted=moment(document.get("deleted")),
    )


def _collection(document: Document, gate: Gate) -> CollectionDocument:
    name = type_of(document, COLLECTION_TYPES)
    if name not in COLLECTION_TYPES:
        raise Malformed("This document is not a collection.")
    id = None if document.get("id") is None else own_id(document, gate)
    return CollectionDocument(
        type=name,
        id=id,
        total=count(document.get("totalItems")),
        items=tuple(_items(document, gate)),
        first=_page(document, "first", id, gate),
        next=_page(document, "next", id, gate),
        part_of=_page(document, "partOf", id, gate),
        attributed_to=reference(document.get("attributedTo"), gate),
        raw=document,
    )


def _items(document: Document, gate: Gate) -> Iterator[str | Document]:
    for item in many(document.get("orderedItems")) or many(document.get("items")):
        if isinstance(item, dict):
            yield item
        elif (found := reference(item, gate)) is not None:
            yield found


def _post_id(item: str | Document, gate: Gate, depth: int) -> str | None:
    if isinstance(item, str):
        return reference(item, gate)
    names = set(types_of(item))
    if names & CARRIERS:
        inner = next(iter(many(item.get("object"), 1)), None)
        return _post_id(inner, gate, depth - 1) if depth and isinstance(inner, str | dict) else None
    if names & (ACTIVITY_TYPES | ACTOR_TYPES | COLLECTION_TYPES | {"Tombstone"}):
        return None
    return reference(item, gate)


def _page(document: Document, key: str, id: str | None, gate: Gate) -> str | None:
    found = reference(document.get(key), gate)
    if found is None or id is None or gate.same_origin(found, id):
        return found
    return None


def _with_first(found: CollectionDocument, page: CollectionDocument) -> CollectionDocument:
    fields = {name: getattr(found, name) for name in found.__struct_fields__}
    return CollectionDocument(**fields | {"first": page})

"""Activities: what an actor says to have done."""

from collections.abc import Iterator

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.accessors import (
    addressees,
    embedded,
    flag,
    is_a,
    many,
    moment,
    only_reference,
    own_id,
    reference,
    text,
    type_of,
)
from fediverse_support.protocol.urls import Gate
from fediverse_support.protocol.vocabulary import (
    ACTIVITY_TYPES,
    ACTOR_TYPES,
    COLLECTION_TYPES,
    POST_TYPES,
    Activity,
    Document,
)

MOST_OBJECTS = 100
LONGEST_TEXT = 20_000

_NEVER_ACTIVITIES = ACTOR_TYPES | COLLECTION_TYPES | POST_TYPES | {"Tombstone"}


def activity(document: Document, gate: Gate) -> Activity:
    """`document` as an activity.

    Raises `Malformed` unless it has a type, exactly one actor, and no id or one on that actor's origin.
    Types that we do not know stay as they are named. Numbers in place of ids are skipped (NodeBB).
    """
    name = type_of(document, ACTIVITY_TYPES)
    if name in _NEVER_ACTIVITIES:
        raise Malformed("This document is not an activity.")
    actor = only_reference(document.get("actor"), gate)
    objects = tuple(_objects(document.get("object"), gate))
    first = objects[0] if objects else None
    return Activity(
        type=name,
        actor=actor,
        id=_id_at_home(document, actor, gate),
        object_id=reference(first, gate),
        object=first if isinstance(first, dict) else None,
        objects=objects,
        target_id=reference(document.get("target"), gate),
        origin_id=reference(document.get("origin"), gate),
        result_id=reference(document.get("result"), gate),
        to=addressees(document, "to", gate),
        cc=addressees(document, "cc", gate),
        audience=addressees(document, "audience", gate),
        published=moment(document.get("published")),
        updated=moment(document.get("updated")),
        end_time=moment(document.get("endTime")) or moment(document.get("expires")),
        summary=text(document, "summary", LONGEST_TEXT),
        content=text(document, "content", LONGEST_TEXT),
        removes_data=flag(document.get("removeData")) or False,
        proof=embedded(document.get("proof")),
        raw=document,
    )


def _id_at_home(document: Document, actor: str, gate: Gate) -> str | None:
    if document.get("id") is None:
        return None
    found = own_id(document, gate)
    if not gate.same_origin(found, actor):
        raise Malformed("The id of this activity is on another server than its actor.")
    return found


def _objects(value: object, gate: Gate) -> Iterator[str | Document]:
    """Ids and documents. PieFed batches activities in an array, or in the items of a collection."""
    for item in many(value, MOST_OBJECTS):
        if isinstance(item, dict):
            batch = item.get("orderedItems") if is_a(item, COLLECTION_TYPES) else None
            yield from (entry for entry in many(batch, MOST_OBJECTS) if isinstance(entry, dict))
            if batch is None:
                yield item
        elif (found := reference(item, gate)) is not None:
            yield found

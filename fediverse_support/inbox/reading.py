"""From the bytes of an arrival to an activity, twice: in haste at the door, and in full in the worker.

Nearly everybody writes the same words, and then both are one. A few documents use others (`@type`,
`as:actor`, aliases of their own). At the door only their outline is read, for the id and the actor under
which they are kept; the worker, when the signature is known to be good, compacts them in a process apart
(decision 12) and refuses them if they then say that they are something else.
"""

from fediverse_support.core.errors import Malformed
from fediverse_support.database.inbox import Arrived
from fediverse_support.network.jsonld_process import compact_apart
from fediverse_support.protocol import json_gate, jsonld, parsing
from fediverse_support.protocol.urls import Gate
from fediverse_support.protocol.vocabulary import Activity, Document


def at_the_door(body: bytes, gate: Gate) -> Activity:
    """The activity in `body`; of one in unusual words the outline. Raises `Malformed` or `TooLarge`."""
    document = json_gate.read(body)
    try:
        return parsing.activity(document, gate)
    except Malformed:
        if not jsonld.needs_compaction(document):
            raise
        return parsing.activity(jsonld.outline(document), gate)


async def in_full(arrived: Arrived, gate: Gate) -> Activity:
    """The activity of a verified arrival, in everyone's words.

    Raises `Refused` if it cannot be compacted, or is then not by whom or what it was at the door.
    """
    document = _as_sent(json_gate.read(arrived.body))
    if not jsonld.needs_compaction(document):
        return parsing.activity(document, gate)
    activity = parsing.activity(await compact_apart(document), gate)
    if activity.actor != arrived.actor_uri or activity.id not in (None, arrived.activity_uri):
        raise Malformed("This document can be read in two ways.")
    return activity


def _as_sent(document: Document) -> Document:
    """A `ReplyRequest` as the Create of the answer that it brings along; everything else as it is.

    GoToSocial asks so where `canReply` lets answers wait for a person (`community/posts/answering.py`). They
    wait here as every other answer does, and what it asks for besides is given by showing the answer.
    """
    answer = document.get("instrument")
    if document.get("type") != "ReplyRequest" or not isinstance(answer, dict):
        return document
    ends = {name: answer[name] for name in ("to", "cc", "audience") if name in answer}
    return {**document, "type": "Create", "object": answer, "instrument": None, **ends}

"""Asking to come to an event, and what its organiser answers, as Mobilizon has it. None of it is public."""

from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.context import Json


def join(id: str, *, guest: str, organiser: str, event: str) -> Json:
    """`guest` would like to come."""
    return _to_organiser("Join", id, guest, organiser, event)


def leave(id: str, *, guest: str, organiser: str, event: str) -> Json:
    """`guest` does not come after all."""
    return _to_organiser("Leave", id, guest, organiser, event)


def _to_organiser(type: str, id: str, guest: str, organiser: str, event: str) -> Json:
    return {
        "@context": context.PLAIN,
        "id": id,
        "type": type,
        "actor": guest,
        "to": [organiser],
        "cc": [],
        "object": event,
    }


def accept_join(id: str, *, organiser: str, guest: str, join_id: str, event: str) -> Json:
    """`organiser` expects `guest`."""
    return _answer("Accept", id, organiser, guest, join_id, event)


def reject_join(id: str, *, organiser: str, guest: str, join_id: str, event: str) -> Json:
    """`organiser` does not expect `guest`, or not any longer."""
    return _answer("Reject", id, organiser, guest, join_id, event)


def _answer(type: str, id: str, organiser: str, guest: str, join_id: str, event: str) -> Json:
    return {
        "@context": context.PLAIN,
        "id": id,
        "type": type,
        "actor": organiser,
        "to": [guest],
        "cc": [],
        "object": {"type": "Join", "id": join_id, "actor": guest, "object": event},
    }

"""Follow and the answers to it. None of them is public."""

from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.context import Json, without_nothing


def follow(id: str, *, actor: str, followed: str) -> Json:
    """`actor` asks to follow `followed`."""
    return {
        "@context": context.PLAIN,
        "id": id,
        "type": "Follow",
        "actor": actor,
        "to": [followed],
        "cc": [],
        "object": followed,
    }


def accept(id: str, *, actor: str, follow_id: str, follower: str) -> Json:
    """`actor` lets `follower` in."""
    return _answer("Accept", id, actor, follow_id, follower)


def reject(id: str, *, actor: str, follow_id: str, follower: str, reason: str = "") -> Json:
    """`actor` does not let `follower` in, or not any longer; `reason` is plain text for that person."""
    document = _answer("Reject", id, actor, follow_id, follower)
    return document | {"summary": reason} if reason else document


def refuse(id: str, *, actor: str, refused_id: str, sender: str, reason: str | None = None) -> Json:
    """`actor` (a group) did not take the activity `refused_id` of `sender`, as FEP-1b12 lets it say."""
    return without_nothing(
        {
            "@context": context.PLAIN,
            "id": id,
            "type": "Reject",
            "actor": actor,
            "to": [sender],
            "cc": [],
            "summary": reason,
            "object": refused_id,
        }
    )


def _answer(type: str, id: str, actor: str, follow_id: str, follower: str) -> Json:
    """The Follow is embedded with id, actor and object: Misskey and Mbin read those, others only the id."""
    return {
        "@context": context.PLAIN,
        "id": id,
        "type": type,
        "actor": actor,
        "to": [follower],
        "cc": [],
        "object": {"type": "Follow", "id": follow_id, "actor": follower, "object": actor},
    }

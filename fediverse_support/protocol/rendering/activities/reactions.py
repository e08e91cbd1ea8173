"""Like and Dislike, never public: who found comfort in what is between them and the group."""

from collections.abc import Sequence

from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.context import Json, without_nothing


def like(id: str, *, actor: str, object_id: str, to: Sequence[str], group: str | None = None) -> Json:
    """`actor` likes a post. `to`: its author, and its group (Lemmy counts only what the group hands on)."""
    return _reaction("Like", id, actor, object_id, to, group)


def dislike(id: str, *, actor: str, object_id: str, to: Sequence[str], group: str | None = None) -> Json:
    """`actor` votes a post down, as the threadiverse knows it; others ignore it."""
    return _reaction("Dislike", id, actor, object_id, to, group)


def _reaction(type: str, id: str, actor: str, object_id: str, to: Sequence[str], group: str | None) -> Json:
    return without_nothing(
        {
            "@context": context.PLAIN,
            "id": id,
            "type": type,
            "actor": actor,
            "to": list(dict.fromkeys(to)),
            "cc": [],
            "audience": group,
            "object": object_id,
        }
    )

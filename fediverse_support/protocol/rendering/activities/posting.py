"""Create, Update, Delete and Undo. Addressing is the same on activity and object, as Lemmy wants it."""

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.addressing import Audience
from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.context import Json, embedded, without_nothing


def create(id: str, note: Json) -> Json:
    """The author wrote `note`."""
    return _about_note("Create", id, note, note.get("published"))


def update(id: str, note: Json) -> Json:
    """The author changed `note`. Raises `Malformed` without `updated`: Mastodon would ignore the edit."""
    if "updated" not in note:
        raise Malformed("An edited post needs the time of the edit.")
    return _about_note("Update", id, note, note["updated"])


def refresh(id: str, question: Json, published: str) -> Json:
    """The numbers of a poll have changed and nothing else: an Update without a newer `updated`.

    Mastodon and GoToSocial take the totals from it and do not call the post edited.
    """
    return _about_note("Update", id, question, published)


def delete(
    id: str, *, actor: str, object: str | Json, audience: Audience, summary: str | None = None
) -> Json:
    """`actor` deleted `object`, which is an id or a Tombstone.

    `summary` is the moderator's reason; its presence, even empty, tells Lemmy that a moderator removed the
    post. An author's own Delete must not have it.
    """
    return without_nothing(
        {
            "@context": context.PLAIN,
            "id": id,
            "type": "Delete",
            "actor": actor,
            "to": list(audience.to),
            "cc": list(audience.cc),
            "audience": audience.audience,
            "summary": summary,
            "object": object if isinstance(object, str) else embedded(object),
        }
    )


def undo(id: str, *, actor: str, undone: Json) -> Json:
    """`actor` takes back an activity of theirs.

    It is embedded whole: Mastodon and GoToSocial look at what is inside and not only at its id.
    """
    return without_nothing(
        {
            "@context": undone.get("@context", context.PLAIN),
            "id": id,
            "type": "Undo",
            "actor": actor,
            "to": undone.get("to", []),
            "cc": undone.get("cc", []),
            "audience": undone.get("audience"),
            "object": embedded(undone),
        }
    )


def _about_note(type: str, id: str, note: Json, published: str | None) -> Json:
    return without_nothing(
        {
            "@context": note["@context"],
            "id": id,
            "type": type,
            "actor": note["attributedTo"],
            "to": note["to"],
            "cc": note["cc"],
            "audience": note.get("audience"),
            "published": published,
            "object": embedded(note),
        }
    )

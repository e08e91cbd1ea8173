"""Where a post says that its thread and its answers are to be found (FEP-7888, FEP-f228)."""

from collections.abc import Iterable

from fediverse_support.protocol.accessors import reference
from fediverse_support.protocol.urls import Gate
from fediverse_support.protocol.vocabulary import PostDocument


def context_of(document: PostDocument, gate: Gate, near: Iterable[str]) -> str | None:
    """The collection of the whole thread that a post names, if it may.

    It must be on the post's own origin or on that of one of `near`: of the group, of what is answered, of
    that one's thread. Anybody else's address would only make us ask there.
    """
    found = document.context
    if found is None or found == document.id:
        return None
    return found if any(gate.same_origin(found, uri) for uri in (document.id, *near)) else None


def replies_of(document: PostDocument, gate: Gate) -> str | None:
    """The collection of the answers to a post; only its own server keeps it."""
    found = document.replies
    return found if found is not None and gate.same_origin(found, document.id) else None


def history_of(document: PostDocument, gate: Gate) -> str | None:
    """The activities of a thread (`contextHistory` of FEP-f228), on the post's own origin."""
    found = reference(document.raw.get("contextHistory"), gate)
    return found if found is not None and gate.same_origin(found, document.id) else None

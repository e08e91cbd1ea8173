"""Collections: small ones whole, long ones in pages of at most 40, and followers only as a number.

Page ids are given by the caller. They have no query: what is signed of an address with one differs from
peer to peer.
"""

from collections.abc import Sequence

from fediverse_support.core.errors import TooLarge
from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.context import Json, embedded, without_nothing

PAGE = 40


def whole(uri: str, items: Sequence[str | Json], *, total: int | None = None) -> Json:
    """An ordered collection with all its items, or with its newest if `total` says that there are more.

    For moderators (ids), featured (Lemmy wants the posts embedded) and outboxes (Lemmy reads the
    activities right here and turns no page).
    """
    return {
        "@context": context.POST,
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": len(items) if total is None else total,
        "orderedItems": [_inside(item) for item in items],
    }


def paged(uri: str, total: int, first: str) -> Json:
    """An ordered collection that is read page by page from `first`."""
    return {
        "@context": context.PLAIN,
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": total,
        "first": first,
    }


def page(
    uri: str,
    part_of: str,
    items: Sequence[str | Json],
    *,
    next: str | None = None,
    prev: str | None = None,
    most: int = PAGE,
) -> Json:
    """One page; raises `TooLarge` for more than `most` items."""
    if len(items) > most:
        raise TooLarge(f"A page has at most {most} items.")
    return without_nothing(
        {
            "@context": context.POST,
            "id": uri,
            "type": "OrderedCollectionPage",
            "partOf": part_of,
            "next": next,
            "prev": prev,
            "orderedItems": [_inside(item) for item in items],
        }
    )


def count_only(uri: str, total: int | None) -> Json:
    """Followers or following: how many, and not who; None: not even that.

    The form is Lemmy's; Mastodon takes it for hidden.
    """
    return without_nothing(
        {"@context": context.PLAIN, "id": uri, "type": "Collection", "totalItems": total, "items": []}
    )


def thread(
    root_uri: str, posts: Sequence[str], *, group: str | None, total: int, pages: int | None = None
) -> Json:
    """The posts of a thread in order, the root first (FEP-f228): all here, or in this many pages.

    `group` owns the thread (FEP-7888, FEP-11dd).
    """
    uri = f"{root_uri}/context"
    return without_nothing(
        {
            "@context": context.PLAIN,
            "id": uri,
            "type": "OrderedCollection",
            "attributedTo": group,
            "audience": group,
            "totalItems": total,
            "first": f"{uri}/1" if pages else None,
            "last": f"{uri}/{pages}" if pages else None,
            "orderedItems": None if pages else list(posts),
        }
    )


def replies(post_uri: str, posts: Sequence[str], *, next: str | None = None) -> Json:
    """The answers to one post, with the first page inside: Mastodon walks threads by these."""
    uri = f"{post_uri}/replies"
    first = {"type": "CollectionPage", "partOf": uri, "next": next, "items": list(posts)}
    return {
        "@context": context.PLAIN,
        "id": uri,
        "type": "Collection",
        "first": without_nothing(first),
    }


def _inside(item: str | Json) -> str | Json:
    return item if isinstance(item, str) else embedded(item)

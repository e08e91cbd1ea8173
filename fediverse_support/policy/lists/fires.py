"""FIRES datasets: moderation advice as a series of changes (fires.fedimod.org, a draft).

A dataset names two collections: `snapshot`, what holds now, and `changes`, from the oldest to the newest,
which can be read on from the last change that is known. Per entity the newest change counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import Level
from fediverse_support.policy.lists.rows import Listed, Rows, Skip

_LEVEL_OF: dict[str, Level] = {
    "drop": "blocked",
    "reject": "blocked",
    "filter": "limited",
    "accept": "allowed",
}
_GONE = ("Retraction", "Tombstone", "Advisory")
_START = datetime.min.replace(tzinfo=UTC)


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """Where a dataset is read: all of it, and what has changed since."""

    snapshot: str
    changes: str | None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a collection, and where the next part or (`first`) its first one is."""

    items: tuple[dict[str, Any], ...]
    next: str | None
    first: str | None


class Reduced(msgspec.Struct, frozen=True, kw_only=True):
    """What changes come to: what is advised, about whom nothing is advised any more, and the last change."""

    entries: tuple[Listed, ...]
    gone: frozenset[str]
    skipped: Mapping[Skip, int]
    last: str | None


def is_dataset(document: Mapping[str, Any]) -> bool:
    """Whether a document is a dataset; `type` may be an array."""
    kind = document.get("type")
    return kind == "Dataset" or (isinstance(kind, list) and "Dataset" in kind)


def dataset(document: Mapping[str, Any]) -> Dataset:
    """The addresses of a dataset. Raises `Malformed`."""
    endpoints = document.get("endpoints")
    if not is_dataset(document) or not isinstance(endpoints, dict):
        raise Malformed("This is not a FIRES dataset.")
    snapshot, changes = endpoints.get("snapshot"), endpoints.get("changes")
    if not isinstance(snapshot, str):
        raise Malformed("This FIRES dataset does not say where its snapshot is.")
    return Dataset(snapshot=snapshot, changes=changes if isinstance(changes, str) else None)


def page(document: Mapping[str, Any]) -> Page:
    """A collection or a page of one. A page may be embedded as `first`. Raises `Malformed`."""
    if not str(document.get("type", "")).startswith(("OrderedCollection", "Collection")):
        raise Malformed("This is not a collection of a FIRES dataset.")
    embedded = document.get("first")
    if isinstance(embedded, dict) and "orderedItems" not in document:
        return page(embedded)
    items = document.get("orderedItems", document.get("items", []))
    following = document.get("next")
    return Page(
        items=tuple(item for item in items if isinstance(item, dict)) if isinstance(items, list) else (),
        next=following if isinstance(following, str) else None,
        first=embedded if isinstance(embedded, str) else None,
    )


def reduce(changes: Sequence[Mapping[str, Any]], ours: Sequence[str] = ()) -> Reduced:
    """What a series of changes comes to; where they have no dates, the later in the series is the newer.

    An advisory is a warning without advice: it takes the place of earlier advice, and gives none. Labels and
    filters that we have no word for are left alone.
    """
    rows, newest, gone = Rows(ours), _newest(changes), set[str]()
    for change in changes:
        if change.get("entityKind", "domain") != "domain":
            rows.skip("actor")
    for name, change in newest.items():
        if change.get("type") in _GONE:
            gone.add(name)
            if change.get("type") == "Advisory":
                rows.skip("advisory")
        elif not _take(rows, name, change):
            gone.add(name)
    listing = rows.listing()
    ids = [str(change["id"]) for change in sorted(changes, key=_when) if isinstance(change.get("id"), str)]
    return Reduced(
        entries=listing.entries,
        gone=frozenset(gone),
        skipped=listing.skipped,
        last=ids[-1][:2048] if ids else None,
    )


def _newest(changes: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The newest change about each domain."""
    found: dict[str, Mapping[str, Any]] = {}
    for change in sorted(changes, key=_when):
        name = change.get("entityKey")
        if isinstance(name, str) and change.get("entityKind", "domain") == "domain":
            found[name.strip().lower().rstrip(".")] = change
    return found


def _take(rows: Rows, name: str, change: Mapping[str, Any]) -> bool:
    """Take a recommendation in; False if it advises nothing that we know."""
    level = _LEVEL_OF.get(str(change.get("recommendedPolicy", "")).lower())
    if level is None:
        rows.skip("severity")
        return False
    filters = change.get("recommendedFilters")
    names = (
        {str(one).rstrip("/").rpartition("/")[2].rpartition("#")[2] for one in filters or ()}
        if isinstance(filters, list)
        else set[str]()
    )
    comment = change.get("comment")
    rows.add(
        name,
        level,
        no_media=level == "limited" and "reject-media" in names,
        no_reports=level == "limited" and not names.isdisjoint({"reject-reports", "ignore-reports"}),
        reason=comment if isinstance(comment, str) else "",
    )
    return True


def _when(change: Mapping[str, Any]) -> datetime:
    try:
        found = datetime.fromisoformat(str(change.get("published", "")))
    except ValueError:
        return _START
    return found if found.tzinfo else found.replace(tzinfo=UTC)

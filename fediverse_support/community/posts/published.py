"""What other servers may fetch from us: who is known outside, and what is still to be seen of what was said.

One rule stands above all: what whoever asks may not see does not exist. A sealed group, somebody who has only
asked to join, a post for members whom their server has none of: each is answered like a name that was never
given out (L3), by the same statements to the database. What was public and was deleted leaves a tombstone.

An activity is kept word for word as it was sent, but it is not served word for word for ever: what it
carries may have been taken back, hidden or edited since.
"""

from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community import visibility
from fediverse_support.community.posts import post_activities
from fediverse_support.community.reading import threads
from fediverse_support.core.errors import Gone, Malformed, Missing
from fediverse_support.core.identifiers import is_local_name
from fediverse_support.core.models import GUEST, Actor, Group, Post, Viewer
from fediverse_support.database import activities, actors, groups, posts, tombstones
from fediverse_support.database.activities import Listed
from fediverse_support.database.pool import Connection
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.addressing import is_public
from fediverse_support.protocol.rendering.posts import tombstone
from fediverse_support.protocol.rendering.times import precise_time
from fediverse_support.protocol.site import Site

LARGEST_PAGE = 800_000
"""Bytes of one page of an outbox: Lemmy reads no document of more than a mebibyte."""

_SPOKEN_ALOUD = frozenset({"Create", "Update", "Delete", "Announce", "Add", "Remove", "Lock", "Undo"})
"""What may be fetched if it is addressed to everybody; who was blocked or reported is not among it."""


class Served(msgspec.Struct, frozen=True):
    """A document as it may be served now; with `is_gone` it is a tombstone, for 410."""

    document: dict[str, Any]
    is_gone: bool = False


async def group(db: Connection, viewer: Viewer, name: str) -> Group:
    """Our group of this name, perhaps gone. Raises `Missing`, also for one that `viewer` may not know of."""
    found = await groups.by_name(db, name) if is_local_name(name) else None
    if found is None or not _is_shown(viewer, found.actor, found):
        raise Missing
    return found


async def person(db: Connection, name: str) -> Actor:
    """Our member of this name, perhaps gone. Raises `Missing`, also for one who is not shown."""
    found = await actors.local_by_name(db, name) if is_local_name(name) else None
    if found is None or found.type != "Person" or not _is_shown(GUEST, found, None):
        raise Missing
    return found


async def person_or_group(db: Connection, viewer: Viewer, name: str) -> Actor:
    """Whoever has this name: there is one name space. Raises as `group` and `person` do."""
    found = await groups.named(db, name) if is_local_name(name) else None
    if found is None or not _is_shown(viewer, *found):
        raise Missing
    return found[0]


async def closed_group(db: Connection, viewer: Viewer, name: str) -> Actor:
    """Our group of this name if what is said in it is for its members. Raises `Missing`; `Malformed` for one
    that is open to everybody.
    """
    found = await group(db, viewer, name)
    if found.actor.state != "active":
        raise Missing
    if not visibility.is_closed(found):
        raise Malformed("Everybody may see what is said in this group.")
    return found.actor


async def post(db: Connection, viewer: Viewer, site: Site, public_id: str) -> Served:
    """The Note of one of our posts, or its tombstone. Raises `Missing`."""
    try:
        found = await visible(db, viewer, site, public_id)
    except Gone:
        buried = await tombstones.tombstone(db, site.post(public_id))
        return Served(tombstone(site.post(public_id), *(buried or ("Note", None))), is_gone=True)
    return Served(await note_of(db, site, found))


async def visible(db: Connection, viewer: Viewer, site: Site, public_id: str) -> Post:
    """The post of ours with this id, if `viewer` may see it. Raises `Missing`, or `Gone`.

    Posts of other servers have pages here, but their documents are theirs to serve.
    """
    found = await threads.visible_post(db, viewer, public_id)
    if not site.is_ours(found.uri):
        raise Missing
    return found


async def note_of(db: Connection, site: Site, found: Post) -> dict[str, Any]:
    """The Note of a post of ours, for somebody who may see it."""
    author = await actors.by_id(db, found.author_id)
    if author is None:
        raise Missing
    place = await actors.by_id(db, found.group_id) if found.group_id else None
    parent = await posts.by_id(db, found.parent_id) if found.parent_id else None
    answered = await actors.by_id(db, parent.author_id) if parent else None
    return await post_activities.render(db, site, found, author, place, answered)


async def said_elsewhere(
    db: Connection, site: Site, public_id: str, *, is_activity: bool
) -> tuple[Actor, datetime] | None:
    """The group elsewhere for whose members one of ours said this, and when. `public_id` is that of the post,
    or of an activity about it.
    """
    uri = site.activity(public_id) if is_activity else site.post(public_id)
    found = await posts.said_elsewhere(db, uri)
    group = await actors.by_id(db, found[0]) if found else None
    return (group, found[1]) if group and found else None


async def activity(db: Connection, viewer: Viewer, site: Site, public_id: str) -> Served:
    """An activity of one of our actors, or its tombstone if it was undone. Raises `Missing`.

    Who was blocked or reported is not told, and of what is about a post only to who may see the post.
    """
    found = await activities.fetched(db, viewer, site.activity(public_id))
    if found is None:
        raise Missing
    document = json_gate.read(found.body.encode(), json_gate.FETCHED)
    if not (found.is_public or _is_spoken_aloud(document, found.is_for_members)):
        raise Missing
    if found.undone_at is not None:
        return Served(tombstone(found.uri, found.type, found.undone_at), is_gone=True)
    return Served(as_worded_now(document, found.edited_at))


async def outbox(
    db: Connection, viewer: Viewer, site: Site, actor: Actor, before: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of what an actor has published, the newest first, and the id with which the next one begins.

    `before` is the random id of the activity that the last page ended with; raises `Missing` for another's.
    """
    place = await _place(db, site, actor, before) if before else None
    lines = await activities.outbox_of(db, viewer, actor.id, place, limit)
    taken = _fitting(lines)
    shown = [
        as_worded_now(json_gate.read(line.body.encode(), json_gate.FETCHED), line.edited_at) for line in taken
    ]
    has_more = len(taken) < len(lines) or len(lines) == limit
    return shown, taken[-1].uri.rpartition("/")[2] if taken and has_more else None


def as_worded_now(document: dict[str, Any], edited_at: datetime | None) -> dict[str, Any]:
    """`document`, but a post in it that was edited since is named by its id only.

    Whoever wants it fetches it as it is now; what its author took back is not to be read here.
    """
    inner = document.get("object")
    if edited_at is None or not isinstance(inner, dict):
        return document
    if "object" in inner:
        return {**document, "object": as_worded_now(inner, edited_at)}
    if inner.get("updated") == precise_time(edited_at):
        return document
    return {**document, "object": inner.get("id")}


def _is_shown(viewer: Viewer, actor: Actor, rules: Group | None) -> bool:
    """Whether `viewer` may know of an actor of ours; `rules` are its own if it is a group."""
    if not actor.is_group:
        return actor.state != "suspended"
    is_known = rules is not None and visibility.federates(rules) and visibility.may_know(viewer, rules)
    return is_known and actor.state != "suspended"


def _is_spoken_aloud(document: dict[str, Any], is_for_members: bool) -> bool:
    """Whether this is for everybody; or about what members see, and then the asker is known to be one."""
    inner = document.get("object")
    kinds = {document["type"], inner.get("type") if isinstance(inner, dict) and "object" in inner else None}
    to, cc = document.get("to") or [], document.get("cc") or []
    return kinds - {None} <= _SPOKEN_ALOUD and (is_for_members or is_public(to, cc))


async def _place(db: Connection, site: Site, actor: Actor, before: str) -> int:
    last = await activities.by_uri(db, site.activity(before))
    if last is None or last.actor_id != actor.id or not (last.is_public or last.is_listed):
        raise Missing
    return last.id


def _fitting(lines: list[Listed]) -> list[Listed]:
    """As many of the first lines as fit into a page; one at least."""
    size = 0
    for number, line in enumerate(lines):
        size += len(line.body)
        if number and size > LARGEST_PAGE:
            return lines[:number]
    return lines

"""Posts that come over the wire find their place: which group, below which post, and in which order.

Arrivals may come late, twice, or before what they answer; the end is the same:

- versions of a post are ordered by the time that they carry, the newest is shown, the others are history;
- a reply whose parent is missing starts a thread of its own, so that it is seen, and takes its place when
  the parent comes, with everything that was said below it;
- what its author deleted stays deleted, whatever arrives afterwards.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
import structlog

from fediverse_support.community.arriving import audiences, gathering, received_posts
from fediverse_support.community.arriving.received_posts import Place
from fediverse_support.community.joining import speaking
from fediverse_support.community.notifying import happenings
from fediverse_support.community.people import personal_audiences
from fediverse_support.community.posts import announcing, holds, kinds
from fediverse_support.community.posts.amendments import amended
from fediverse_support.community.posts.judging import Judged
from fediverse_support.core.errors import Forbidden, Gone, Refused, Unavailable
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, held, places, post_amendments, posts
from fediverse_support.database import holds as stored_holds
from fediverse_support.database.pool import Connection
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.addressing import is_public
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import PostDocument

_SIGNED = ("proof", "signature")
MOVED_AT_ONCE = 500
"""Posts that move with a reply when its parent arrives; a deep thread that comes from its end would otherwise
cost the square of its length."""
MOVED_BY_REUNION = 20_000
LARGEST_THREAD = 1_000_000

log = structlog.get_logger()


class Received(msgspec.Struct, frozen=True):
    """What became of an arriving post."""

    post: Post
    what: Literal["new", "edited", "older", "known", "deleted", "waits"]

    @property
    def sentence(self) -> str:
        """The same for the moderators."""
        held = " A moderator looks at it first." if self.post.state == "held" else ""
        return _SENTENCES[self.what] + held


_SENTENCES = {
    "new": "Stored.",
    "edited": "Changed.",
    "older": "An older version.",
    "known": "Known.",
    "waits": "A moderator looks at this change first.",
    "deleted": "Its author had deleted this before it arrived: only its place is kept.",
}


async def place_of(
    db: Connection, document: PostDocument, author: Actor, now: datetime, *, within: Actor | None = None
) -> Place:
    """The parent that we know, and the group: the parent's, the one addressed, or at last `within`."""
    found = await places.find(
        db,
        object_uri=document.id,
        author=author,
        in_reply_to=document.in_reply_to,
        addressed=[*document.audience, *document.to, *document.cc],
        within=within.uri if within else None,
        is_public=is_public(document.to, document.cc),
        now=now,
    )
    return personal_audiences.place_in(found, document, author)


async def receive(
    db: Connection,
    site: Site,
    document: PostDocument,
    author: Actor,
    place: Place,
    judged: Judged,
    activity: Mapping[str, Any] | None,
    now: datetime,
) -> Received:
    """Store a post by its verified author in its place; a group of ours announces it if it is live.

    What policy holds waits for a moderator: of a new post everything, of a later version of a live one its
    words, and then nothing is done here (`waits`). What it asks for besides is done to every version.

    `activity` is what brought it, for the group to pass on; None for something that we looked up by
    ourselves, which is stored without being announced. Of what its author deleted before it arrived only
    the place is kept, as it would be had both come in order. Raises `Gone` for another version of a deleted
    post, `Refused` or `Forbidden` if it may not be said there. Safe to run twice.
    """
    known = await posts.by_uri(db, document.id, for_update=True) if place.is_known else None
    if known is not None:
        if place.standing.is_blocked and known.group_id is not None:
            raise Forbidden(speaking.ASKED_AWAY)
        return await _another_version(db, site, known, document, author, place.named, judged, activity, now)
    if document.is_vote:
        raise Refused("This is a vote, and not a post.")
    check_may_speak(place, author, document)
    post = received_posts.new(site, document, author, place, now)
    post = amended(post, judged.decision.amendments)
    if judged.decision.is_held:
        personal_audiences.check_held(post)
        post = msgspec.structs.replace(post, state="held")
    if not await posts.insert(db, post):
        raise Unavailable("This arrived twice at the same moment.")
    await post_amendments.add(db, post.id, judged.decision.amendments)
    if place.is_buried:
        await posts.erase(db, post.id)
        post = msgspec.structs.replace(post, state="deleted")
    else:
        await kinds.arrived(db, post, document, now)
    if post.state == "held":
        await _hold(db, post, author, judged, activity, now)
    await _settle(db, site, post, author, place, activity, now)
    return Received(post, "deleted" if place.is_buried else "new")


async def _hold(
    db: Connection,
    post: Post,
    author: Actor,
    judged: Judged,
    activity: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """A new post waits, with what brought it: that is what its group announces if it is let in."""
    if activity is not None:
        await held.keep(db, post.id, json_gate.write(dict(activity)).decode())
    await holds.keep_post(db, post, author.uri, judged.decision, judged.number, now)


async def _settle(
    db: Connection,
    site: Site,
    post: Post,
    author: Actor,
    place: Place,
    activity: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """A post has its place: wake its thread, announce it, and let the replies that waited for it follow."""
    if post.state == "live":
        if not post.is_root:
            await posts.touch_thread(db, post.root_id, post.active_at)
        await happenings.post_live(db, site, post, now)
        if activity is not None and place.group is not None and place.group.is_local:
            await announcing.announce_post(db, site, place.group, post, author, activity, now)
    if place.is_awaited:
        await _adopt(db, post)
    await gathering.for_stray(db, post, now)


async def _adopt(db: Connection, parent: Post, most: int = MOVED_AT_ONCE) -> int:
    """Move the replies that arrived before `parent` below it, with their threads; how many posts moved.

    If that is more than `most` posts, none: `reunite` moves them soon.
    """
    moved = await posts.adopt(db, parent, most)
    if moved is None:
        log.info("arrivals.too_many_to_move", number=most)
        return 0
    if moved:
        await posts.refresh_activity(db, parent.root_id)
        await stored_holds.follow_thread(db, parent.root_id)
    return moved


async def reunite(db: Connection, limit: int = 100, most: int = MOVED_BY_REUNION) -> int:
    """Move replies below their parents that were not when these arrived; how many posts moved.

    Either both arrived at the same moment, and neither could see the other, or so much had been said below
    them that whoever sent the parent could have made us move it again and again. Ends after about `most`
    posts. The caller opened the transaction. Safe to run twice.
    """
    moved = 0
    for parent in await posts.parents_of_strays(db, limit):
        if moved >= most:
            break
        # Those before may have moved this one.
        current = await posts.by_id(db, parent.id)
        moved += await _adopt(db, current, LARGEST_THREAD) if current is not None else 0
    return moved


async def _another_version(
    db: Connection,
    site: Site,
    known: Post,
    document: PostDocument,
    author: Actor,
    named: tuple[int, ...],
    judged: Judged,
    activity: Mapping[str, Any] | None,
    now: datetime,
) -> Received:
    if known.author_id != author.id:
        raise Refused("Only the author may change a post.")
    if known.state == "deleted":
        raise Gone("This was deleted by its author.")
    moment, shown = received_posts.version_time(document, known), known.edited_at or known.published_at
    group = await actors.by_id(db, known.group_id) if known.group_id else None
    if known.group_id is None:
        personal_audiences.check_unchanged(document, author, known)
    else:
        audiences.check_unchanged(document, known, group)
    if moment == shown:
        if await kinds.changed(db, known, document, now, is_newer=False):
            await _pass_on(db, site, group, activity, known, now)
        await _announce_if_owed(db, site, known, author, group, activity, now)
        return Received(known, "known")
    if judged.decision.is_held and known.state == "live":
        personal_audiences.check_held(known)
        return Received(known, "waits" if moment > shown else "older")
    amendments = judged.decision.amendments | await post_amendments.of_post(db, known.id)
    incoming = amended(received_posts.changed(known, document, moment, named), amendments)
    if moment < shown:
        await posts.insert_version(db, known.id, moment, incoming)
        return Received(known, "older")
    await posts.insert_version(db, known.id, shown, known)
    await post_amendments.add(db, known.id, judged.decision.amendments)
    await posts.replace_text(db, incoming)
    if incoming.reach != known.reach:
        await posts.amend(db, incoming)
    if known.state == "held":
        await _wait_anew(db, incoming, document, author, judged, now)
    await kinds.changed(db, incoming, document, now, is_newer=True)
    await happenings.post_changed(db, site, incoming, now)
    await _pass_on(db, site, group, activity, incoming, now)
    return Received(incoming, "edited")


async def _wait_anew(
    db: Connection, post: Post, document: PostDocument, author: Actor, judged: Judged, now: datetime
) -> None:
    """What waits goes on waiting, whatever its author makes of it; what was sent back to them waits again.

    A group that lets it in announces what the moderator has read, and not what was there at first.
    """
    await holds.keep_post(db, post, author.uri, judged.decision, judged.number, now)
    kept = await held.take(db, post.id)
    if kept is not None:
        create = json_gate.read(kept.encode())
        unsigned = {name: value for name, value in create.items() if name not in _SIGNED}
        await held.keep(db, post.id, json_gate.write({**unsigned, "object": document.raw}).decode())


async def _pass_on(
    db: Connection,
    site: Site,
    group: Actor | None,
    activity: Mapping[str, Any] | None,
    known: Post,
    now: datetime,
) -> None:
    """A group of ours hands on what changed a post in it, if the change was sent to us."""
    if activity is not None and group is not None and group.is_local and known.state == "live":
        await announcing.pass_on(db, site, group, activity, known.uri, now)


async def _announce_if_owed(
    db: Connection,
    site: Site,
    known: Post,
    author: Actor,
    group: Actor | None,
    activity: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """A post that we had looked up for an answer to it is announced when its author sends it."""
    if activity is None or activity.get("type") != "Create" or known.state != "live":
        return
    if group is None or not group.is_local or await stored.standing(db, group.id, "Announce", [known.uri]):
        return
    await announcing.announce_post(db, site, group, known, author, activity, now)


def check_may_speak(place: Place, author: Actor, document: PostDocument) -> None:
    """Raise `Refused` or `Forbidden` unless `author` may say this there."""
    if place.group is None:
        personal_audiences.check(document, author, place)
        return
    audiences.check(document, author, place.group, place.rules, place.parent, is_vouched=place.is_vouched)
    if place.group.is_local:
        if place.rules is None:
            raise Refused("This group is gone.")
        speaking.check(place.rules, author, place.standing)

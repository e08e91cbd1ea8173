"""A group passes on what was accepted in it: to every follower, in the words that their server knows.

Servers of the threadiverse (Lemmy, PieFed, NodeBB, …) get `Announce{the activity as it came}` for all that
happens. Microblog servers (Mastodon, GoToSocial, …) get `Announce{the id of the post}`, a boost, for
open thread starts only; replies reach them through the thread. Which server is which follows from its
software (federation notes 5.3).

What only members may see is announced as a whole activity to the servers of members, whatever they speak,
except those that would show it to others (`protocol/peers.py`), and never boosted. What is sealed is
announced to nobody: asked to do so, every function here does nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community import visibility
from fediverse_support.core.models import Actor, Post, Reach
from fediverse_support.database import activities as stored
from fediverse_support.database import deliveries, groups, posts
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import Followers, Piece, new_activity_uri, publish, publish_all
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site


async def announce_post(
    db: Connection,
    site: Site,
    group: Actor,
    post: Post,
    author: Actor,
    activity: Mapping[str, Any],
    now: datetime,
) -> None:
    """Announce a new post that is live: the activity to some; the boost to the others, if it is open."""
    if post.reach == "sealed":
        return
    wrapped = _wrapped(site, group, activity, now, post.reach)
    # Thread starts stand in the outbox: as the boost, which shows what is beside it, or else as themselves.
    is_listed = post.in_reply_to is None and not _is_boosted(post)
    pieces = [msgspec.structs.replace(wrapped, is_listed=is_listed)]
    if _is_boosted(post):
        pieces.append(_boost(site, group, post, author, now))
    await publish_all(db, site, group, pieces, object_uri=post.uri)


async def announce_again(
    db: Connection, site: Site, group: Actor, post: Post, author: Actor, now: datetime
) -> None:
    """A post that was withdrawn is back: boost it anew, and let the group's outbox show it."""
    await stored.stand_again(db, group.id, post.uri)
    if _is_boosted(post):
        boost = _boost(site, group, post, author, now)
        await publish_all(db, site, group, [boost], object_uri=post.uri)


def _is_boosted(post: Post) -> bool:
    """A boost puts a thread before people who did not look for it: only what is open is for that."""
    return post.in_reply_to is None and post.reach == "open"


def _boost(site: Site, group: Actor, post: Post, author: Actor, now: datetime) -> Piece:
    boost = activities.announce_object(
        new_activity_uri(site),
        group=group,
        object_id=post.uri,
        author=author.uri,
        reach=post.reach,
        now=now,
    )
    return Piece(document=boost, is_public=True, followers=Followers(group, "object"), to=(author,))


async def pass_on(
    db: Connection,
    site: Site,
    group: Actor,
    activity: Mapping[str, Any],
    object_uri: str,
    now: datetime,
    *,
    reach: Reach | None = None,
) -> None:
    """Announce an activity about something in the group, unchanged, to servers that unwrap it (FEP-1b12).

    It goes as far as what it is about: `reach`, or else that of the post `object_uri`, or, if that is no
    post, as far as the group shows what is said in it.
    """
    reach = reach or await _reach_of(db, group, object_uri)
    if reach != "sealed":
        wrapped = _wrapped(site, group, activity, now, reach)
        await publish_all(db, site, group, [wrapped], object_uri=object_uri)


async def pass_on_to(
    db: Connection,
    site: Site,
    group: Actor,
    activity: Mapping[str, Any],
    object_uri: str,
    now: datetime,
    *,
    reach: Reach,
    keeps_private: bool | None,
) -> None:
    """The same, but only to those servers that are known not to keep private what members say (False), only
    to the others (True), or to all (None).
    """
    wrapped = _wrapped(site, group, activity, now, reach)
    told = Followers(group, None if reach == "members" else "activity", keeps_private)
    piece = msgspec.structs.replace(wrapped, followers=told)
    await publish_all(db, site, group, [piece], object_uri=object_uri)


async def hosts_of_members(db: Connection, group: Actor) -> list[str]:
    """The servers that get what is for members of this group of ours: the true list, as it is delivered."""
    return await deliveries.hosts_reached(db, group.id, keeps_private=True)


async def _reach_of(db: Connection, group: Actor, object_uri: str) -> Reach:
    post = await posts.by_uri(db, object_uri)
    if post is not None:
        return post.reach
    rules = await groups.by_actor(db, group.id)
    # A group of ours has rules as long as it is there; of one that is not, nothing is told.
    return visibility.reach_of(rules) if rules is not None else "sealed"


def _wrapped(site: Site, group: Actor, activity: Mapping[str, Any], now: datetime, reach: Reach) -> Piece:
    wrapped = activities.announce_activity(
        new_activity_uri(site),
        group=group,
        activity=_without_blind_copies(activity),
        reach=reach,
        now=now,
    )
    if reach == "members":
        return Piece(document=wrapped, followers=Followers(group, keeps_private=True))
    return Piece(document=wrapped, followers=Followers(group, "activity"))


def _without_blind_copies(activity: Mapping[str, Any]) -> Mapping[str, Any]:
    """`bto` and `bcc` name people in confidence; a sender should have cut them, and we do (L13)."""
    if "bto" in activity or "bcc" in activity:
        activity = {name: value for name, value in activity.items() if name not in ("bto", "bcc")}
    inner = activity.get("object")
    if isinstance(inner, Mapping) and ("bto" in inner or "bcc" in inner):
        return {**activity, "object": _without_blind_copies(inner)}
    return activity


async def withdraw(db: Connection, site: Site, group: Actor, post: Post, now: datetime) -> None:
    """Undo the boost of a post, for servers that would not follow a moderator's Delete. Safe to run twice."""
    await withdraw_all(db, site, group, [post.uri], now)


async def withdraw_all(db: Connection, site: Site, group: Actor, uris: Sequence[str], now: datetime) -> None:
    """Undo the boosts of several posts. Safe to run twice."""
    for boost in await stored.standing(db, group.id, "Announce", uris):
        if boost.is_public:
            undo = activities.undo(
                new_activity_uri(site), actor=group.uri, undone=json_gate.read(boost.body.encode())
            )
            await publish(
                db, site, group, undo, object_uri=boost.object_uri, followers=Followers(group, "object")
            )
        await stored.mark_undone(db, boost.id, now)

"""A group passes on what was accepted in it: to every follower, in the words that their server knows.

Servers of the threadiverse (Lemmy, PieFed, NodeBB, …) get `Announce{the activity as it came}` for all that
happens. Microblog servers (Mastodon, GoToSocial, …) get `Announce{the id of the post}`, a boost, for
thread starts only; replies reach them through the thread. Which server is which follows from its
software (federation notes 5.3).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fediverse_support.core.models import Actor, Post, Reach
from fediverse_support.database import activities as stored
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
    """Announce a new post that is public and live: the activity to some, the boost to the others."""
    pieces = [_wrapped(site, group, activity, now, post.reach)]
    if post.in_reply_to is None:
        pieces.append(_boost(site, group, post, author, now))
    await publish_all(db, site, group, pieces, object_uri=post.uri)


async def announce_again(
    db: Connection, site: Site, group: Actor, post: Post, author: Actor, now: datetime
) -> None:
    """A post that was withdrawn is back: boost it anew, and let the group's outbox show it."""
    await stored.stand_again(db, group.id, post.uri)
    if post.in_reply_to is None:
        boost = _boost(site, group, post, author, now)
        await publish_all(db, site, group, [boost], object_uri=post.uri)


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
    reach: Reach = "open",
) -> None:
    """Announce an activity about something in the group, unchanged, to servers that unwrap it (FEP-1b12)."""
    await publish_all(db, site, group, [_wrapped(site, group, activity, now, reach)], object_uri=object_uri)


def _wrapped(site: Site, group: Actor, activity: Mapping[str, Any], now: datetime, reach: Reach) -> Piece:
    wrapped = activities.announce_activity(
        new_activity_uri(site),
        group=group,
        activity=_without_blind_copies(activity),
        reach=reach,
        now=now,
    )
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
    for boost in await stored.standing(db, group.id, "Announce", [post.uri]):
        if boost.is_public:
            undo = activities.undo(
                new_activity_uri(site), actor=group.uri, undone=json_gate.read(boost.body.encode())
            )
            await publish(db, site, group, undo, object_uri=post.uri, followers=Followers(group, "object"))
        await stored.mark_undone(db, boost.id, now)

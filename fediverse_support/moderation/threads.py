"""Closing conversations for answers, opening them again, keeping posts at the top of a group. On the record.

In a group of another server it is the group that is told, by the one of us who looks after it.
"""

from datetime import datetime
from typing import Any

from fediverse_support.community import visibility
from fediverse_support.community.groups import pins
from fediverse_support.community.posts import telling
from fediverse_support.core.errors import Conflict, Missing
from fediverse_support.core.models import Account, Actor, Post
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, locks
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds, rights
from fediverse_support.outbox.publishing import new_activity_uri
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site


async def lock(db: Connection, site: Site, post: Post, by: Account, reason: str, now: datetime) -> None:
    """Close a post, and all below it, for answers; the caller opened the transaction.

    Raises `Conflict` if it is closed or out of view.
    """
    moderator, group = await rights.acting(db, by), await group_of(db, post)
    if post.state != "live" or not await locks.lock(db, post.id, moderator.id, now):
        raise Conflict("This is closed already, or was taken away.")
    await _tell(db, site, post, group, moderator, _lock(site, post, group, moderator, reason), now)
    await deeds.record(db, by, "lock thread", post.uri, reason, now, group_id=group.id)


async def unlock(db: Connection, site: Site, post: Post, by: Account, reason: str, now: datetime) -> None:
    """Open a post for answers again; the caller opened the transaction. Raises `Conflict` if it is open."""
    moderator, group = await rights.acting(db, by), await group_of(db, post)
    if not await locks.unlock(db, post.id):
        raise Conflict("This is open already.")
    undone = _lock(site, post, group, moderator, "")
    for sent in await stored.standing(db, moderator.id, "Lock", [post.uri]):
        undone = json_gate.read(sent.body.encode()) if undone else None
        await stored.mark_undone(db, sent.id, now)
    undo = activities.undo(new_activity_uri(site), actor=moderator.uri, undone=undone) if undone else None
    await _tell(db, site, post, group, moderator, undo, now)
    await deeds.record(db, by, "unlock thread", post.uri, reason, now, group_id=group.id)


async def pin(db: Connection, site: Site, post: Post, by: Account, reason: str, now: datetime) -> None:
    """Keep a post at the top of its group. Raises `Conflict` if that cannot be. Safe to run twice."""
    moderator, group = await rights.acting(db, by), await group_of(db, post)
    await pins.pin(db, site, group, post)
    await _tell(db, site, post, group, moderator, _pin(site, post, group, moderator, adds=True), now)
    await deeds.record(db, by, "pin post", post.uri, reason, now, group_id=group.id)


async def unpin(db: Connection, site: Site, post: Post, by: Account, reason: str, now: datetime) -> None:
    """Let a post sink again. Safe to run twice."""
    moderator, group = await rights.acting(db, by), await group_of(db, post)
    await pins.unpin(db, site, group, post.uri)
    await _tell(db, site, post, group, moderator, _pin(site, post, group, moderator, adds=False), now)
    await deeds.record(db, by, "unpin post", post.uri, reason, now, group_id=group.id)


async def group_of(db: Connection, post: Post) -> Actor:
    """The group that a post is in. Raises `Missing` if it is in none."""
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    if group is None:
        raise Missing("This is in no group any more.")
    return group


async def _tell(
    db: Connection,
    site: Site,
    post: Post,
    group: Actor,
    moderator: Actor,
    activity: dict[str, Any] | None,
    now: datetime,
) -> None:
    if activity is not None and await rights.speaks_there(db, group, moderator):
        await telling.tell(
            db, site, group, moderator, activity, object_uri=post.uri, reach=post.reach, now=now
        )


def _lock(site: Site, post: Post, group: Actor, moderator: Actor, reason: str) -> dict[str, Any] | None:
    if not visibility.leaves(post):
        return None
    return activities.lock(
        new_activity_uri(site),
        actor=moderator.uri,
        object_id=post.uri,
        group=group,
        reach=post.reach,
        reason=reason or None,
    )


def _pin(site: Site, post: Post, group: Actor, moderator: Actor, *, adds: bool) -> dict[str, Any] | None:
    if post.reach == "sealed":
        return None
    render = activities.add if adds else activities.remove
    return render(
        new_activity_uri(site),
        actor=moderator.uri,
        object_id=post.uri,
        target=group.featured_url or f"{group.uri}/featured",
        group=group,
        reach=post.reach,
    )

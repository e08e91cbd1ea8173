"""Letting held posts in, hiding posts and bringing them back, on the record.

What is hidden is kept: its author and the moderators see it, and it can come back. Where a post of one of our
groups had been announced, the servers that were told of it are told of its end, and of its return.
"""

from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community import announcing, removals, visibility
from fediverse_support.core.errors import Conflict, Missing
from fediverse_support.core.models import Account, Actor, Post
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, held, posts
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.addressing import audience_for_group_post
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site


async def hide(db: Connection, site: Site, post: Post, by: Account, reason: str, now: datetime) -> None:
    """Take a live or held post out of view; the caller opened the transaction.

    Raises `Conflict` if it is neither, perhaps because somebody else was quicker.
    """
    if post.state not in ("live", "held"):
        raise Conflict("This post is hidden or deleted already.")
    moderator, group = await _those_concerned(db, post, by)
    await posts.set_state(db, post.id, "hidden", moderator.id)
    await posts.refresh_activity(db, post.root_id)
    if group is not None and group.is_local and visibility.is_public(post):
        await _tell_of_end(db, site, post, group, moderator, reason, now)
    await deeds.record(db, by, "hide post", post.uri, reason, now)


async def show(db: Connection, site: Site, post: Post, by: Account, reason: str, now: datetime) -> None:
    """Let a held post in, or bring back a hidden one; the caller opened the transaction.

    A post that was held is announced now, as it would have been on its arrival. Raises `Conflict` if it is
    neither held nor hidden.
    """
    _, group = await _those_concerned(db, post, by)
    live = msgspec.structs.replace(post, state="live")
    kept = await held.take(db, post.id)
    match post.state:
        case "hidden" if kept is None:
            await _bring_back(db, site, live, group, now)
        case "held" | "hidden":
            await _let_in(db, site, live, group, kept, now)
        case _:
            raise Conflict("This post is not held or hidden any more.")
    await deeds.record(db, by, "let post in" if kept else "show post", post.uri, reason, now)


async def _let_in(
    db: Connection, site: Site, post: Post, group: Actor | None, kept: str | None, now: datetime
) -> None:
    await posts.set_state(db, post.id, "live", None)
    await posts.refresh_activity(db, post.root_id)
    author = await actors.by_id(db, post.author_id)
    if kept is not None and group is not None and group.is_local and author is not None:
        activity = json_gate.read(kept.encode())
        await announcing.announce_post(db, site, group, post, author, activity, now)


async def _bring_back(db: Connection, site: Site, post: Post, group: Actor | None, now: datetime) -> None:
    """Undo the Delete that was sent of it; if none was, nobody outside was told and nobody is told now."""
    await posts.set_state(db, post.id, "live", None)
    await posts.refresh_activity(db, post.root_id)
    hider = await actors.by_id(db, post.hidden_by) if post.hidden_by else None
    if hider is None or not hider.is_local:
        return
    for sent in await stored.standing(db, hider.id, "Delete", [post.uri]):
        undone = json_gate.read(sent.body.encode())
        undo = activities.undo(new_activity_uri(site), actor=hider.uri, undone=undone)
        await stored.mark_undone(db, sent.id, now)
        if group is not None and group.is_local:
            await removals.restore(db, site, post, undo, now)


async def _tell_of_end(
    db: Connection, site: Site, post: Post, group: Actor, moderator: Actor, reason: str, now: datetime
) -> None:
    author = await actors.by_id(db, post.author_id)
    followers = group.followers_url or f"{group.uri}/followers"
    delete: dict[str, Any] = activities.delete(
        new_activity_uri(site),
        actor=moderator.uri,
        object=post.uri,
        audience=audience_for_group_post(group.uri, followers, "quiet" if post.reach == "quiet" else "open"),
        summary=reason,
    )
    to = [author] if author is not None and not author.is_local else []
    await publish(db, site, moderator, delete, object_uri=post.uri, is_public=False, to=to)
    await announcing.pass_on(db, site, group, delete, post.uri, now, reach=post.reach)
    await announcing.withdraw(db, site, group, post, now)


async def _those_concerned(db: Connection, post: Post, by: Account) -> tuple[Actor, Actor | None]:
    moderator = await actors.by_id(db, by.actor_id)
    if moderator is None:
        raise Missing
    return moderator, await actors.by_id(db, post.group_id) if post.group_id else None

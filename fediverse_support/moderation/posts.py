"""Letting held posts in, hiding posts and bringing them back, on the record.

What is hidden is kept: its author and the moderators see it, and it can come back. Where a post of one of our
groups had been announced, the servers that were told of it are told of its end, and of its return. In a group
elsewhere that one of ours looks after, that group is told, and passes it on.
"""

from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community import visibility
from fediverse_support.community.notifying import happenings
from fediverse_support.community.posts import announcing, releasing, telling
from fediverse_support.core.errors import Conflict
from fediverse_support.core.models import Account, Actor, Post
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, blocks, groups, held, holds, posts
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds, rights
from fediverse_support.outbox.publishing import new_activity_uri
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.addressing import audience_for_group_post
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering.posts import in_a_group
from fediverse_support.protocol.site import Site


async def hide(db: Connection, site: Site, post: Post, by: Account, reason: str, now: datetime) -> None:
    """Take a live or held post out of view; the caller opened the transaction.

    Raises `Conflict` if it is neither, perhaps because somebody else was quicker.
    """
    if post.state not in ("live", "held"):
        raise Conflict("This post is hidden or deleted already.")
    moderator, group = await rights.acting(db, by), await _group_of(db, post)
    await posts.set_state(db, post.id, "hidden", moderator.id)
    await holds.settle(db, post.id, "refused", moderator.id, reason, now)
    await posts.refresh_activity(db, post.root_id)
    if group is not None and visibility.leaves(post) and await rights.speaks_there(db, group, moderator):
        await _tell_of_end(db, site, post, group, moderator, reason, now)
    await deeds.record(db, by, "hide post", post.uri, reason, now, group_id=post.group_id)
    await happenings.warned(db, post.author_id, post.id, {"action": "delete_statuses", "text": reason}, now)


async def show(db: Connection, site: Site, post: Post, by: Account, reason: str, now: datetime) -> None:
    """Let a held post in, or bring back a hidden one; the caller opened the transaction.

    A post of which nobody was told yet, because it was held, sets out now as it would have at once. Raises
    `Conflict` if it is neither held nor hidden.
    """
    moderator, group = await rights.acting(db, by), await _group_of(db, post)
    if post.state not in ("held", "hidden"):
        raise Conflict("This post is not held or hidden any more.")
    was_held = await holds.settle(db, post.id, "accepted", moderator.id, "", now)
    is_new = was_held or post.state == "held" or await held.is_kept(db, post.id)
    if is_new:
        await releasing.let_in(db, site, post, now)
    else:
        await _bring_back(db, site, msgspec.structs.replace(post, state="live"), group, moderator, now)
    await blocks.forget_hidden(db, [post.id])
    deed = "let post in" if is_new else "show post"
    await deeds.record(db, by, deed, post.uri, reason, now, group_id=post.group_id)


async def _bring_back(
    db: Connection, site: Site, post: Post, group: Actor | None, moderator: Actor, now: datetime
) -> None:
    """Undo the Delete that was sent of it; if none was, nobody outside was told and nobody is told now."""
    await _set_live(db, post)
    if group is None or not visibility.leaves(post):
        return
    undone = await _deletion_of(db, site, post, group, moderator, now)
    if undone is None or not await rights.speaks_there(db, group, moderator):
        return
    undo = activities.undo(new_activity_uri(site), actor=moderator.uri, undone=undone)
    author = await actors.by_id(db, post.author_id)
    told = [author] if author is not None else []
    await telling.tell(
        db, site, group, moderator, undo, object_uri=post.uri, reach=post.reach, now=now, to=told
    )
    if group.is_local and author is not None:
        await announcing.announce_again(db, site, group, post, author, now)


async def _deletion_of(
    db: Connection, site: Site, post: Post, group: Actor, moderator: Actor, now: datetime
) -> dict[str, Any] | None:
    """The Delete by which servers were told, in the name of who takes it back; None if they were not told.

    Only who did a thing undoes it, so for what another moderator did a Delete of one's own is undone. That is
    what Lemmy sends, too.
    """
    hider = await actors.by_id(db, post.hidden_by) if post.hidden_by else None
    if hider is None:
        return None
    sent = await stored.standing(db, hider.id, "Delete", [post.uri]) if hider.is_local else []
    for line in sent:
        await stored.mark_undone(db, line.id, now)
    if sent and hider.id == moderator.id:
        return json_gate.read(sent[0].body.encode())
    if sent or not hider.is_local or await groups.is_moderator(db, group.id, hider.id):
        return _deletion(site, post, group, moderator, "")
    return None


async def _tell_of_end(
    db: Connection, site: Site, post: Post, group: Actor, moderator: Actor, reason: str, now: datetime
) -> None:
    if group.is_local:
        # In this order: withdrawing takes back every Announce about the post that there is by then.
        await announcing.withdraw(db, site, group, post, now)
    author = await actors.by_id(db, post.author_id)
    await telling.tell(
        db,
        site,
        group,
        moderator,
        _deletion(site, post, group, moderator, reason),
        object_uri=post.uri,
        reach=post.reach,
        now=now,
        to=[author] if author is not None else [],
    )


def _deletion(site: Site, post: Post, group: Actor, moderator: Actor, reason: str) -> dict[str, Any]:
    """A Delete with a `summary`, which tells Lemmy and its kin that a moderator took the post down."""
    followers = group.followers_url or f"{group.uri}/followers"
    reach = in_a_group(post.reach)
    return activities.delete(
        new_activity_uri(site),
        actor=moderator.uri,
        object=post.uri,
        audience=audience_for_group_post(group.uri, followers, reach),
        summary=reason,
    )


async def _set_live(db: Connection, post: Post) -> None:
    await posts.set_state(db, post.id, "live", None)
    await posts.refresh_activity(db, post.root_id)


async def _group_of(db: Connection, post: Post) -> Actor | None:
    return await actors.by_id(db, post.group_id) if post.group_id else None

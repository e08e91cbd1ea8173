"""Posts and people go: by their own wish, by a moderator, or by a group elsewhere.

What its author deletes is wiped and stays a tombstone for ever. What a moderator takes down is hidden: its
author and the moderators still see it, and it can come back. Either way every server that was told of the
post is told of its end: a Delete announced to those that unwrap it, and the boost undone for the others.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fediverse_support.community.joining import join_answers
from fediverse_support.community.posts import announcing
from fediverse_support.core.errors import Forbidden
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, events, follows, groups, holds, polls, posts, tombstones
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site


async def delete_remote(
    db: Connection,
    site: Site,
    uri: str,
    post: Post | None,
    author: Actor,
    activity: Mapping[str, Any],
    now: datetime,
) -> None:
    """The author of `uri`, elsewhere, has deleted it, perhaps before it arrived. Safe to run twice."""
    await tombstones.bury(db, uri, author.uri, post.type if post else "Note", now)
    if post is None or post.state == "deleted":
        return
    was_live = post.state == "live"
    await erase(db, post)
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    if was_live and group is not None and group.is_local:
        # In this order: withdrawing takes back every Announce about the post that there is by then.
        await announcing.withdraw(db, site, group, post, now)
        await announcing.pass_on(db, site, group, activity, uri, now)


async def delete_confirmed(db: Connection, site: Site, post: Post, now: datetime) -> None:
    """The post's own server says that it is gone. Safe to run twice."""
    author = await actors.by_id(db, post.author_id)
    if author is not None:
        await tombstones.bury(db, post.uri, author.uri, post.type, now)
    await erase(db, post)


async def erase(db: Connection, post: Post) -> None:
    """Wipe what a post said and let its thread sink to where it would be without it. Safe to run twice.

    What waited for a moderator about it waits no more.
    """
    await posts.erase(db, post.id)
    await holds.withdraw_of_post(db, post.id)
    await posts.refresh_activity(db, post.root_id)


async def hide_by_moderator(
    db: Connection,
    site: Site,
    post: Post,
    moderator: Actor,
    activity: Mapping[str, Any],
    now: datetime,
) -> None:
    """A moderator on another server takes down a post in one of our groups. Raises `Forbidden`."""
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    if group is None or not group.is_local or not await groups.is_moderator(db, group.id, moderator.id):
        raise Forbidden("Only its author or a moderator of its group may take down a post.")
    if post.state != "live":
        return
    await posts.set_state(db, post.id, "hidden", moderator.id)
    await posts.refresh_activity(db, post.root_id)
    await announcing.withdraw(db, site, group, post, now)
    await announcing.pass_on(db, site, group, activity, post.uri, now)


async def hide_by_group(db: Connection, post_id: int, group_id: int) -> None:
    """A group elsewhere has taken down or withdrawn a post that it had announced. Safe to run twice."""
    post = await posts.by_id(db, post_id)
    if post is not None and post.state == "live":
        await posts.set_state(db, post_id, "hidden", group_id)
        await posts.refresh_activity(db, post.root_id)


async def restore(db: Connection, site: Site, post: Post, activity: Mapping[str, Any], now: datetime) -> None:
    """Bring back a post that was hidden: `activity`, an Undo, tells some servers, a new boost the others."""
    await posts.set_state(db, post.id, "live", None)
    await posts.refresh_activity(db, post.root_id)
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    if group is not None and group.is_local:
        await announcing.pass_on(db, site, group, activity, post.uri, now)
        author = await actors.by_id(db, post.author_id)
        if author is not None:
            await announcing.announce_again(db, site, group, post, author, now)


async def forget_actor(db: Connection, site: Site, actor: Actor, now: datetime) -> int:
    """Somebody on another server has deleted their account: all that they wrote goes; how many posts.

    Safe to run twice.
    """
    theirs = await posts.of_author(db, actor.id)
    for post in theirs:
        await tombstones.bury(db, post.uri, actor.uri, post.type, now)
        group = await actors.by_id(db, post.group_id) if post.group_id else None
        await erase(db, post)
        if group is not None and group.is_local and post.state == "live":
            await announcing.withdraw(db, site, group, post, now)
        await stored.withdraw_about(db, post.uri, now)
    await follows.remove_all_of(db, actor.id)
    await polls.forget_actor(db, actor.id)
    await events.forget_actor(db, actor.id)
    await join_answers.forget(db, actor.id, now)
    await holds.withdraw_of_actor(db, actor.uri)
    await holds.withdraw_of_group(db, actor.id)
    await actors.mark_gone(db, actor.id, now)
    return len(theirs)

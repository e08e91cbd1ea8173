"""What waited for a moderator is let in: it does now what it would have done when it came.

It keeps the time at which it was written. Its thread wakes now, so that nobody misses it who has read there
since.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community import visibility
from fediverse_support.community.notifying import happenings
from fediverse_support.community.posts import announcing, guests, post_activities, posts
from fediverse_support.community.posts import events as calling
from fediverse_support.community.posts.composing import Words, reworded
from fediverse_support.community.posts.events import NewEvent
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, events, held, polls
from fediverse_support.database import posts as stored
from fediverse_support.database.pool import Connection
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.site import Site


async def let_in(db: Connection, site: Site, post: Post, now: datetime) -> Post:
    """Let everybody see a post that nobody was told of yet, and tell of it; the post as it is now.

    A group of ours announces what a post from elsewhere came with; one from here sets out as it would have
    done at once. The caller opened the transaction, and has seen to it that nobody else does the same.
    """
    live = msgspec.structs.replace(post, state="live", hidden_by=None)
    await stored.set_state(db, post.id, "live", None)
    await stored.refresh_activity(db, post.root_id)
    await stored.touch_thread(db, post.root_id, now)
    author = await actors.by_id(db, post.author_id)
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    kept = await held.take(db, post.id)
    await happenings.post_live(db, site, live, now)
    if author is None:
        return live
    if author.is_local:
        await _set_out(db, site, author, group, live, now)
    elif kept is not None and group is not None and group.is_local:
        await announcing.announce_post(db, site, group, live, author, json_gate.read(kept.encode()), now)
    return live


async def let_edit_in(
    db: Connection, site: Site, post: Post, words: dict[str, Any], amendments: Collection[str], now: datetime
) -> Post:
    """Let a post of ours say what its author changed it to, and tell of it; `words` as `posts.edit` has kept.

    An event may have another time and place too (`hosting.change`). The caller opened the transaction. Raises
    `Conflict` if the post was changed just now, `Missing` if there is nobody any more who wrote it.
    """
    author = await actors.by_id(db, post.author_id)
    if author is None:
        raise Missing("There is nobody any more who wrote this.")
    if "post" in words:
        changed = await reworded(db, site, post, msgspec.convert(words["post"], Words), now)
    else:
        changed = msgspec.structs.replace(post, edited_at=now)
    if "event" in words:
        await _put_event(db, post, msgspec.convert(words["event"], NewEvent))
    changed = await posts.with_amendments(db, changed, [*words.get("amendments", []), *amendments])
    await posts.replace_words(db, site, author, post, changed, now)
    if "event" in words and visibility.leaves(changed):
        await guests.send_links(db, site, changed, now)
    return changed


async def _set_out(
    db: Connection, site: Site, author: Actor, group: Actor | None, post: Post, now: datetime
) -> None:
    if post.type == "Question":
        await polls.prolong(db, post.id, now - post.received_at)
    if visibility.leaves(post):
        parent = await stored.by_id(db, post.parent_id) if post.parent_id else None
        await post_activities.tell_of_new(db, site, author, group, parent, post, now)


async def _put_event(db: Connection, post: Post, new: NewEvent) -> None:
    known = await events.lock(db, post.id)
    if known is not None:
        changed = calling.of(post.id, new)
        await events.put(db, msgspec.structs.replace(changed, is_cancelled=known.is_cancelled))

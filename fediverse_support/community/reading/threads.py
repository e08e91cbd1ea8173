"""Reading: the threads of a group, one thread as a whole, what somebody has written, what is new."""

from datetime import UTC, datetime

import msgspec

from fediverse_support.core.errors import Gone, Malformed, Missing
from fediverse_support.core.models import Actor, Group, Post, Viewer
from fediverse_support.database import groups, posts, threads
from fediverse_support.database.pool import Connection
from fediverse_support.database.threads import Cursor, Shown

PAGE = 30
_NO_GROUP: tuple[Actor | None, Group | None] = (None, None)
LONGEST_THREAD = 1_000


class Page(msgspec.Struct, frozen=True):
    """Some threads, and where the next page begins (text for a URL), or None at the end."""

    threads: list[Shown]
    next: str | None


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread: its posts in the order they were written, and the group it is in.

    `ours` is that group with its answers if it is one of this community.
    """

    root: Post
    group: Actor | None
    ours: Group | None = None
    posts: list[Shown]


async def of_group(
    db: Connection, viewer: Viewer, group: Actor, after: str = "", limit: int = PAGE, *, tag: str = ""
) -> Page:
    """The threads of a group that `viewer` may see, the most recently active first, from `after` on.

    With `tag` only those whose first post has it.
    """
    cursor = _cursor(after) if after else None
    if tag:
        found = await threads.of_group_tagged(db, viewer, group.id, tag, cursor, limit + 1)
    else:
        found = await threads.of_group(db, viewer, group.id, cursor, limit + 1)
    more = len(found) > limit
    shown = found[:limit]
    return Page(shown, _text(shown[-1].post) if more else None)


async def whole(db: Connection, viewer: Viewer, post: Post) -> Thread:
    """The thread that `post` is in, as far as `viewer` may see it. Raises `Missing`.

    Outside of groups somebody may see an answer, because it names them, and not what it answers: then that
    answer is the first that there is for them.
    """
    shown = await threads.whole(db, viewer, post.root_id, LONGEST_THREAD)
    if len(shown) == LONGEST_THREAD and not any(item.post.is_root for item in shown):
        # Answers that claim to be older than what they answer must not push that out of its own thread.
        shown = [*await threads.beginning(db, viewer, post.root_id), *shown[:-1]]
    root = next((item.post for item in shown if item.post.is_root), None)
    if root is None and post.group_id is None:
        root = next((item.post for item in shown if item.post.id == post.id), None)
    if root is None:
        raise Missing("There is nothing here.")
    group, ours = _NO_GROUP
    if root.group_id:
        group, ours = await groups.with_rules(db, root.group_id) or _NO_GROUP
    return Thread(root=root, group=group, ours=ours, posts=shown)


async def visible_post(db: Connection, viewer: Viewer, public_id: str) -> Post:
    """The post of ours with this id in its URL, if `viewer` may see it. Raises `Missing`, or `Gone`.

    What was never here and what is not for this viewer are the same answer (L3); a deleted public
    post was known to everybody, so that it may say that it is gone.
    """
    post = await posts.shown_to(db, viewer, public_id)
    if post is None:
        raise Missing("There is nothing here.")
    if post.state == "deleted":
        raise Gone("This post was deleted.")
    return post


async def visible_by_number(db: Connection, viewer: Viewer, post_id: int) -> Post:
    """The post with our number, if `viewer` may see it. Raises `Missing`, or `Gone`."""
    found = await posts.seen_by(db, viewer, post_id)
    if found is not None:
        return found
    post = await posts.by_id(db, post_id)
    if post is not None and post.state == "deleted" and post.reach in ("open", "quiet"):
        raise Gone("This post was deleted.")
    raise Missing("There is nothing here.")


def _text(post: Post) -> str:
    return f"{int(post.active_at.timestamp() * 1_000_000)}-{post.id}"


def _cursor(text: str) -> Cursor:
    moment, _, number = text.partition("-")
    if not (moment.isdecimal() and number.isdecimal()) or len(moment) > 18 or len(number) > 19:
        raise Malformed("This page does not exist. Go back to the group.")
    seconds, micro = divmod(int(moment), 1_000_000)
    if seconds > 253_402_300_799 or int(number) >= 2**63:
        raise Malformed("This page does not exist. Go back to the group.")
    return Cursor(datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro), int(number))

"""Receipts: what an app is told in private of what became of a post.

Apps know neither groups nor moderators. So the group, or this server for a group elsewhere, writes a direct
post to the author: where the post is, or that somebody looks at it first, and which place in line it has.
Receipts are for members here and never leave this server. Those of one group to one member are one
conversation.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from fediverse_support.community.notifying import happenings
from fediverse_support.community.posts import holds, reaches
from fediverse_support.core.errors import Missing
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.markup import linkify
from fediverse_support.core.models import Actor, Post, Reach
from fediverse_support.database import actors, direct_posts, posts
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

Say = Callable[[str], str]
"""Puts a sentence into the language of who reads it."""

IN_GROUP = "Your post is in %(group)s."
SENT_ELSEWHERE = (
    "Your post is on its way to %(group)s, on another server. Who lets it in there is up to them."
)
Decided = Literal["accepted", "returned", "refused"]
DECIDED: dict[Decided, str] = {
    "accepted": "A moderator has let your post in.",
    "returned": "A moderator asks you to change your post, and to send it again.",
    "refused": "A moderator did not let your post in. You can still read it, and nobody else can.",
}
WAITS = "A moderator looks at this first."
FIRST = "You are the next in line."
PLACE = "You are number %(number)s in line."
NARROWED: dict[Reach, str] = {
    "quiet": "Everyone can read it, but it is not put on show: that is as far as it goes here.",
    "members": "Only the members of this group can read it: that is as far as it goes here.",
    "sealed": "Only the members of this group can read it, and it stays on this server.",
}


def in_english(sentence: str) -> str:
    """For where nobody knows the language of who reads it."""
    return sentence


async def of_post(
    db: Connection,
    site: Site,
    group: Actor | None,
    author: Actor,
    post: Post,
    asked: Reach | None,
    now: datetime,
    *,
    say: Say = in_english,
    more: Sequence[str] = (),
) -> Post | None:
    """Tell the author what became of a post of theirs, in `group` or outside of groups.

    A thread in a group is always told of; an answer, and what is said outside, only if it waits or goes less
    far than its author asked for. `more` are further sentences, which are always told.
    """
    lines = list(more)
    if post.state == "held":
        lines[:0] = [say(WAITS), await _place(db, author, post, now, say)]
    elif group is not None and post.is_root:
        sentence = IN_GROUP if group.is_local else SENT_ELSEWHERE
        lines.insert(0, say(sentence) % {"group": group.display_name or group.name})
    if group is not None and reaches.was_narrowed(asked, post) and post.reach in NARROWED:
        lines.append(say(NARROWED[post.reach]))
    if not lines:
        return None
    return await give(db, site, group, author, lines, now, about=post)


async def of_decision(
    db: Connection,
    site: Site,
    group: Actor | None,
    author: Actor,
    post: Post,
    what: Decided,
    note: str,
    now: datetime,
) -> None:
    """Tell a member what a moderator has decided about a post of theirs that waited, and why."""
    if author.is_local and not author.is_group:
        await give(db, site, group, author, [DECIDED[what], note], now, about=post)


async def give(
    db: Connection,
    site: Site,
    by: Actor | None,
    to: Actor,
    lines: Sequence[str],
    now: datetime,
    *,
    about: Post | None = None,
) -> Post:
    """Write a direct post with these sentences to a member: by a group of ours, else by this server."""
    writer = by if by is not None and by.is_local else await actors.by_uri(db, site.instance_actor)
    if writer is None:
        raise Missing
    text = " ".join(line for line in lines if line)
    link = f"\n\n{about.url or about.uri}" if about is not None else ""
    number, public_id = new_id(), new_public_id()
    receipt = Post(
        id=number,
        uri=site.post(public_id),
        public_id=public_id,
        author_id=writer.id,
        root_id=await direct_posts.first_receipt(db, writer.id, to.id) or number,
        content_html=linkify(f"{text}{link}"),
        reach="direct",
        named=(to.id,),
        url=site.post(public_id),
        mentions=({"href": to.uri, "name": to.name},),
        published_at=now,
        received_at=now,
        active_at=now,
    )
    await posts.insert(db, receipt)
    await happenings.post_live(db, site, receipt, now)
    return receipt


async def _place(db: Connection, author: Actor, post: Post, now: datetime, say: Say) -> str:
    """Where a post stands that waits for a moderator."""
    found = await holds.of_author(db, author.uri, now, [post.id])
    place = next((one.line.place for one in found if one.line.place), 0)
    if not place:
        return ""
    return say(FIRST) if place == 1 else say(PLACE) % {"number": place}

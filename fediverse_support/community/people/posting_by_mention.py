"""Posting as apps do it: the mentions and the visibility decide where a post goes.

    it answers something in a group        it stands there too, never further than what it answers
    it mentions a group of its author's    it begins a thread in that group (the first one mentioned)
    it is direct                           named people read it; of a group, those who look after it
    anything else                          it is said outside of groups (`personal_posts.py`)

What becomes of it its author is told in private (`receipts.py`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from fediverse_support.community.people import commands_in_posts, personal_posts, receipts
from fediverse_support.community.people.receipts import Say, in_english
from fediverse_support.community.posts import addressees, posts
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.community.posts.posts import Words
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.markup import hashtags_in, mentions_in
from fediverse_support.core.models import Actor, Post, Reach, Viewer
from fediverse_support.database import actors, places
from fediverse_support.database import posts as stored
from fediverse_support.database.pool import Connection
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.rendering.posts import has_own_title
from fediverse_support.protocol.site import Site

Visibility = Literal["public", "unlisted", "private", "direct"]
IN_GROUPS: Mapping[str, Reach] = {"public": "open", "unlisted": "quiet", "private": "members"}
OUTSIDE: Mapping[str, Reach] = {
    "public": "open",
    "unlisted": "quiet",
    "private": "followers",
    "direct": "direct",
}
"""What the four visibilities of apps mean in groups, and outside of them."""

NOT_A_MEMBER = (
    "You are not in the group that you mention. Join it first, then send this again. Nothing was sent."
)
TEAM_IS_PRIVATE = (
    "Those who look after a group are written to in private: choose the visibility for mentioned people "
    "only. Nothing was sent."
)
TEAM_ALONE = (
    "A message to those who look after a group is for them alone: mention nobody else. Nothing was sent."
)
NO_TEAM = "There is no group of this name here, and so nobody would read this. Nothing was sent."


class Unexpected(Malformed):
    """This mentions people whom the app did not expect."""

    def __init__(self, actor_ids: tuple[int, ...]) -> None:
        super().__init__("This mentions people whom the app did not expect. Nothing was sent.")
        self.actor_ids = actor_ids


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to post with an app, as it is kept while it waits for its time.

    `in_reply_to` is a post of ours by its number. `allowed`: whom the text may mention, None for anybody.
    """

    source: str
    content_warning: str = ""
    sensitive: bool = False
    language: str | None = None
    visibility: Visibility | None = None
    in_reply_to: int | None = None
    poll: NewPoll | None = None
    media_ids: tuple[int, ...] = ()
    allowed: tuple[int, ...] | None = None
    application_id: int | None = None


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody posts something: `me` is the member, or the group that they act as.

    `usual` is how far they let something go outside of groups if they do not say; `attachments` are the media
    of the wish as they are stored in a post; `say` puts receipts into their language.
    """

    site: Site
    me: Actor
    viewer: Viewer
    wish: Wish
    now: datetime
    policy: Policy
    usual: Reach = personal_posts.USUAL
    attachments: tuple[dict[str, Any], ...] = ()
    say: Say = in_english


async def publish(db: Connection, deed: Deed) -> Post:
    """Post what somebody wants, and tell them what became of it.

    The caller opened the transaction with `judging.on_record`. Raises `Malformed`, `Missing`, `Forbidden` or
    `NotTaken`, and then nothing was sent.
    """
    wish = deed.wish
    named = await addressees.mentioned(db, deed.site, wish.source, deed.me.id)
    _check_allowed(wish, named, deed.me)
    is_direct = wish.visibility == "direct"
    if not is_direct and commands_in_posts.calls_team(named):
        raise Malformed(TEAM_IS_PRIVATE)
    parent = await _answered(db, deed) if wish.in_reply_to is not None else None
    if is_direct and parent is not None and not any(actor.id != deed.me.id for actor in named.values()):
        deed = await _addressed(db, deed, parent)
        named = await addressees.mentioned(db, deed.site, deed.wish.source, deed.me.id)
    if is_direct:
        return await _direct(db, deed, named, parent)
    if parent is not None and parent.group_id is not None:
        return await _answer_in_group(db, deed, parent)
    group = await _group_for(db, deed, named) if parent is None else None
    if group is not None:
        return await _start(db, deed, group)
    return await _outside(db, deed, parent)


async def change(
    db: Connection, deed: Deed, post: Post, attachments: tuple[dict[str, Any], ...] | None = None
) -> Post:
    """Let a post of one's own say what the wish says; title and tags that it was given on a page stay.

    `attachments` None: as they are. Raises as `posts.edit`, and `Malformed` for a poll where there was none.
    """
    wish = deed.wish
    if wish.poll is not None and post.type != "Question":
        raise Malformed("A poll cannot be added to a post afterwards.")
    typed = hashtags_in(post.source or "")
    words = msgspec.structs.replace(
        _words(deed, None),
        source=wish.source,
        content_warning=wish.content_warning,
        title=post.title,
        tags=tuple(tag for tag in post.tags if tag not in typed),
        attachments=attachments,
        names_itself=bool(post.title) and not has_own_title(post),
    )
    return await posts.edit(
        db, deed.site, deed.me, post.id, words, deed.now, policy=deed.policy, poll=wish.poll
    )


async def _start(db: Connection, deed: Deed, group: Actor) -> Post:
    """Begin a thread in a group; its author is told where it is, or where in line."""
    asked = IN_GROUPS.get(deed.wish.visibility or "")
    words = msgspec.structs.replace(_words(deed, asked), names_itself=True)
    post = await posts.write(
        db, deed.site, deed.me, group, words, deed.now, policy=deed.policy, addition=deed.wish.poll
    )
    await _receipt(db, deed, group, post, asked)
    return post


async def _answer_in_group(db: Connection, deed: Deed, parent: Post) -> Post:
    if deed.me.is_group and deed.me.id != parent.group_id:
        raise Malformed(personal_posts.GROUP_IS_NOBODY)
    asked = IN_GROUPS.get(deed.wish.visibility or "")
    post = await posts.reply(
        db,
        deed.site,
        deed.me,
        deed.viewer,
        parent.id,
        _words(deed, asked),
        deed.now,
        policy=deed.policy,
        addition=deed.wish.poll,
    )
    group = await actors.by_id(db, parent.group_id) if parent.group_id else None
    await _receipt(db, deed, group, post, asked)
    return post


async def _outside(db: Connection, deed: Deed, parent: Post | None) -> Post:
    asked = OUTSIDE[deed.wish.visibility] if deed.wish.visibility else deed.usual
    post = await personal_posts.write(
        db,
        deed.site,
        deed.me,
        _words(deed, asked),
        deed.now,
        policy=deed.policy,
        parent=parent,
        addition=deed.wish.poll,
    )
    await _receipt(db, deed, None, post, asked)
    return post


async def _addressed(db: Connection, deed: Deed, parent: Post) -> Deed:
    """A private answer that names nobody, because its author has deleted the @, for whom it answers.

    Otherwise it would reach nobody, and its author would wait for an answer.
    """
    is_mine = parent.author_id == deed.me.id
    people = [await actors.by_id(db, number) for number in (parent.named if is_mine else (parent.author_id,))]
    handles = [f"@{one.name}" if one.is_local else f"@{one.name}@{one.host}" for one in people if one]
    source = " ".join([*handles, deed.wish.source])
    return msgspec.structs.replace(deed, wish=msgspec.structs.replace(deed.wish, source=source))


async def _direct(db: Connection, deed: Deed, named: Mapping[str, Actor], parent: Post | None) -> Post:
    """A private message; one to a group is for those who look after it, and for nobody besides."""
    groups = {actor.id: actor for actor in named.values() if actor.is_group and actor.id != deed.me.id}
    others = {actor.id for actor in named.values()} - {*groups, deed.me.id}
    group = next(iter(groups.values()), None)
    if len(groups) > 1 or (groups and others):
        raise Malformed(TEAM_ALONE)
    if not groups and commands_in_posts.calls_team(mentions_in(deed.wish.source)):
        raise Malformed(NO_TEAM)
    post = await personal_posts.write(
        db,
        deed.site,
        deed.me,
        _words(deed, "direct"),
        deed.now,
        policy=deed.policy,
        parent=parent,
        addition=deed.wish.poll,
        is_for_team=group is not None and group.is_local,
    )
    if group is not None and not deed.me.is_group:
        is_first = parent is None or parent.reach != "direct"
        lines = commands_in_posts.of_letter(group, post.tags, is_first=is_first, say=deed.say)
        if lines:
            await receipts.give(db, deed.site, group, deed.me, lines, deed.now)
    return post


async def _receipt(db: Connection, deed: Deed, group: Actor | None, post: Post, asked: Reach | None) -> None:
    more = commands_in_posts.of_post(post.tags, deed.say)
    if not deed.me.is_group:
        await receipts.of_post(db, deed.site, group, deed.me, post, asked, deed.now, say=deed.say, more=more)


async def _answered(db: Connection, deed: Deed) -> Post:
    """What is answered; a boost stands for what it boosts. Raises `Missing`, also for what is not seen."""
    number = await stored.behind(db, deed.wish.in_reply_to or 0)
    parent = await stored.seen_by(db, deed.viewer, number)
    if parent is None or parent.state != "live":
        raise Missing("There is nothing here to answer.")
    return parent


async def _group_for(db: Connection, deed: Deed, named: Mapping[str, Actor]) -> Actor | None:
    """The first group mentioned that the author is in; a group that speaks by itself speaks in itself.

    Raises `Malformed` if there are groups, and the author is in none of them.
    """
    if deed.me.is_group:
        return deed.me
    groups = [actor for actor in named.values() if actor.is_group]
    for group in groups:
        standing = await places.standing(db, group, deed.me, deed.now)
        if standing.is_member or standing.is_moderator:
            return group
    if groups:
        raise Malformed(NOT_A_MEMBER)
    return None


def _check_allowed(wish: Wish, named: Mapping[str, Actor], me: Actor) -> None:
    """Raise `Unexpected` if the text mentions others than the app expects."""
    if wish.allowed is not None:
        others = tuple({actor.id: None for actor in named.values() if actor.id not in (*wish.allowed, me.id)})
        if others:
            raise Unexpected(others)


def _words(deed: Deed, reach: Reach | None) -> Words:
    """As on Mastodon, a warning without a text is the text."""
    wish = deed.wish
    is_bare = not wish.source.strip() and not deed.attachments
    return Words(
        source=wish.content_warning if is_bare else wish.source,
        content_warning="" if is_bare else wish.content_warning,
        language=wish.language,
        reach=reach,
        sensitive=wish.sensitive,
        attachments=deed.attachments,
        application_id=wish.application_id,
    )

"""Our people like, boost, keep and pin posts.

A like is told to the author and the group of a post, and to nobody in public. A boost is told to everybody
who follows who boosts, and only of what is for everybody: what is quiet in a group stays where it is, because
its author or its group wants it not to be shown around. Each is taken back by an Undo of the same activity.
Everything here is safe to run twice, and raises `Missing` for a post that is not there for who does it.
"""

from datetime import datetime

from fediverse_support.community.groups import pins
from fediverse_support.community.notifying import happenings
from fediverse_support.community.posts import reactions
from fediverse_support.core.errors import Forbidden, Malformed, Missing
from fediverse_support.core.models import Actor, Post, Reach, Viewer
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, bookmarks, places, posts
from fediverse_support.database import pins as stored_pins
from fediverse_support.database import reactions as rows
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import Followers, new_activity_uri, publish
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site

LIKE = "like"
MOST_PINS = 5
NOT_FOR_SHOWING = "This is not for everybody, and so it cannot be boosted."
GROUPS_DO_NOT = "A group passes on what is said in it by itself. Boost this in your own name."
ASKED_TO_STAY_AWAY = "The moderators of this group have asked this account to stay away."


async def post_for(db: Connection, viewer: Viewer, number: int) -> Post:
    """The live post that a status stands for, if `viewer` may see it. Raises `Missing`."""
    post = await posts.seen_by(db, viewer, await posts.behind(db, number))
    if post is None or post.state != "live":
        raise Missing("There is nothing here.")
    return post


async def favourite(
    db: Connection, site: Site, me: Actor, viewer: Viewer, number: int, now: datetime
) -> Post:
    """Like a post, and tell its author and its group. Raises `Forbidden` for who was asked to stay away."""
    post = await post_for(db, viewer, number)
    author, group = await _around(db, post)
    await _check_welcome(db, me, group, now)
    uri = new_activity_uri(site)
    if not await rows.react(db, me.id, post.uri, LIKE, uri):
        return post
    if author is not None and post.reach != "sealed":
        told = [author, *([group] if group is not None else [])]
        like = activities.like(
            uri,
            actor=me.uri,
            object_id=post.uri,
            to=[actor.uri for actor in told],
            group=group.uri if group is not None else None,
        )
        await publish(db, site, me, like, object_uri=post.uri, to=_reached(told))
        await reactions.pass_on(db, site, post.uri, like, now)
    await happenings.favourited(db, me.id, post, now)
    return post


async def unfavourite(
    db: Connection, site: Site, me: Actor, viewer: Viewer, number: int, now: datetime
) -> Post:
    """Take a like back, also from what is out of sight by now."""
    post = await _post_behind(db, number)
    if await rows.unreact(db, me.id, "", post.uri, LIKE) is None:
        return await post_for(db, viewer, number)
    author, group = await _around(db, post)
    for like in await stored.standing(db, me.id, "Like", [post.uri]):
        undo = activities.undo(
            new_activity_uri(site), actor=me.uri, undone=json_gate.read(like.body.encode())
        )
        told = [actor for actor in (author, group) if actor is not None]
        await publish(db, site, me, undo, object_uri=post.uri, to=_reached(told))
        await stored.mark_undone(db, like.id, now)
        await reactions.pass_on(db, site, post.uri, undo, now)
    await happenings.unfavourited(db, me.id, post.id)
    return await post_for(db, viewer, number)


async def boost(
    db: Connection,
    site: Site,
    me: Actor,
    viewer: Viewer,
    number: int,
    now: datetime,
    *,
    asked: Reach = "open",
) -> int:
    """Show a post to one's followers; the number of the boost, which is a status of its own.

    It goes no further than what it boosts. Raises `Forbidden` for what is not for everybody.
    """
    post = await post_for(db, viewer, number)
    if me.is_group:
        if post.group_id == me.id and post.is_root and (known := await rows.boost_of(db, me.id, post.id)):
            return known
        raise Forbidden(GROUPS_DO_NOT)
    author, group = await _around(db, post)
    await _check_welcome(db, me, group, now)
    if not may_be_boosted(post):
        raise Forbidden(NOT_FOR_SHOWING)
    if known := await rows.boost_of(db, me.id, post.id):
        return known
    reach: Reach = "quiet" if "quiet" in (asked, post.reach) else "open"
    uri = new_activity_uri(site)
    found = await rows.add_boost(db, me.id, post, reach, uri, now)
    announce = activities.announce_object(
        uri, group=me, object_id=post.uri, author=author.uri if author else "", reach=reach, now=now
    )
    to = _reached([author] if author is not None else [])
    await publish(
        db,
        site,
        me,
        announce,
        object_uri=post.uri,
        is_public=True,
        followers=Followers(me),
        to=to,
    )
    await happenings.boosted(db, me.id, post, now)
    return found


async def unboost(db: Connection, site: Site, me: Actor, viewer: Viewer, number: int, now: datetime) -> Post:
    """Take a boost back. What a group has passed on it takes back as a moderator's deed, not here."""
    post = await _post_behind(db, number)
    if not me.is_group and await rows.unboost(db, me.id, "", post.uri) is not None:
        author, _ = await _around(db, post)
        for announce in await stored.standing(db, me.id, "Announce", [post.uri]):
            undo = activities.undo(
                new_activity_uri(site), actor=me.uri, undone=json_gate.read(announce.body.encode())
            )
            await publish(
                db,
                site,
                me,
                undo,
                object_uri=post.uri,
                followers=Followers(me),
                to=_reached([author] if author is not None else []),
            )
            await stored.mark_undone(db, announce.id, now)
    return await post_for(db, viewer, post.id)


def may_be_boosted(post: Post) -> bool:
    """Whether a live post may be shown around: what is open, and, outside of groups, what is quiet."""
    return post.reach == "open" or (post.reach == "quiet" and post.group_id is None)


async def bookmark(db: Connection, me: Actor, viewer: Viewer, number: int, now: datetime) -> Post:
    """Keep a post for oneself. Nobody is told."""
    post = await post_for(db, viewer, number)
    await bookmarks.add(db, me.id, post.id, now)
    return post


async def unbookmark(db: Connection, me: Actor, viewer: Viewer, number: int) -> Post:
    """Keep it no longer."""
    await bookmarks.remove(db, me.id, await posts.behind(db, number))
    return await post_for(db, viewer, number)


async def pin(db: Connection, site: Site, me: Actor, viewer: Viewer, number: int, now: datetime) -> Post:
    """Keep a post at the top: one's own on one's profile, one of its own in a group for who acts as it.

    Raises `Malformed` for somebody else's, a private message or one too many, `Conflict` as `pins.pin`.
    """
    post = await post_for(db, viewer, number)
    if me.is_group:
        if post.group_id != me.id:
            raise Malformed("This post is not in the group.")
        await pins.pin(db, site, me, post)
        return post
    if post.author_id != me.id:
        raise Malformed("Only your own posts can be at the top of your profile.")
    if post.reach == "direct":
        raise Malformed("A private message cannot be at the top of your profile.")
    await stored_pins.lock(db, me.id)
    pinned = await stored_pins.of_person(db, me.id)
    if post.uri not in pinned:
        if len(pinned) >= MOST_PINS:
            raise Malformed("Five posts are at the top of your profile already. Let one sink first.")
        await stored_pins.add(db, me.id, post.uri, now)
        await _tell_of_pin(db, site, me, post, is_pinned=True)
    return post


async def unpin(db: Connection, site: Site, me: Actor, viewer: Viewer, number: int) -> Post:
    """Let a post sink again."""
    post = await post_for(db, viewer, number)
    if me.is_group:
        await pins.unpin(db, site, me, post.uri)
    elif await stored_pins.remove(db, me.id, post.uri):
        await _tell_of_pin(db, site, me, post, is_pinned=False)
    return post


async def _tell_of_pin(db: Connection, site: Site, me: Actor, post: Post, *, is_pinned: bool) -> None:
    """Followers elsewhere learn of what everybody may see; the rest is on the profile here only."""
    if me.featured_url is None or post.reach not in ("open", "quiet"):
        return
    told = activities.feature if is_pinned else activities.unfeature
    document = told(new_activity_uri(site), actor=me, object_id=post.uri)
    await publish(db, site, me, document, object_uri=me.uri, followers=Followers(me))


async def _around(db: Connection, post: Post) -> tuple[Actor | None, Actor | None]:
    """The author and the group of a post."""
    author = await actors.by_id(db, post.author_id)
    return author, await actors.by_id(db, post.group_id) if post.group_id else None


async def _check_welcome(db: Connection, me: Actor, group: Actor | None, now: datetime) -> None:
    if group is not None and (await places.standing(db, group, me, now)).is_blocked:
        raise Forbidden(ASKED_TO_STAY_AWAY)


async def _post_behind(db: Connection, number: int) -> Post:
    post = await posts.by_id(db, await posts.behind(db, number))
    if post is None:
        raise Missing("There is nothing here.")
    return post


def _reached(told: list[Actor]) -> list[Actor]:
    return [actor for actor in told if not actor.is_local and actor.state == "active"]

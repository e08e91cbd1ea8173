"""Members write, answer, edit and delete.

Each deed and the activity that tells other servers of it commit together, in the caller's transaction.
What goes where:

- into a group of ours: the group announces it (`announcing.py`); an answer also goes to the author of what
  it answers, if that is on another server;
- into a group elsewhere: the Create goes to that group, which announces it; and to the author answered;
- for members only, into a group of ours: the group announces it to the servers of members, and nobody
  else gets a copy; into a group elsewhere: to that group and nobody else;
- sealed: nowhere. It is stored here and never rendered for another server.

What is said outside of groups is in `personal_posts.py`.

Before any of it policy is asked (`judging.py`): what it wants a moderator to look at first is stored and told
to nobody until it is let in (`releasing.py`).
"""

from collections.abc import Collection
from datetime import datetime

import msgspec

from fediverse_support.community import visibility
from fediverse_support.community.groups import rules as agreements
from fediverse_support.community.joining import speaking
from fediverse_support.community.notifying import happenings
from fediverse_support.community.posts import holds, judging, kinds, post_activities, reaches, removals
from fediverse_support.community.posts import polls as asking
from fediverse_support.community.posts.amendments import amended
from fediverse_support.community.posts.composing import (
    LONGEST,
    LONGEST_TITLE,
    Words,
    checked,
    composed,
    reworded,
)
from fediverse_support.community.posts.kinds import Addition
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.core.errors import Forbidden, Gone, Missing
from fediverse_support.core.models import Actor, Group, Post, Viewer
from fediverse_support.database import actors, groups, places, post_amendments, posts, severances, tombstones
from fediverse_support.database import holds as held
from fediverse_support.database.pool import Connection
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.site import Site

__all__ = ["LONGEST", "LONGEST_TITLE", "Words", "delete", "edit", "reply", "store", "write"]


async def write(
    db: Connection,
    site: Site,
    author: Actor,
    group: Actor,
    words: Words,
    now: datetime,
    *,
    policy: Policy,
    addition: Addition | None = None,
) -> Post:
    """Start a thread in `group`, here or elsewhere; it may have to wait for a moderator (state *held*).

    `addition`: it is more than words, namely a poll or an event (`kinds.py`); then a title is enough. Raises
    `Malformed`, `Forbidden` or, where policy refuses it, `NotTaken`, changing nothing.
    """
    rules = await _may_speak(db, group, author, now)
    reach = reaches.settle(words.reach, group, rules)
    post = await composed(db, site, author, group, None, words, reach, now, addition)
    return await store(db, site, author, group, None, post, now, policy, addition)


async def reply(
    db: Connection,
    site: Site,
    author: Actor,
    viewer: Viewer,
    parent_id: int,
    words: Words,
    now: datetime,
    *,
    policy: Policy,
    addition: Addition | None = None,
) -> Post:
    """Answer a post that `viewer` (the author, signed in) may see. Raises `Missing` for any other.

    An answer never reaches further than what it answers. It is judged, and raises, as `write` does.
    """
    parent = await posts.seen_by(db, viewer, parent_id)
    if parent is None or parent.state != "live":
        raise Missing("There is nothing here to answer.")
    group = await actors.by_id(db, parent.group_id) if parent.group_id else None
    if group is None:
        raise Missing("This is in no group any more.")
    rules = await _may_speak(db, group, author, now, parent)
    reach = reaches.settle(words.reach, group, rules, parent)
    post = await composed(db, site, author, group, parent, _as_reply(words), reach, now, addition)
    return await store(db, site, author, group, parent, post, now, policy, addition)


async def edit(
    db: Connection,
    site: Site,
    author: Actor,
    post_id: int,
    words: Words,
    now: datetime,
    *,
    policy: Policy,
    poll: NewPoll | None = None,
) -> Post:
    """Change one's own post; what it said before stays as history. Gives the post as others see it now.

    `poll` takes the place of the poll that it has; with other answers nobody has chosen yet.

    Where a moderator has to look at the change first, a live post goes on saying what it said; a post that
    waits already gets its new words, and waits on. Raises `Missing`, `Forbidden`, `Gone` or `NotTaken`.
    """
    post = await _own(db, author, post_id)
    words = words if post.in_reply_to is None else _as_reply(words)
    words = checked(words, has_addition=post.type != "Note", keeps=post.attachments)
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    if group is not None and (await places.standing(db, group, author, now)).is_blocked:
        raise Forbidden(speaking.ASKED_AWAY)
    changed = await reworded(db, site, post, words, now)
    judged = await judging.judged(db, policy, author, group, changed, now, is_edit=True)
    if judged.decision.is_held and post.state == "live":
        kept = {"post": msgspec.to_builtins(words), "amendments": sorted(judged.decision.amendments)}
        await holds.keep_edit(db, post, kept, author.uri, judged.decision, judged.number, now)
        return post
    changed = await with_amendments(db, changed, judged.decision.amendments)
    await replace_words(db, site, author, post, changed, now, poll)
    if post.state == "held":
        await holds.keep_post(db, post, author.uri, judged.decision, judged.number, now)
    await held.withdraw_of_post(db, post.id, "edit")
    return changed


async def with_amendments(db: Connection, changed: Post, amendments: Collection[str]) -> Post:
    """A changed post with what policy asks for, now and before, and what a moderator has added.

    How far it reaches was settled when it was written.
    """
    kept = await post_amendments.of_post(db, changed.id)
    await post_amendments.add(db, changed.id, amendments)
    return amended(changed, {*amendments, *kept} - {"quiet"})


async def replace_words(
    db: Connection,
    site: Site,
    author: Actor,
    post: Post,
    changed: Post,
    now: datetime,
    poll: NewPoll | None = None,
) -> None:
    """Let `post` say what `changed` says, keep what it said, and tell who was told of it."""
    await posts.insert_version(db, post.id, post.edited_at or post.published_at, post)
    if poll is not None:
        await asking.renew(db, post, poll, now)
    await posts.replace_text(db, changed)
    await happenings.post_changed(db, site, changed, now)
    if visibility.leaves(changed):
        await post_activities.tell_of_change(db, site, author, changed, now)


async def delete(db: Connection, site: Site, author: Actor, post_id: int, now: datetime) -> None:
    """Delete one's own post: wiped here, and every server that was told of it is told to do the same."""
    post = await _own(db, author, post_id)
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    if visibility.leaves(post):
        await post_activities.tell_of_deletion(db, site, author, group, post, now)
    await tombstones.bury(db, post.uri, author.uri, post.type, now)
    await removals.erase(db, post)


async def store(
    db: Connection,
    site: Site,
    author: Actor,
    group: Actor | None,
    parent: Post | None,
    post: Post,
    now: datetime,
    policy: Policy,
    addition: Addition | None = None,
    *,
    is_for_team: bool = False,
) -> Post:
    """Store a composed post as policy wants it, and tell of it if it is live. Raises `NotTaken`.

    `is_for_team`: it is a private letter to those who look after a group, who are moderators themselves.
    """
    judged = await judging.judged(
        db, policy, author, group, post, now, addition=addition, is_for_team=is_for_team
    )
    post = amended(post, judged.decision.amendments)
    waits = judged.decision.is_held and not is_for_team
    post = msgspec.structs.replace(post, state="held" if waits else "live")
    await posts.insert(db, post)
    await post_amendments.add(db, post.id, judged.decision.amendments)
    if addition is not None:
        await kinds.keep(db, post, addition)
    if post.state == "held":
        await holds.keep_post(db, post, author.uri, judged.decision, judged.number, now)
        return post
    if not post.is_root and post.reach != "direct":
        await posts.touch_thread(db, post.root_id, now)
    await happenings.post_live(db, site, post, now)
    if visibility.leaves(post):
        await post_activities.tell_of_new(db, site, author, group, parent, post, now)
    return post


async def _may_speak(
    db: Connection, group: Actor, author: Actor, now: datetime, answered: Post | None = None
) -> Group | None:
    """Our group's rules after asking them; None for a group elsewhere, whose wishes we know only in part.

    A group that speaks in itself speaks for those who look after it.
    """
    if group.state != "active":
        raise Gone("This group is gone.")
    standing = await places.standing(db, group, author, now, answered)
    if author.id == group.id:
        standing = msgspec.structs.replace(standing, is_member=True, is_moderator=True)
    if not group.is_local:
        speaking.check_elsewhere(standing, is_cut_off=await severances.is_blocked(db, group.uri))
        return None
    rules = await groups.by_actor(db, group.id)
    if rules is None:
        raise Missing("This group is gone.")
    speaking.check(rules, author, standing)
    await agreements.check_agreed(db, rules, author, standing)
    return rules


async def _own(db: Connection, author: Actor, post_id: int) -> Post:
    """The post, locked: a moderator may be about to let it in."""
    post = await posts.lock(db, post_id)
    if post is None:
        raise Missing("There is no such post.")
    if post.author_id != author.id:
        raise Forbidden("Only its author may change a post.")
    if post.state == "deleted":
        raise Gone("This post was deleted.")
    return post


def _as_reply(words: Words) -> Words:
    return msgspec.structs.replace(words, title="", names_itself=False)

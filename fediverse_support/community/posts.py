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

from collections.abc import Collection, Iterable, Sized
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community import (
    addressees,
    happenings,
    holds,
    judging,
    kinds,
    post_activities,
    reaches,
    removals,
    speaking,
    visibility,
)
from fediverse_support.community import polls as asking
from fediverse_support.community import rules as agreements
from fediverse_support.community import tags as tagging
from fediverse_support.community.amendments import amended
from fediverse_support.community.kinds import Addition
from fediverse_support.community.polls import NewPoll
from fediverse_support.core.errors import Conflict, Forbidden, Gone, Malformed, Missing
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.markup import render_markdown, safe_text, title_from
from fediverse_support.core.models import Actor, Group, Post, Reach, Viewer
from fediverse_support.database import actors, groups, places, post_amendments, posts, severances, tombstones
from fediverse_support.database import holds as held
from fediverse_support.database.pool import Connection
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.rendering.tags import address, outside, page_of
from fediverse_support.protocol.site import Site

LONGEST = 20_000
LONGEST_TITLE = 200
MOST_NAMED = 200


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has written: Markdown, perhaps with a title and a content warning.

    `reach` is how far it shall go; None: as far as posts in its group usually do. What it got is in the post
    (`reaches.was_narrowed` tells whether that is less). `tags` are those chosen from what the group offers.
    `attachments` are as they are stored in a post; None in an edit: as they are. `application_id`: what it
    was written with. With `names_itself` a thread is called after its first line, as apps have no titles.
    """

    source: str
    title: str = ""
    content_warning: str = ""
    language: str | None = None
    reach: Reach | None = None
    tags: tuple[str, ...] = ()
    sensitive: bool = False
    attachments: tuple[dict[str, Any], ...] | None = None
    application_id: int | None = None
    names_itself: bool = False


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
    words = _checked(words, has_addition=post.type != "Note", keeps=post.attachments)
    group = await actors.by_id(db, post.group_id) if post.group_id else None
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


async def reworded(db: Connection, site: Site, post: Post, words: Words, now: datetime) -> Post:
    """`post` as it is with other words, not stored yet. Raises `Conflict` if it was changed just now."""
    if now <= (post.edited_at or post.published_at):
        raise Conflict("This was changed a moment ago. Look at it again before you change it.")
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    html, named = await rendered(db, site, words.source, group, post.author_id)
    return msgspec.structs.replace(
        post,
        title=_title(words, html),
        content_html=html,
        source=words.source,
        content_warning=words.content_warning,
        sensitive=bool(words.content_warning) or words.sensitive,
        language=words.language or post.language,
        attachments=post.attachments if words.attachments is None else words.attachments,
        mentions=mentions_of(named),
        # Who had it goes on having it: no edit takes back what was read.
        named=_named(post, named.values()),
        tags=await tagging.given(db, group, words.source, words.tags),
        edited_at=now,
    )


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


async def composed(
    db: Connection,
    site: Site,
    author: Actor,
    group: Actor | None,
    parent: Post | None,
    words: Words,
    reach: Reach,
    now: datetime,
    addition: Addition | None = None,
) -> Post:
    """A new post as its author wants it, not stored yet; `group` is None outside of groups.

    What is not in the group of what it answers begins a thread of its own. Raises `Malformed`.
    """
    words = _checked(words, has_addition=addition is not None)
    html, named = await rendered(db, site, words.source, group, author.id)
    number, public_id = new_id(), new_public_id()
    is_in_thread = parent is not None and parent.group_id == (group.id if group else None)
    return Post(
        id=number,
        uri=site.post(public_id),
        public_id=public_id,
        author_id=author.id,
        group_id=group.id if group else None,
        root_id=parent.root_id if parent and is_in_thread else number,
        parent_id=parent.id if parent else None,
        in_reply_to=parent.uri if parent else None,
        context_url=await _context_above(db, site, parent) if parent and is_in_thread else None,
        type=addition.type if addition else "Note",
        title=_title(words, html) if parent is None and group is not None else "",
        content_html=html,
        source=words.source,
        content_warning=words.content_warning,
        sensitive=bool(words.content_warning) or words.sensitive,
        language=words.language,
        reach=reach,
        url=site.post(public_id),
        attachments=words.attachments or (),
        named=tuple(actor.id for actor in named.values()) if group is None else (),
        mentions=mentions_of(named),
        tags=await tagging.given(db, group, words.source, words.tags),
        published_at=now,
        received_at=now,
        active_at=now,
        application_id=words.application_id,
    )


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


async def rendered(
    db: Connection, site: Site, source: str, group: Actor | None, author_id: int
) -> tuple[str, dict[str, Actor]]:
    """The HTML of `source` in `group` (None: outside of groups), and whom it mentions by which handle."""
    named = await addressees.mentioned(db, site, source, author_id)
    place = page_of(site, group) if group is not None else ""
    html = render_markdown(
        source,
        {handle: actor.uri for handle, actor in named.items()},
        hashtags=lambda name: address(place, name) if place else outside(site, name),
    )
    return html, named


def mentions_of(named: dict[str, Actor]) -> tuple[dict[str, Any], ...]:
    """Mentions as they are stored in a post."""
    return tuple({"href": actor.uri, "name": handle} for handle, actor in named.items())


def _named(post: Post, now: Iterable[Actor]) -> tuple[int, ...]:
    """Whom a post outside of groups names now and has named before. Raises `Malformed`."""
    named = dict.fromkeys([*post.named, *(actor.id for actor in now)])
    if len(named) > MOST_NAMED:
        raise Malformed("This has mentioned 200 people by now. Write it anew to mention others.")
    return tuple(named) if post.group_id is None else ()


def _title(words: Words, html: str) -> str:
    return title_from(html)[0] if words.names_itself else words.title


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


async def _context_above(db: Connection, site: Site, parent: Post) -> str | None:
    """Where the thread of `parent` is kept, for an answer to it to say so too (FEP-7888).

    A thread that began here is kept here, and that needs no word of anybody.
    """
    if parent.context_url is not None and not site.is_ours(parent.context_url):
        return parent.context_url
    root = await posts.by_id(db, parent.root_id) if parent.root_id != parent.id else None
    return root.context_url if root is not None else None


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


def _checked(words: Words, *, has_addition: bool = False, keeps: Sized = ()) -> Words:
    """`words` tidied up; `keeps` are the attachments that there are already. Raises `Malformed`."""
    source = words.source.strip()
    attachments = keeps if words.attachments is None else words.attachments
    if not source and not attachments and not (has_addition and words.title.strip()):
        raise Malformed("There is nothing written yet.")
    if len(source) > LONGEST:
        raise Malformed("This is longer than 20,000 characters. Nothing was lost: shorten it and send again.")
    if len(words.title) > LONGEST_TITLE or len(words.content_warning) > 500:
        raise Malformed("A title has at most 200 characters, a content warning 500.")
    return msgspec.structs.replace(
        words,
        source=source.replace("\x00", ""),
        title=safe_text(words.title, LONGEST_TITLE),
        content_warning=safe_text(words.content_warning, 500),
    )

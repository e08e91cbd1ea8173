"""Members write, answer, edit and delete.

Each deed and the activity that tells other servers of it commit together, in the caller's transaction.
What goes where:

- into a group of ours: the group announces it (`announcing.py`); an answer also goes to the author of what
  it answers, if that is on another server;
- into a group elsewhere: the Create goes to that group, which announces it; and to the author answered;
- for members only, into a group of ours: the group announces it to the servers of members, and nobody
  else gets a copy; into a group elsewhere: to that group and nobody else;
- sealed: nowhere. It is stored here and never rendered for another server.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community import announcing, kinds, reaches, removals, speaking, visibility
from fediverse_support.community import rules as agreements
from fediverse_support.community import tags as tagging
from fediverse_support.community.kinds import Addition
from fediverse_support.core.errors import Conflict, Forbidden, Gone, Malformed, Missing
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.markup import mentions_in, render_markdown, safe_text
from fediverse_support.core.models import Actor, Group, Post, Reach, Viewer
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, groups, places, posts, tombstones
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import Followers, new_activity_uri, publish
from fediverse_support.protocol.addressing import Visibility, audience_for_group_post
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering.posts import tombstone
from fediverse_support.protocol.rendering.tags import address, page_of
from fediverse_support.protocol.rendering.times import precise_time
from fediverse_support.protocol.site import Site

LONGEST = 20_000
LONGEST_TITLE = 200


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has written: Markdown, perhaps with a title and a content warning.

    `reach` is how far it shall go; None: as far as posts in its group usually do. What it got is in the post
    (`reaches.was_narrowed` tells whether that is less). `tags` are those chosen from what the group offers.
    """

    source: str
    title: str = ""
    content_warning: str = ""
    language: str | None = None
    reach: Reach | None = None
    tags: tuple[str, ...] = ()


async def write(
    db: Connection,
    site: Site,
    author: Actor,
    group: Actor,
    words: Words,
    now: datetime,
    *,
    addition: Addition | None = None,
) -> Post:
    """Start a thread in `group`, here or elsewhere. Raises `Malformed` or `Forbidden`, changing nothing.

    `addition`: it is more than words, namely a poll or an event (`kinds.py`); then a title is enough.
    """
    rules = await _may_speak(db, group, author, now)
    reach = reaches.settle(words.reach, group, rules)
    return await _publish_new(db, site, author, group, None, words, reach, now, addition)


async def reply(
    db: Connection, site: Site, author: Actor, viewer: Viewer, parent_id: int, words: Words, now: datetime
) -> Post:
    """Answer a post that `viewer` (the author, signed in) may see. Raises `Missing` for any other.

    An answer never reaches further than what it answers.
    """
    parent = await posts.seen_by(db, viewer, parent_id)
    if parent is None or parent.state != "live":
        raise Missing("There is nothing here to answer.")
    group = await actors.by_id(db, parent.group_id) if parent.group_id else None
    if group is None:
        raise Missing("This is in no group any more.")
    rules = await _may_speak(db, group, author, now, parent)
    reach = reaches.settle(words.reach, group, rules, parent)
    return await _publish_new(db, site, author, group, parent, _as_reply(words), reach, now)


async def edit(db: Connection, site: Site, author: Actor, post_id: int, words: Words, now: datetime) -> Post:
    """Change one's own post; what it said before stays as history. Raises `Missing`, `Forbidden`, `Gone`."""
    post = await _own(db, author, post_id)
    words = words if post.in_reply_to is None else _as_reply(words)
    words = _checked(words, title_is_enough=post.type != "Note")
    shown = post.edited_at or post.published_at
    if now <= shown:
        raise Conflict("This was changed a moment ago. Look at it again before you change it.")
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    html, mentions = await _rendered(db, site, words.source, group)
    changed = msgspec.structs.replace(
        post,
        title=words.title,
        content_html=html,
        source=words.source,
        content_warning=words.content_warning,
        sensitive=bool(words.content_warning),
        mentions=mentions,
        tags=await tagging.given(db, group, words.source, words.tags),
        edited_at=now,
    )
    await posts.insert_version(db, post.id, shown, post)
    await posts.replace_text(db, changed)
    if visibility.leaves(changed):
        await tell_of_change(db, site, author, changed, now)
    return changed


async def delete(db: Connection, site: Site, author: Actor, post_id: int, now: datetime) -> None:
    """Delete one's own post: wiped here, and every server that was told of it is told to do the same."""
    post = await _own(db, author, post_id)
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    if visibility.leaves(post):
        await _tell_of_deletion(db, site, author, group, post, now)
    await tombstones.bury(db, post.uri, author.uri, post.type, now)
    await removals.erase(db, post)


async def _publish_new(
    db: Connection,
    site: Site,
    author: Actor,
    group: Actor,
    parent: Post | None,
    words: Words,
    reach: Reach,
    now: datetime,
    addition: Addition | None = None,
) -> Post:
    words = _checked(words, title_is_enough=addition is not None)
    html, mentions = await _rendered(db, site, words.source, group)
    number, public_id = new_id(), new_public_id()
    post = Post(
        id=number,
        uri=site.post(public_id),
        public_id=public_id,
        author_id=author.id,
        group_id=group.id,
        root_id=parent.root_id if parent else number,
        parent_id=parent.id if parent else None,
        in_reply_to=parent.uri if parent else None,
        context_url=await _context_above(db, site, parent) if parent else None,
        type=addition.type if addition else "Note",
        title=words.title,
        content_html=html,
        source=words.source,
        content_warning=words.content_warning,
        sensitive=bool(words.content_warning),
        language=words.language,
        reach=reach,
        url=site.post(public_id),
        mentions=mentions,
        tags=await tagging.given(db, group, words.source, words.tags),
        published_at=now,
        received_at=now,
        active_at=now,
    )
    await posts.insert(db, post)
    if addition is not None:
        await kinds.keep(db, post, addition)
    if parent is not None:
        await posts.touch_thread(db, post.root_id, now)
    if visibility.leaves(post):
        await _tell_of_new(db, site, author, group, parent, post, now)
    return post


async def _tell_of_new(
    db: Connection, site: Site, author: Actor, group: Actor, parent: Post | None, post: Post, now: datetime
) -> None:
    parent_author = await actors.by_id(db, parent.author_id) if parent else None
    document = await render(db, site, post, author, group, parent_author)
    create = activities.create(new_activity_uri(site), document)
    await publish(
        db,
        site,
        author,
        create,
        object_uri=post.uri,
        is_public=visibility.is_public(post),
        is_listed=True,
        to=await _addressed(db, group, parent_author, post),
    )
    if group.is_local:
        await announcing.announce_post(db, site, group, post, author, create, now)


async def tell_of_change(
    db: Connection,
    site: Site,
    author: Actor,
    post: Post,
    now: datetime,
    *,
    only_numbers: bool = False,
    also: Sequence[Actor] = (),
) -> None:
    """Send an Update of one of our posts that `visibility.leaves`, to the actors `also` too.

    Microblog servers take an Update only from the author; the others take it from the group.
    `only_numbers`: no word of it has changed, only the totals of its poll.
    """
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    if group is None:
        return
    parent = await posts.by_id(db, post.parent_id) if post.parent_id else None
    parent_author = await actors.by_id(db, parent.author_id) if parent else None
    document = await render(db, site, post, author, group, parent_author)
    uri = new_activity_uri(site)
    update = (
        activities.refresh(uri, document, precise_time(now))
        if only_numbers
        else activities.update(uri, document)
    )
    await publish(
        db,
        site,
        author,
        update,
        object_uri=post.uri,
        followers=_microblogs(group, post),
        to=[*await _addressed(db, group, parent_author, post), *also],
    )
    if group.is_local:
        await announcing.pass_on(db, site, group, update, post.uri, now, reach=post.reach)


async def _tell_of_deletion(
    db: Connection, site: Site, author: Actor, group: Actor | None, post: Post, now: datetime
) -> None:
    if group is None:
        return
    parent = await posts.by_id(db, post.parent_id) if post.parent_id else None
    parent_author = await actors.by_id(db, parent.author_id) if parent else None
    followers = group.followers_url or f"{group.uri}/followers"
    reach: Visibility = "members" if post.reach == "members" else "open"
    audience = audience_for_group_post(group.uri, followers, reach)
    delete = activities.delete(
        new_activity_uri(site),
        actor=author.uri,
        object=tombstone(post.uri, post.type, now),
        audience=audience,
    )
    to = await _addressed(db, group, parent_author, post)
    if group.is_local:
        await announcing.withdraw(db, site, group, post, now)
    await stored.withdraw_about(db, post.uri, now)
    await publish(
        db,
        site,
        author,
        delete,
        object_uri=post.uri,
        followers=_microblogs(group, post),
        to=to,
    )
    if group.is_local:
        await announcing.pass_on(db, site, group, delete, post.uri, now, reach=post.reach)


async def render(
    db: Connection, site: Site, post: Post, author: Actor, group: Actor | None, parent_author: Actor | None
) -> dict[str, Any]:
    """One of our posts, as it is sent and served. Raises `Missing` or `Gone`."""
    root = await posts.by_id(db, post.root_id) if post.root_id != post.id else None
    return await kinds.document(db, site, post, author, group, parent_author, root.uri if root else None)


def _microblogs(group: Actor, post: Post) -> Followers | None:
    """The followers of our group who take edits and deletions of what is public from its author only."""
    is_told = group.is_local and visibility.is_public(post)
    return Followers(group, "object") if is_told else None


async def _addressed(
    db: Connection, group: Actor, parent_author: Actor | None, post: Post
) -> Sequence[Actor]:
    """Who hears of a post at their own inbox: a group elsewhere, the author answered, those mentioned.

    What is for members only a group elsewhere gets and nobody else: it knows who its members are.
    """
    if post.reach == "members":
        return [] if group.is_local or group.state != "active" else [group]
    mentioned = await actors.by_uris(db, [str(item["href"]) for item in post.mentions])
    found = [group, *([parent_author] if parent_author else []), *mentioned]
    return [actor for actor in found if not actor.is_local and actor.state == "active"]


async def _rendered(
    db: Connection, site: Site, source: str, group: Actor | None
) -> tuple[str, tuple[dict[str, Any], ...]]:
    """The HTML of `source` in `group`, and the mentions in it of people that we know."""
    known: dict[str, str] = {}
    for handle in mentions_in(source)[:20]:
        name, _, host = handle.lstrip("@").partition("@")
        if host in ("", site.domain):
            actor = await actors.local_by_name(db, name)
        else:
            actor = await actors.by_handle(db, name, host)
        if actor is not None and actor.state == "active":
            known[handle] = actor.uri
    place = page_of(site, group) if group is not None else ""
    html = render_markdown(source, known, hashtags=lambda name: address(place, name) if place else "")
    return html, tuple({"href": uri, "name": handle} for handle, uri in known.items())


async def _may_speak(
    db: Connection, group: Actor, author: Actor, now: datetime, answered: Post | None = None
) -> Group | None:
    """Our group's rules after asking them; None for a group elsewhere, whose wishes we know only in part."""
    if group.state != "active":
        raise Gone("This group is gone.")
    standing = await places.standing(db, group, author, now, answered)
    if not group.is_local:
        speaking.check_elsewhere(standing)
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
    post = await posts.by_id(db, post_id)
    if post is None:
        raise Missing("There is no such post.")
    if post.author_id != author.id:
        raise Forbidden("Only its author may change a post.")
    if post.state == "deleted":
        raise Gone("This post was deleted.")
    return post


def _as_reply(words: Words) -> Words:
    return msgspec.structs.replace(words, title="")


def _checked(words: Words, *, title_is_enough: bool = False) -> Words:
    source = words.source.strip()
    if not source and not (title_is_enough and words.title.strip()):
        raise Malformed("There is nothing written yet.")
    if len(source) > LONGEST:
        raise Malformed("This is longer than 20,000 characters. Nothing was lost: shorten it and send again.")
    if len(words.title) > LONGEST_TITLE or len(words.content_warning) > 500:
        raise Malformed("A title has at most 200 characters, a content warning 500.")
    return Words(
        source=source.replace("\x00", ""),
        title=safe_text(words.title, LONGEST_TITLE),
        content_warning=safe_text(words.content_warning, 500),
        language=words.language,
        reach=words.reach,
        tags=words.tags,
    )

"""What somebody has written becomes a post: its words rendered, its mentions found, its place in a thread.

Nothing here is stored or told; that is for `posts.py` and `personal_posts.py`.
"""

from collections.abc import Iterable, Sized
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community.groups import tags as tagging
from fediverse_support.community.posts import addressees
from fediverse_support.community.posts.kinds import Addition
from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.markup import render_markdown, safe_text, title_from
from fediverse_support.core.models import Actor, Post, Reach
from fediverse_support.database import actors, posts
from fediverse_support.database.pool import Connection
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
    words = checked(words, has_addition=addition is not None)
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
        in_reply_to=_address_of(parent) if is_in_thread else _address_outside(parent),
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


def checked(words: Words, *, has_addition: bool = False, keeps: Sized = ()) -> Words:
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


def _address_of(parent: Post | None) -> str | None:
    return parent.uri if parent is not None else None


def _address_outside(parent: Post | None) -> str | None:
    """What an answer that leaves the thread says that it answers: no server learns of what is sealed (L6)."""
    return _address_of(parent) if parent is not None and parent.reach != "sealed" else None


async def _context_above(db: Connection, site: Site, parent: Post) -> str | None:
    """Where the thread of `parent` is kept, for an answer to it to say so too (FEP-7888).

    A thread that began here is kept here, and that needs no word of anybody.
    """
    if parent.context_url is not None and not site.is_ours(parent.context_url):
        return parent.context_url
    root = await posts.by_id(db, parent.root_id) if parent.root_id != parent.id else None
    return root.context_url if root is not None else None

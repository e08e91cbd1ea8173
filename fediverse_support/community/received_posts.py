"""A document of another server as one of our posts: what is kept of it, and in which form."""

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from fediverse_support.community import audiences
from fediverse_support.community.reaches import widest
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.markup import safe_text, sanitise, strip_group_mention, title_from
from fediverse_support.core.models import REACHES, Actor, Group, Post, Reach, Standing
from fediverse_support.protocol import threading
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import PostDocument

TITLE_LENGTH = 200
MOST_TAGS = 30


class Place(msgspec.Struct, frozen=True):
    """Where a post belongs, and how its author stands there.

    `rules` are there for a group of ours; `is_vouched`: a group elsewhere has passed the post on as its own.
    Without a group and without a parent it is none of our business.
    """

    group: Actor | None = None
    parent: Post | None = None
    rules: Group | None = None
    standing: Standing = Standing()
    is_vouched: bool = False
    is_known: bool = False
    is_buried: bool = False
    is_awaited: bool = False


def new(site: Site, document: PostDocument, author: Actor, place: Place, now: datetime) -> Post:
    """`document` by its verified author as a post that is live in its place."""
    number = new_id()
    parent = place.parent
    is_root = document.in_reply_to is None
    title, content = _title_and_content(document, is_root)
    published = min(document.published or now, now)
    edited = document.updated if document.updated and document.updated > published else None
    post = Post(
        id=number,
        uri=document.id,
        public_id=new_public_id(),
        author_id=author.id,
        group_id=place.group.id if place.group else None,
        root_id=parent.root_id if parent else number,
        parent_id=parent.id if parent else None,
        in_reply_to=document.in_reply_to,
        type=document.type[:60],
        title=title,
        content_html=content,
        source=None,
        content_warning=safe_text(document.content_warning or "", 500),
        sensitive=document.sensitive,
        language=(document.language or "")[:35] or None,
        reach=_reach(document, place),
        url=document.url,
        attachments=_attachments(document),
        mentions=tuple({"href": item.href, "name": item.name} for item in document.mentions),
        tags=document.hashtags[:MOST_TAGS],
        published_at=published,
        received_at=now,
        edited_at=edited,
        active_at=published,
    )
    return _linked(site, post, document, place)


def _attachments(document: PostDocument) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "type": item.type if item.is_media else "Link",
            "url": item.url,
            "media_type": item.media_type,
            "alt": safe_text(item.alt or "", 1500),
        }
        for item in document.attachments
    )


def _linked(site: Site, post: Post, document: PostDocument, place: Place) -> Post:
    """`post` with the addresses where its own server, or its group's, keeps its thread and its answers."""
    group, parent = place.group, place.parent
    near = [group.uri if group else None, *((parent.uri, parent.context_url) if parent else ())]
    return msgspec.structs.replace(
        post,
        context_url=threading.context_of(document, site.gate, [uri for uri in near if uri]),
        replies_url=threading.replies_of(document, site.gate),
    )


def changed(known: Post, document: PostDocument, moment: datetime) -> Post:
    """`known` with the words of another version of it, which is of `moment`."""
    title, content = _title_and_content(document, known.in_reply_to is None)
    return msgspec.structs.replace(
        known,
        title=title,
        content_html=content,
        content_warning=safe_text(document.content_warning or "", 500),
        sensitive=document.sensitive,
        language=(document.language or "")[:35] or None,
        attachments=_attachments(document),
        mentions=tuple({"href": item.href, "name": item.name} for item in document.mentions),
        tags=document.hashtags[:MOST_TAGS],
        url=document.url,
        edited_at=moment,
    )


@lru_cache(maxsize=16)
def cleaned(html: str) -> str:
    """`html` as it is shown. Remembered for a moment: first policy looks at it, then it is stored."""
    return sanitise(html)


def _title_and_content(document: PostDocument, is_root: bool) -> tuple[str, str]:
    """A reply has no title. A microblog post's title is its first line, without the group's handle."""
    content = cleaned(document.content)
    if not is_root:
        return "", content
    if document.name:
        return safe_text(document.name, TITLE_LENGTH), content
    title, _ = title_from(content)
    return safe_text(strip_group_mention(title), TITLE_LENGTH), content


def _reach(document: PostDocument, place: Place) -> Reach:
    """Never wider than the post says, and than its parent and its group."""
    reaches: list[Reach] = [audiences.reach_of(document)]
    if place.group is not None:
        reaches.append(widest(place.group, place.rules, place.parent))
    elif place.parent is not None:
        reaches.append(place.parent.reach)
    return min(reaches, key=REACHES.index)


def version_time(document: PostDocument, known: Post) -> datetime:
    """Of when a version of `known` is."""
    # A time in the future counts as when it first arrived, so that the same post is no newer the next time.
    published = min(document.published or known.published_at, known.published_at)
    return max(document.updated, published) if document.updated else published

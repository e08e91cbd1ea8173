"""A document of another server as one of our posts: what is kept of it, and in which form."""

from datetime import datetime
from functools import lru_cache

import msgspec

from fediverse_support.community.arriving import audiences, received_media
from fediverse_support.community.posts.reaches import widest
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.markup import safe_text, sanitise, strip_group_mention, title_from
from fediverse_support.core.models import PERSONAL_REACHES, REACHES, Actor, Group, Post, Reach, Standing
from fediverse_support.protocol import threading
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import PostDocument

TITLE_LENGTH = 200
MOST_TAGS = 30


class Place(msgspec.Struct, frozen=True):
    """Where a post belongs, and how its author stands there.

    `rules` are there for a group of ours; `is_vouched`: a group elsewhere has passed the post on as its own.

    `astray_from`: what it answers was said in a group, and it is not for that group.

    For a post outside of groups: whether somebody here follows its author, whether it answers what we know,
    whether somebody here has asked for it (`is_wanted`), and whom of ours it names. If it is none of these
    it is none of our business (`personal_audiences.py`).
    """

    group: Actor | None = None
    parent: Post | None = None
    rules: Group | None = None
    standing: Standing = Standing()
    is_vouched: bool = False
    is_known: bool = False
    is_buried: bool = False
    is_awaited: bool = False
    astray_from: Post | None = None
    is_followed: bool = False
    is_answer: bool = False
    is_wanted: bool = False
    named: tuple[int, ...] = ()


def new(site: Site, document: PostDocument, author: Actor, place: Place, now: datetime) -> Post:
    """`document` by its verified author as a post that is live in its place."""
    number = new_id()
    parent = place.parent
    answered = parent or place.astray_from
    is_root = document.in_reply_to is None
    title, content = _title_and_content(document, is_root=is_root, is_in_group=place.group is not None)
    published = min(document.published or now, now)
    edited = document.updated if document.updated and document.updated > published else None
    post = Post(
        id=number,
        uri=document.id,
        public_id=new_public_id(),
        author_id=author.id,
        group_id=place.group.id if place.group else None,
        root_id=parent.root_id if parent else number,
        parent_id=answered.id if answered else None,
        in_reply_to=document.in_reply_to,
        type=document.type[:60],
        title=title,
        content_html=content,
        source=None,
        content_warning=safe_text(document.content_warning or "", 500),
        sensitive=document.sensitive,
        language=(document.language or "")[:35] or None,
        reach=_reach(document, author, place),
        named=place.named if place.group is None else (),
        url=document.url,
        attachments=received_media.of_document(document),
        mentions=tuple({"href": item.href, "name": item.name} for item in document.mentions),
        tags=document.hashtags[:MOST_TAGS],
        published_at=published,
        received_at=now,
        edited_at=edited,
        active_at=published,
    )
    return _linked(site, post, document, place)


def _linked(site: Site, post: Post, document: PostDocument, place: Place) -> Post:
    """`post` with the addresses where its own server, or its group's, keeps its thread and its answers."""
    group, parent = place.group, place.parent
    near = [group.uri if group else None, *((parent.uri, parent.context_url) if parent else ())]
    return msgspec.structs.replace(
        post,
        context_url=threading.context_of(document, site.gate, [uri for uri in near if uri]),
        replies_url=threading.replies_of(document, site.gate),
    )


def changed(known: Post, document: PostDocument, moment: datetime, named: tuple[int, ...] = ()) -> Post:
    """`known` with the words of another version of it, which is of `moment` and names these of ours."""
    title, content = _title_and_content(
        document, is_root=known.in_reply_to is None, is_in_group=known.group_id is not None
    )
    return msgspec.structs.replace(
        known,
        title=title,
        content_html=content,
        content_warning=safe_text(document.content_warning or "", 500),
        sensitive=document.sensitive,
        language=(document.language or "")[:35] or None,
        attachments=received_media.of_document(document, known),
        mentions=tuple({"href": item.href, "name": item.name} for item in document.mentions),
        tags=document.hashtags[:MOST_TAGS],
        url=document.url,
        named=named if known.group_id is None else known.named,
        edited_at=moment,
    )


@lru_cache(maxsize=16)
def cleaned(html: str) -> str:
    """`html` as it is shown. Remembered for a moment: first policy looks at it, then it is stored."""
    return sanitise(html)


def _title_and_content(document: PostDocument, *, is_root: bool, is_in_group: bool) -> tuple[str, str]:
    """A reply has no title. A microblog post's title in a group is its first line, without the handle."""
    content = cleaned(document.content)
    if not is_root:
        return "", content
    if document.name:
        return safe_text(document.name, TITLE_LENGTH), content
    if not is_in_group:
        return "", content
    title, _ = title_from(content)
    return safe_text(strip_group_mention(title), TITLE_LENGTH), content


def _reach(document: PostDocument, author: Actor, place: Place) -> Reach:
    """Never wider than the post says, and than its parent and its group."""
    if place.group is not None:
        end = widest(place.group, place.rules, place.parent)
        return min(audiences.reach_of(document), end, key=REACHES.index)
    said = audiences.personal_reach_of(document, author)
    return min(said, place.parent.reach if place.parent else said, key=PERSONAL_REACHES.index)


def version_time(document: PostDocument, known: Post) -> datetime:
    """Of when a version of `known` is."""
    # A time in the future counts as when it first arrived, so that the same post is no newer the next time.
    published = min(document.published or known.published_at, known.published_at)
    return max(document.updated, published) if document.updated else published

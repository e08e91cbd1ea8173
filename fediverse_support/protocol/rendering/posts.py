"""Our posts as Notes.

Always `Note`: of a Page or an Article Mastodon shows only the title and a link. A thread's title is in `name`
for Lemmy, PieFed and their kin, and again as the first, bold line of `content` for everybody who ignores
`name`; it is not in `source`, which those who read `name` show below it. A reply never has a `name`: with
one, Misskey and PieFed would count it as a vote in a poll.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError

from fediverse_support.core.clock import wire_time
from fediverse_support.core.errors import Gone, Missing
from fediverse_support.core.markup.scanning import escape
from fediverse_support.core.markup.titles import title_from
from fediverse_support.core.models import Actor, OfferedTag, Post, Reach
from fediverse_support.protocol.addressing import Audience, audience_for_group_post
from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering import tags as tag_documents
from fediverse_support.protocol.rendering.context import Json, without_nothing
from fediverse_support.protocol.rendering.sizes import fitted
from fediverse_support.protocol.rendering.times import precise_time
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import PUBLIC

_ATTACHMENT_FIELDS = (
    ("media_type", "mediaType"),
    ("alt", "name"),
    ("width", "width"),
    ("height", "height"),
    ("blurhash", "blurhash"),
    ("focus", "focalPoint"),
)


def note(
    site: Site,
    post: Post,
    author: Actor,
    group: Actor | None,
    *,
    parent_author: Actor | None = None,
    root_uri: str | None = None,
    offered: Sequence[OfferedTag] = (),
    can_reply: Json | None = None,
) -> Json:
    """One of our posts. `root_uri` is the id of the thread's first post, for a reply,
    `offered` are the tags that the group offers, `can_reply` says who may answer (`reply_policies.py`).

    The group is mentioned, so that answers written on Mastodon reach it; `parent_author` is, so that they
    hear of a reply. Never larger than 56 KiB: what Misskey takes leaves 8 KiB for the activity around it.
    Raises `Missing` for a post that never leaves this server or waits for a moderator, `Gone` for a
    deleted one.
    """
    _may_leave(post)
    tags = _mentions(post, author, group, parent_author)
    audience = _audience(post, author, group, tags)
    content = content_of(post)
    document = {
        "@context": context.POST,
        "id": post.uri,
        "type": "Note",
        "url": post.url or post.uri,
        "attributedTo": author.uri,
        "to": list(audience.to),
        "cc": list(audience.cc),
        "audience": audience.audience,
        "name": post.title if has_own_title(post) else None,
        "summary": post.content_warning or None,
        "sensitive": post.sensitive or bool(post.content_warning),
        "content": content,
        "mediaType": "text/html",
        "contentMap": {post.language: content} if post.language else None,
        "language": _language(post.language),
        "source": _source(post),
        "inReplyTo": post.in_reply_to,
        "context": _context(site, post, root_uri),
        "replies": f"{post.uri}/replies",
        "published": wire_time(post.published_at),
        "updated": _updated(post),
        "tag": [*tags, *tag_documents.of_post(site, post, group, offered)],
        "attachment": list(_attachments(post)),
        # Only the author may quote, that is, nobody: support is not for showing around (FEP-044f).
        "interactionPolicy": without_nothing(
            {"canQuote": {"automaticApproval": [author.uri]}, "canReply": can_reply}
        ),
    }
    return fitted(without_nothing(document))


def tombstone(uri: str, former_type: str = "Note", deleted_at: datetime | None = None) -> Json:
    """What is left of something deleted, served with 410 (AS2 vocabulary, FEP-4f05)."""
    return without_nothing(
        {
            "@context": context.PLAIN,
            "id": uri,
            "type": "Tombstone",
            "formerType": former_type,
            "deleted": wire_time(deleted_at) if deleted_at else None,
        }
    )


def audience_of(post: Post, author: Actor, group: Actor | None, parent_author: Actor | None) -> Audience:
    """Whom the Note of a post is addressed to, and so every activity about it."""
    return _audience(post, author, group, _mentions(post, author, group, parent_author))


def has_own_title(post: Post) -> bool:
    """Whether a thread has a title besides its words: one from an app is called after its first line."""
    return bool(post.title) and post.is_root and title_from(post.content_html)[0] != post.title


def content_of(post: Post) -> str:
    """The HTML of a post with everything that it says: a title of its own as the first, bold line."""
    if not has_own_title(post):
        return post.content_html
    return f"<p><strong>{escape(post.title)}</strong></p>{post.content_html}"


def _may_leave(post: Post) -> None:
    if post.state == "deleted":
        raise Gone
    if post.state != "live" or post.reach == "sealed":
        raise Missing


def _audience(post: Post, author: Actor, group: Actor | None, tags: list[Json]) -> Audience:
    """To the group as far as the post reaches, and to all who are mentioned: Mastodon tells no one else."""
    mentioned = [tag["href"] for tag in tags]
    if group is None:
        return _audience_of_a_person(post, author, mentioned)
    followers = group.followers_url or f"{group.uri}/followers"
    return audience_for_group_post(group.uri, followers, in_a_group(post.reach), mentioned)


def in_a_group(reach: Reach) -> Literal["open", "quiet", "members"]:
    """How a post of this reach is addressed in a group: what is not public is at most for its members."""
    if reach == "open" or reach == "quiet":
        return reach
    return "members"


def _audience_of_a_person(post: Post, author: Actor, mentioned: list[str]) -> Audience:
    followers = author.followers_url or f"{author.uri}/followers"
    if post.reach == "open":
        return Audience(to=(PUBLIC,), cc=(followers, *mentioned))
    if post.reach == "quiet":
        return Audience(to=(followers,), cc=(PUBLIC, *mentioned))
    if post.reach == "followers":
        return Audience(to=(followers,), cc=tuple(mentioned))
    return Audience(to=tuple(mentioned))


def _mentions(post: Post, author: Actor, group: Actor | None, parent_author: Actor | None) -> list[Json]:
    """The group, the person answered, then who is named in the text; nobody twice, never the author."""
    actors = [actor for actor in (group, parent_author) if actor is not None]
    named = {actor.uri: f"@{actor.handle}" for actor in actors}
    for mention in post.mentions:
        named.setdefault(mention["href"], mention["name"])
    named.pop(author.uri, None)
    return [{"type": "Mention", "href": href, "name": name} for href, name in named.items()]


def _source(post: Post) -> Json | None:
    """The Markdown, with a warning as a closed fold: Lemmy and PieFed show no `summary`."""
    if post.source is None:
        return None
    content = post.source
    if post.content_warning:
        content = f"::: spoiler {' '.join(post.content_warning.split())}\n{content}\n:::"
    return {"content": content, "mediaType": "text/markdown"}


def _context(site: Site, post: Post, root_uri: str | None) -> str | None:
    """The collection of the whole thread (FEP-f228): ours, or the one that what it answers has named."""
    root = post.uri if post.is_root else root_uri
    return f"{root}/context" if root and site.is_ours(root) else post.context_url


def _updated(post: Post) -> str | None:
    """Later than `published` whatever the clock did: GoToSocial calls the contrary malformed."""
    if post.edited_at is None:
        return None
    return precise_time(max(post.edited_at, post.published_at + timedelta(milliseconds=1)))


def _language(tag: str | None) -> Json | None:
    """As Lemmy and PieFed have it; Mastodon reads `contentMap` instead."""
    return {"identifier": tag, "name": _english_name(tag)} if tag else None


@lru_cache(maxsize=256)
def _english_name(tag: str) -> str:
    try:
        return Locale.parse(tag, sep="-").get_display_name("en") or tag
    except (UnknownLocaleError, ValueError):
        return tag


def _attachments(post: Post) -> Iterator[Json]:
    """Stored attachments (the fields of `vocabulary.Attachment`) as the peers have them."""
    for stored in post.attachments:
        attachment = {theirs: stored.get(ours) or None for ours, theirs in _ATTACHMENT_FIELDS}
        where = "href" if stored["type"] == "Link" else "url"
        yield without_nothing({"type": stored["type"], where: stored["url"], **attachment})

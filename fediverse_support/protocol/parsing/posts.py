"""Posts: notes, articles, pages, polls and whatever else a thread is made of."""

import html
import re
from collections.abc import Iterator

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.accessors import (
    addressees,
    count,
    embedded,
    flag,
    is_a,
    language,
    many,
    moment,
    own_id,
    reference,
    text,
    translations,
    type_of,
)
from fediverse_support.protocol.parsing import events
from fediverse_support.protocol.parsing.media import attachments, best_link
from fediverse_support.protocol.urls import Gate
from fediverse_support.protocol.vocabulary import (
    ACTIVITY_TYPES,
    ACTOR_TYPES,
    COLLECTION_TYPES,
    POST_TYPES,
    Document,
    Mention,
    PollOption,
    PostDocument,
)

LONGEST_CONTENT = 200_000
LONGEST_NAME = 2048
LONGEST_SUMMARY = 20_000
LONGEST_WARNING = 300
LONGEST_TAG = 100
MOST_TAGS = 100
MOST_OPTIONS = 100
MOST_AUTHORS = 8

_NEVER_POSTS = ACTIVITY_TYPES | ACTOR_TYPES | COLLECTION_TYPES | {"Tombstone"}
_LONG_FORMS = frozenset({"Article", "Audio", "Event", "Page", "Video"})
_OFFERED_TAGS = ("CommunityPostTag", "CommunityTag", "lemmy:CommunityPostTag", "lemmy:CommunityTag")
"""Lemmy from 1.0, and PieFed."""
_QUOTES = ("quote", "quoteUrl", "quoteUri", "quoteURL", "_misskey_quote")
_AS_QUOTED = ("application/activity+json", "application/ld+json")
_NOT_A_WORD = re.compile(r"\W+")
_PLAIN_TYPES = ("text/plain", "text/markdown")


def post(document: Document, gate: Gate) -> PostDocument:
    """`document` as a post.

    Raises `Malformed` unless it has an id, and an author on that id's origin. Types that we do not know
    stay as they are named.
    """
    name = type_of(document, POST_TYPES)
    if name in _NEVER_POSTS:
        raise Malformed("This document is not a post.")
    id = own_id(document, gate)
    content, spoken = _content(document)
    summary = text(document, "summary", LONGEST_SUMMARY)
    options = many(document.get("oneOf")) or many(document.get("anyOf"))
    return PostDocument(
        id=id,
        type=name,
        author=_author(document, id, gate),
        in_reply_to=reference(document.get("inReplyTo"), gate),
        name=text(document, "name", LONGEST_NAME),
        content=content,
        summary=summary,
        content_warning=content_warning(document, name),
        sensitive=_is_sensitive(document, name),
        language=language(document.get("language")) or spoken,
        source=_markdown(document),
        published=moment(document.get("published")),
        updated=moment(document.get("updated")),
        url=best_link(document.get("url"), id, gate),
        to=addressees(document, "to", gate),
        cc=addressees(document, "cc", gate),
        audience=addressees(document, "audience", gate),
        mentions=tuple(_mentions(document, gate)),
        hashtags=tuple(dict.fromkeys(_hashtags(document))),
        attachments=tuple(attachments(document.get("attachment"), gate)),
        context=reference(document.get("context"), gate),
        replies=reference(document.get("replies"), gate),
        options=tuple(_options(options)),
        multiple=bool(options) and not many(document.get("oneOf")),
        voters=count(document.get("votersCount")) or 0,
        start_time=moment(document.get("startTime")),
        end_time=moment(document.get("endTime")),
        time_zone=events.time_zone(document),
        place=events.place(document),
        is_cancelled=events.is_cancelled(document),
        closed=bool(document.get("closed")),
        quoted=tuple(dict.fromkeys(_quoted(document, gate))),
        proof=embedded(document.get("proof")),
        raw=document,
    )


def content_warning(document: Document, type: str) -> str | None:
    """The text of the content warning, or None.

    On a Note `summary` is the warning (Mastodon, GoToSocial, Misskey). On long forms it is a teaser
    (FEP-b2b8, NodeBB), unless the post is `sensitive` and the text short; their own place for the warning is
    `dcterms:subject`. A zero-width space (Misskey) is a warning without words: see `sensitive`.
    """
    summary = _bare(text(document, "summary", LONGEST_SUMMARY))
    if type not in _LONG_FORMS:
        return summary
    if not flag(document.get("sensitive")):
        return None
    subject = _bare(text(document, "dcterms:subject", LONGEST_WARNING))
    return subject or (summary if summary is not None and len(summary) < LONGEST_WARNING else None)


def _is_sensitive(document: Document, type: str) -> bool:
    summary = text(document, "summary", LONGEST_SUMMARY)
    warns = summary is not None and summary.strip() != "" and type not in _LONG_FORMS
    return bool(flag(document.get("sensitive"))) or warns


def _bare(summary: str | None) -> str | None:
    return summary.strip(" \t\r\n\u200b\u00a0") or None if summary is not None else None


def _author(document: Document, id: str, gate: Gate) -> str:
    """Who wrote it: `attributedTo`, of several the first Person (PeerTube names its channel, too)."""
    named = many(document.get("attributedTo"), MOST_AUTHORS)
    people = [item for item in named if is_a(item, ("Person",))]
    author = reference(people, gate) or reference(named, gate)
    if author is None:
        raise Malformed("This post has no author.")
    if not gate.same_origin(author, id):
        raise Malformed("The id of this post is on another server than its author.")
    return author


def _content(document: Document) -> tuple[str, str | None]:
    """The body as HTML and the language that its language map gives to it."""
    spoken = list(translations(document, "content"))
    found = document.get("content")
    body = found if isinstance(found, str) else next((value for _, value in spoken), "")
    tag = next((tag for tag, value in spoken if value == body), spoken[0][0] if len(spoken) == 1 else None)
    if document.get("mediaType") in _PLAIN_TYPES:
        body = _paragraphs(body)
    return body[:LONGEST_CONTENT], language(tag)


def _paragraphs(plain: str) -> str:
    parts = (html.escape(part.strip("\n")).replace("\n", "<br>") for part in plain.split("\n\n"))
    return "".join(f"<p>{part}</p>" for part in parts if part.strip())


def _markdown(document: Document) -> str | None:
    source = embedded(document.get("source"))
    if source is None or source.get("mediaType") != "text/markdown":
        return None
    return text(source, "content", LONGEST_CONTENT)


def _tags(document: Document, type: str) -> Iterator[Document]:
    for item in many(document.get("tag"), MOST_TAGS):
        if is_a(item, (type,)):
            yield item


def _mentions(document: Document, gate: Gate) -> Iterator[Mention]:
    for tag in _tags(document, "Mention"):
        href = reference(tag.get("href"), gate)
        if href is not None:
            yield Mention(href, text(tag, "name", LONGEST_NAME) or "")


def _hashtags(document: Document) -> Iterator[str]:
    """Hashtags, and the tags that a Lemmy or PieFed user chose from those that the group offers."""
    for item in many(document.get("tag"), MOST_TAGS):
        if is_a(item, ("Hashtag",)):
            name = text(item, "name", LONGEST_TAG)
        elif is_a(item, _OFFERED_TAGS):
            name = _offered_tag(item)
        else:
            continue
        name = _NOT_A_WORD.sub("_", (name or "").lower()).strip("_")
        if name:
            yield name


def _offered_tag(tag: Document) -> str | None:
    """The last part of its id where that is like ours, since a label may say more than a hashtag can."""
    id = text(tag, "id", LONGEST_NAME) or ""
    _, found, name = id.rpartition("/tagged/")
    if found:
        return name[:LONGEST_TAG]
    names = (text(tag, member, LONGEST_TAG) for member in ("preferredUsername", "display_name", "name"))
    return next((name for name in names if name), None)


def _quoted(document: Document, gate: Gate) -> Iterator[str]:
    """What is quoted: FEP-044f `quote`, `quoteUrl` and its older names, and FEP-e232's links."""
    for member in _QUOTES:
        found = reference(document.get(member), gate)
        if found is not None:
            yield found
    for tag in _tags(document, "Link"):
        kind = text(tag, "mediaType", LONGEST_NAME) or ""
        found = reference(tag.get("href"), gate) if kind.partition(";")[0].strip() in _AS_QUOTED else None
        if found is not None:
            yield found


def _options(values: list[object]) -> Iterator[PollOption]:
    for item in values[:MOST_OPTIONS]:
        name = text(item, "name", LONGEST_NAME) if isinstance(item, dict) else None
        if isinstance(item, dict) and name is not None:
            replies = embedded(item.get("replies")) or {}
            yield PollOption(name, count(replies.get("totalItems")) or 0)

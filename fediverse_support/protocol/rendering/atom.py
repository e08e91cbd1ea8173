"""The feed of a group for feed readers (Atom, RFC 4287).

Only what everybody may read and may be put on show is ever given to this module; what has a warning is in the
feed by its title and the warning, because a reader unfolds nothing.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree

import msgspec

from fediverse_support.core.markup import excerpt
from fediverse_support.core.models import Actor, Post
from fediverse_support.protocol.rendering.times import precise_time
from fediverse_support.protocol.site import Site

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot say (§2.2)."""


class Entry(msgspec.Struct, frozen=True):
    """A thread start and who wrote it."""

    post: Post
    author: Actor


def feed(site: Site, group: Actor, entries: Sequence[Entry], *, community: str) -> str:
    """The feed of `group` with these entries, the newest first. The same entries give the same text."""
    changed = [_changed(entry.post) for entry in entries]
    root = ElementTree.Element("feed", {"xmlns": ATOM})
    _add(root, "id", group.uri)
    _add(root, "title", f"{group.display_name or group.name} · {community}")
    _add(root, "updated", precise_time(max(changed, default=group.created_at)))
    _link(root, "self", f"{site.origin}/feeds/groups/{group.name}.atom", MEDIA_TYPE)
    _link(root, "alternate", group.uri, "text/html")
    for entry in entries:
        _entry(ElementTree.SubElement(root, "entry"), site, entry)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _entry(element: ElementTree.Element, site: Site, entry: Entry) -> None:
    post, author = entry.post, entry.author
    _add(element, "id", post.uri)
    _add(element, "title", post.title or post.content_warning or excerpt(post.content_html, 80) or "…")
    _link(element, "alternate", site.post(post.public_id), "text/html")
    _add(element, "published", precise_time(post.published_at))
    _add(element, "updated", precise_time(_changed(post)))
    person = ElementTree.SubElement(element, "author")
    _add(person, "name", author.display_name or author.name)
    _add(person, "uri", author.uri)
    if post.content_warning or post.sensitive:
        _add(element, "summary", post.content_warning)
    else:
        _add(element, "content", post.content_html, type="html")


def _changed(post: Post) -> datetime:
    return post.edited_at or post.published_at


def _add(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, name, attributes).text = _NOT_XML.sub("", text)


def _link(parent: ElementTree.Element, rel: str, href: str, type: str) -> None:
    ElementTree.SubElement(parent, "link", {"rel": rel, "href": href, "type": type})

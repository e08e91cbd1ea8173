"""What somebody reads who decides about what waits: the words, wherever they are kept.

Those of a post are in the post, those of a member's change in the hold, those of a change from elsewhere in
the activity that waits in the inbox.
"""

from typing import Any

import msgspec

from fediverse_support.core.errors import Malformed, TooLarge
from fediverse_support.core.markup import plain_text, safe_text, sanitise
from fediverse_support.database.hold_lines import Line
from fediverse_support.protocol import json_gate

LONGEST_NAME = 500
MOST_ATTACHMENTS = 50


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Title, warning and text, as plain text; `attachments` are addresses with what is said of each.

    `about` is the id of what an activity is about that has no words of its own, a like for example; empty for
    everything else.
    """

    title: str = ""
    content_warning: str = ""
    text: str = ""
    attachments: tuple[tuple[str, str], ...] = ()
    about: str = ""


def of(line: Line) -> Words:
    """What waits, in words. Never raises: of what cannot be read there are none."""
    match line.hold.kind:
        case "edit":
            return _of_edit((line.hold.words or {}).get("post") or {})
        case "arrival":
            return _of_activity(line.arrived.body) if line.arrived else Words()
    return _of_post(line)


def _of_post(line: Line) -> Words:
    post = line.post
    if post is None:
        return Words()
    return Words(
        title=post.title,
        content_warning=post.content_warning,
        text=plain_text(post.content_html),
        attachments=_attached(list(post.attachments), "alt"),
    )


def _of_edit(kept: dict[str, Any]) -> Words:
    """The form in which a member changed a post: `text` is Markdown."""
    return Words(
        title=str(kept.get("title") or ""),
        content_warning=str(kept.get("content_warning") or ""),
        text=str(kept.get("source") or ""),
    )


def _of_activity(body: bytes) -> Words:
    try:
        found = json_gate.read(body)
    except (Malformed, TooLarge):
        return Words()
    about = ""
    while isinstance(found, dict) and "object" in found:
        inner = found["object"]
        about = inner if isinstance(inner, str) else ""
        found = inner if isinstance(inner, dict) else {}
    content = found.get("content")
    attached = found.get("attachment")
    return Words(
        title=_line(found.get("name")),
        content_warning=_line(found.get("summary")),
        text=plain_text(sanitise(content)) if isinstance(content, str) else "",
        attachments=_attached(attached if isinstance(attached, list) else [attached], "name"),
        about=about[:2048],
    )


def _attached(items: list[Any], name: str) -> tuple[tuple[str, str], ...]:
    shown = [item for item in items[:MOST_ATTACHMENTS] if isinstance(item, dict)]
    links = [(item.get("url") or item.get("href"), _line(item.get(name))) for item in shown]
    return tuple((url, said) for url, said in links if isinstance(url, str))


def _line(value: object) -> str:
    return safe_text(value, LONGEST_NAME) if isinstance(value, str) else ""

"""A letter: a Note for one person and nobody else, as microblog servers know private messages."""

from datetime import datetime

from fediverse_support.core.clock import wire_time
from fediverse_support.core.models import Actor
from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.context import Json, without_nothing


def letter(
    id: str, *, author: Actor, recipient: Actor, content: str, at: datetime, in_reply_to: str | None = None
) -> Json:
    """A direct Note. `content` is sanitised HTML.

    `to` holds the person alone, and they are mentioned: without the Mention Mastodon shows it to nobody, and
    with a followers collection anywhere it would not be private.
    """
    return without_nothing(
        {
            "@context": context.POST,
            "id": id,
            "type": "Note",
            "attributedTo": author.uri,
            "to": [recipient.uri],
            "cc": [],
            "content": content,
            "mediaType": "text/html",
            "inReplyTo": in_reply_to,
            "published": wire_time(at),
            "tag": [{"type": "Mention", "href": recipient.uri, "name": f"@{recipient.handle}"}],
        }
    )

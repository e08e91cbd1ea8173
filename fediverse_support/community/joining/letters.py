"""What a group has to say to one person on another server: a letter, never served and never shown here."""

from datetime import datetime

from fediverse_support.core.identifiers import new_public_id
from fediverse_support.core.markup import linkify
from fediverse_support.core.models import Actor
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering.letters import letter
from fediverse_support.protocol.site import Site


async def write(
    db: Connection,
    site: Site,
    author: Actor,
    recipient: Actor,
    text: str,
    now: datetime,
    *,
    in_reply_to: str | None = None,
) -> str:
    """Send plain `text` from one of our actors to somebody elsewhere.

    Gives the id of the Note, which an answer names. It exists only in the activity that carries it: whoever
    asks for it finds nothing.
    """
    note = letter(
        f"{_prefix(site)}{new_public_id()}",
        author=author,
        recipient=recipient,
        content=linkify(text),
        at=now,
        in_reply_to=in_reply_to,
    )
    create = activities.create(new_activity_uri(site), note)
    await publish(db, site, author, create, object_uri=note["id"], to=[recipient])
    uri: str = note["id"]
    return uri


def is_letter(site: Site, uri: str) -> bool:
    """Whether this is the id of one of our letters, as far as its form says."""
    return uri.startswith(_prefix(site))


def _prefix(site: Site) -> str:
    return f"{site.origin}/letters/"

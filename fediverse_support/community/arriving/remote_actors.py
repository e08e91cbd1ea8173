"""What other servers say of their actors, made safe and stored."""

from datetime import datetime

from fediverse_support.core.markup import safe_text, sanitise
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, keys, posts
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.signatures.keys import public_text
from fediverse_support.protocol.signatures.published import published_keys
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import ActorDocument

MOST_FIELDS = 20
LONGEST_FIELD = 255


async def store(
    db: Connection, site: Site, document: ActorDocument, *, handle_confirmed: bool, now: datetime
) -> Actor | None:
    """Store an actor and the keys it lists; safe to run twice.

    The document must have come from the actor's own id, or be signed by the actor. None if this actor is
    gone or suspended here, or claims to be one of ours: such rows are never changed from outside. A group
    that approves its followers keeps to them what was said in it, so our copies become as narrow.
    """
    if site.is_ours(document.id):
        return None
    actor = await actors.store_remote(
        db,
        document,
        site.gate.host(document.id),
        display_name=safe_text(document.name or document.preferred_username, 200),
        summary_html=sanitise(document.summary or ""),
        fields=[
            {"name": safe_text(field.name, LONGEST_FIELD), "html": sanitise(field.value)}
            for field in document.fields[:MOST_FIELDS]
        ],
        handle_confirmed=handle_confirmed,
        now=now,
    )
    if actor is not None:
        await keys.replace_remote(db, actor.id, _listed_keys(site, document), now)
        if actor.is_group and actor.approves_followers:
            await posts.narrow_group(db, actor.id, "members")
    return actor


def _listed_keys(site: Site, document: ActorDocument) -> list[tuple[str, str, str]]:
    """(id, algorithm, PEM) of each key that the actor publishes and that we can use, each id once."""
    found = {key.key_id: key for key in published_keys(document.raw, site.gate)}
    return [(key.key_id, key.algorithm, public_text(key)) for key in found.values()]

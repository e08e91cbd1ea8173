"""What other servers say of their actors, made safe and stored."""

from datetime import datetime

from fediverse_support.core.errors import Malformed
from fediverse_support.core.markup import safe_text, sanitise
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, keys
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.signatures.keys import PublicKey, load_public, public_text
from fediverse_support.protocol.signatures.multikey import load_multikey
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import ActorDocument, KeyDocument

MOST_KEYS = 10


async def store(
    db: Connection, site: Site, document: ActorDocument, *, handle_confirmed: bool, now: datetime
) -> Actor | None:
    """Store an actor and the keys it lists; safe to run twice.

    The document must have come from the actor's own id, or be signed by the actor. None if this actor is
    gone or suspended here, or claims to be one of ours: such rows are never changed from outside.
    """
    if site.is_ours(document.id):
        return None
    actor = await actors.store_remote(
        db,
        document,
        site.gate.host(document.id),
        display_name=safe_text(document.name or document.preferred_username, 200),
        summary_html=sanitise(document.summary or ""),
        handle_confirmed=handle_confirmed,
        now=now,
    )
    if actor is not None:
        await keys.replace_remote(db, actor.id, _listed_keys(document), now)
    return actor


def _listed_keys(document: ActorDocument) -> list[tuple[str, str, str]]:
    """(id, algorithm, PEM) of each key that we can use; a key that breaks the rules is passed over."""
    found = {}
    for key in document.keys[:MOST_KEYS]:
        try:
            loaded = load_document(key)
        except Malformed:
            continue
        found[key.id] = (key.id, loaded.algorithm, public_text(loaded))
    return list(found.values())


def load_document(key: KeyDocument) -> PublicKey:
    """The key in a document, loaded; raises `Malformed` if it is not one that we take."""
    if key.pem is not None:
        return load_public(key.id, key.owner, key.pem)
    return load_multikey(key.id, key.owner, key.multibase or "")

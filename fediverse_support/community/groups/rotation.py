"""A new key for one of our actors, so that no server stops believing us.

Peers learn of a new key in two ways. Most ask for the actor again when a signature names a key that they do
not know, so the new key gets a new id (GoToSocial looks for nothing new under an old one). Others check with
whatever key they have stored for the actor (Lemmy), so an `Update` of the actor that carries the new key goes
to every follower, signed with the *old* one.

Both keys are in use for a while without anybody having to wait for the slowest server: an activity is signed
with the key that its actor had when it was made, whenever it is delivered (`outbox/keyring.py`). So what was
queued before the rotation, and the `Update` itself, go out under the old key, and what comes after under the
new one. To each server things go in the order in which they were queued, so the `Update` arrives in between.
The actor's document names the new key from the moment of the rotation.

The Ed25519 key stays: what was proved with it must remain checkable for as long as it is quoted.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec

from fediverse_support.community import visibility
from fediverse_support.community.groups import group_documents
from fediverse_support.core.errors import Missing
from fediverse_support.core.identifiers import new_public_id
from fediverse_support.core.models import Actor
from fediverse_support.core.sealing import Seal
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, follows, groups, keys
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import Followers, new_activity_uri, publish
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering import actors as documents
from fediverse_support.protocol.rendering.actors import Key
from fediverse_support.protocol.rendering.context import Json
from fediverse_support.protocol.signatures.keys import generate_rsa, private_pem, public_pem
from fediverse_support.protocol.site import Site

KEPT = timedelta(days=8)
"""How long a retired key is kept: a day longer than any delivery is tried."""


class Rotated(msgspec.Struct, frozen=True):
    """The id of the new key, and to how many inboxes the announcement goes."""

    key_id: str
    told: int


class NewKey(msgspec.Struct, frozen=True):
    """The public half of a key that is not stored yet."""

    id: str
    public_key: str
    algorithm: str = "rsa"


async def rotate(db: Connection, site: Site, seal: Seal, name: str, now: datetime) -> Rotated:
    """Give the person, group or server called `name` a new RSA key; the caller opened the transaction.

    Run twice, it makes two new keys, and both announcements are signed rightly. Raises `Missing`.
    """
    actor = await actors.local_by_name(db, name)
    if actor is None or actor.state == "gone":
        raise Missing(f"There is nobody here called {name}.")
    await keys.alone(db, actor.id)
    private = await asyncio.to_thread(generate_rsa)
    # The start of a random id is enough to differ from the other keys of one actor.
    new = NewKey(f"{actor.uri}#key-{new_public_id()[:12]}", public_pem(private))
    told, retired_at = await _announce(db, site, actor, new, now)
    await keys.forget_retired(db, actor.id, now - KEPT)
    await keys.retire_local(db, actor.id, "rsa", retired_at)
    await keys.insert_local(
        db,
        key_id=new.id,
        actor_id=actor.id,
        algorithm=new.algorithm,
        public_key=new.public_key,
        sealed=seal.close(private_pem(private).encode(), keys.PURPOSE),
    )
    return Rotated(new.id, told)


async def _announce(
    db: Connection, site: Site, actor: Actor, new: NewKey, now: datetime
) -> tuple[int, datetime]:
    """Queue the Update; to how many inboxes, and the moment right after it."""
    document = await _document(db, site, actor, new, now)
    if document is None:
        return 0, now
    update = activities.update_actor(new_activity_uri(site), actor, document, now=now)
    elsewhere = [group for group in await follows.followed_groups(db, actor.id) if not group.is_local]
    told = await publish(
        db, site, actor, update, object_uri=actor.uri, followers=Followers(actor), to=elsewhere
    )
    published = await stored.by_uri(db, update["id"])
    return told, _right_after(published.id) if published else now


def _right_after(number: int) -> datetime:
    """A moment in the first millisecond in which `new_id` gives nothing up to `number` any more."""
    # In its middle, so that no rounding of a float leads into the one before.
    return datetime.fromtimestamp(((number >> 16) + 1.5) / 1000, UTC)


async def _document(db: Connection, site: Site, actor: Actor, new: NewKey, now: datetime) -> Json | None:
    """The actor as it is served from now on; None for one that nobody elsewhere follows."""
    others = [key for key in await keys.of_actor(db, actor.id) if key.algorithm != "rsa"]
    published: list[Key] = [new, *others]
    if actor.type == "Person":
        return documents.person(site, actor, published, updated=now)
    group = await groups.by_actor(db, actor.id)
    if group is None or not visibility.federates(group):
        return None
    return await group_documents.document(db, site, group, updated=now, public_keys=published)

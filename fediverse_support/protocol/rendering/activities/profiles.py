"""What actors say of themselves."""

from datetime import datetime

from fediverse_support.core.models import Actor
from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.context import Json, embedded
from fediverse_support.protocol.rendering.times import precise_time
from fediverse_support.protocol.vocabulary import PUBLIC


def update_actor(id: str, actor: Actor, document: Json, *, now: datetime) -> Json:
    """`actor` looks otherwise now, or has a new key: `document` is the actor as it is served from now on.

    For a rotation send this signed with the *old* key before switching: GoToSocial never asks for a key
    again by itself.
    """
    changed = {**embedded(document), "updated": precise_time(now)}
    return _of_itself("Update", id, actor, changed, [PUBLIC]) | {"@context": document["@context"]}


def delete_actor(id: str, actor: Actor) -> Json:
    """`actor` is gone for good. Send it to every server that ever heard of it."""
    return _of_itself("Delete", id, actor, actor.uri, [PUBLIC])


def move(id: str, actor: Actor, *, target: str) -> Json:
    """`actor` lives at `target` from now on, which must name it in `alsoKnownAs` (Mastodon, GoToSocial)."""
    followers = actor.followers_url or f"{actor.uri}/followers"
    return _of_itself("Move", id, actor, actor.uri, [followers]) | {"cc": [], "target": target}


def feature(id: str, *, actor: Actor, object_id: str) -> Json:
    """`actor` puts a post at the top of their profile (Mastodon takes it as pinned)."""
    return _of_itself("Add", id, actor, object_id, [PUBLIC]) | {"target": actor.featured_url}


def unfeature(id: str, *, actor: Actor, object_id: str) -> Json:
    """`actor` lets a post sink again."""
    return _of_itself("Remove", id, actor, object_id, [PUBLIC]) | {"target": actor.featured_url}


def _of_itself(type: str, id: str, actor: Actor, object: str | Json, to: list[str]) -> Json:
    return {
        "@context": context.PLAIN,
        "id": id,
        "type": type,
        "actor": actor.uri,
        "to": to,
        "cc": [actor.followers_url or f"{actor.uri}/followers"],
        "object": object,
    }

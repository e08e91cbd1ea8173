"""How a group tells its followers what happened, in the two dialects there are (`protocol/peers.py`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Actor, Reach
from fediverse_support.protocol.addressing import Audience, audience_for_announce
from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.context import Json
from fediverse_support.protocol.rendering.times import precise_time
from fediverse_support.protocol.vocabulary import PUBLIC


def announce_activity(
    id: str, group: Actor, inner: Mapping[str, Any], *, reach: Reach, published: datetime
) -> Json:
    """`group` hands `inner` on to Lemmy, PieFed, Mbin, NodeBB and other groups' servers (FEP-1b12).

    `inner` is embedded exactly as it was received, its own context and proof included: its author signed
    those words and no others. Raises `Missing` for what never leaves this server.
    """
    followers = _followers(group)
    audience = audience_for_announce(group.uri, followers, _leaving(reach))
    return _announce(id, group, dict(inner), audience, published)


def announce_object(
    id: str, group: Actor, object_uri: str, author_uri: str, *, reach: Reach, published: datetime
) -> Json:
    """`group` boosts a post, for Mastodon, GoToSocial, Misskey and everybody unknown.

    The object is a plain id (PieFed ignores embedded ones). `published` must not be before the post's own:
    Misskey drops such a boost. Akkoma wants `to` and `cc`, Friendica the followers in them.
    Raises `Missing` for what never leaves this server.
    """
    followers = _followers(group)
    match _leaving(reach):
        case "open":
            audience = Audience(to=(PUBLIC,), cc=(followers, author_uri))
        case "quiet":
            audience = Audience(to=(followers,), cc=(PUBLIC, author_uri))
        case _:
            audience = Audience(to=(followers,), cc=(author_uri,))
    return _announce(id, group, object_uri, audience, published)


def _announce(
    id: str, group: Actor, object: str | dict[str, Any], audience: Audience, published: datetime
) -> Json:
    return {
        "@context": context.PLAIN if isinstance(object, str) else context.POST,
        "id": id,
        "type": "Announce",
        "actor": group.uri,
        "to": list(audience.to),
        "cc": list(audience.cc),
        "published": precise_time(published),
        "object": object,
    }


def _followers(group: Actor) -> str:
    return group.followers_url or f"{group.uri}/followers"


def _leaving(reach: Reach) -> Literal["open", "quiet", "members"]:
    if reach == "sealed":
        raise Missing
    return reach

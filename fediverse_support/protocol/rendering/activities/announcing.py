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
    id: str, *, group: Actor, activity: Mapping[str, Any], reach: Reach, now: datetime
) -> Json:
    """`group` hands `activity` on to Lemmy, PieFed, Mbin, NodeBB and other groups' servers (FEP-1b12).

    It is embedded exactly as it was received, its own context and proof included: its author signed those
    words and no others. Raises `Missing` for what never leaves this server.
    """
    followers = _followers(group)
    audience = audience_for_announce(group.uri, followers, _leaving(reach))
    return _announce(id, group, dict(activity), audience, now)


def announce_object(
    id: str, *, group: Actor, object_id: str, author: str, reach: Reach, now: datetime
) -> Json:
    """`group` boosts a post, for Mastodon, GoToSocial, Misskey and everybody unknown.

    The object is a plain id (PieFed ignores embedded ones). `now` must not be before the post's `published`:
    Misskey drops such a boost. Akkoma wants `to` and `cc`, Friendica the followers in them.
    Raises `Missing` for what never leaves this server.
    """
    followers = _followers(group)
    match _leaving(reach):
        case "open":
            audience = Audience(to=(PUBLIC,), cc=(followers, author))
        case "quiet":
            audience = Audience(to=(followers,), cc=(PUBLIC, author))
        case _:
            audience = Audience(to=(followers,), cc=(author,))
    return _announce(id, group, object_id, audience, now)


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
    if reach == "sealed" or reach == "followers" or reach == "direct":
        raise Missing
    return reach

"""A deed becomes an activity, and the activity becomes deliveries: in the caller's transaction.

Either the deed, the activity and every delivery are on disk, or none of them is. Sending is for the
worker (`delivering.py`); nothing here waits for another server.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.models import Actor
from fediverse_support.database import deliveries
from fediverse_support.database.pool import Connection
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.peers import Dialect
from fediverse_support.protocol.site import Site


class Followers(msgspec.Struct, frozen=True):
    """The followers of one of our actors, or those whose server speaks one dialect of groups.

    `activity`: servers that unwrap `Announce{Create}` (Lemmy, PieFed, NodeBB, …). `object`: servers that
    take an Announce as a boost of a post (Mastodon, GoToSocial, …). None: all of them.
    """

    followed: Actor
    dialect: Dialect | None = None


def new_activity_uri(site: Site) -> str:
    """An id for an activity that is about to be rendered."""
    return site.activity(new_public_id())


async def publish(
    db: Connection,
    site: Site,
    actor: Actor,
    document: dict[str, Any],
    *,
    object_uri: str,
    is_public: bool = False,
    followers: Followers | None = None,
    to: Sequence[Actor] = (),
) -> int:
    """Store an activity of one of our actors and a delivery for each inbox; how many there are.

    `object_uri` is what must arrive in order. `is_public`: everybody may fetch it, and it is in the
    outbox. `to` are actors on other servers, reached at their own inbox; local ones are left out.
    """
    return await deliveries.publish(
        db,
        new_id(),
        actor.id,
        object_uri,
        activity=deliveries.Activity(
            uri=document["id"],
            type=document["type"],
            is_public=is_public,
            body=json_gate.write(document).decode(),
        ),
        followed_id=followers.followed.id if followers else None,
        dialect=followers.dialect if followers else None,
        inboxes=_inboxes(site, to),
    )


def _inboxes(site: Site, actors: Sequence[Actor]) -> list[tuple[str, str]]:
    reached = (actor for actor in actors if not actor.is_local and actor.inbox_url)
    return sorted({(site.gate.host(str(actor.inbox_url)), str(actor.inbox_url)) for actor in reached})

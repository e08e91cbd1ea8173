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

    `keeps_private`, for what only members may see: only those whose server is not known to show it to others
    (`protocol/peers.py`); False: only those whose server is. None: all of them.
    """

    followed: Actor
    dialect: Dialect | None = None
    keeps_private: bool | None = None


def new_activity_uri(site: Site) -> str:
    """An id for an activity that is about to be rendered."""
    return site.activity(new_public_id())


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """An activity that is published, and whom it goes to.

    `is_public`: everybody may fetch it, and it is in the outbox. `is_listed`: it is in the outbox for who may
    see what it is about. `to` are actors on other servers, reached
    at their own inbox; local ones are left out.
    """

    document: dict[str, Any]
    is_public: bool = False
    is_listed: bool = False
    followers: Followers | None = None
    to: tuple[Actor, ...] = ()


async def publish(
    db: Connection,
    site: Site,
    actor: Actor,
    document: dict[str, Any],
    *,
    object_uri: str,
    is_public: bool = False,
    is_listed: bool = False,
    followers: Followers | None = None,
    to: Sequence[Actor] = (),
) -> int:
    """Publish one activity; see `publish_all`."""
    piece = Piece(
        document=document, is_public=is_public, is_listed=is_listed, followers=followers, to=tuple(to)
    )
    return await publish_all(db, site, actor, [piece], object_uri=object_uri)


async def publish_all(
    db: Connection, site: Site, actor: Actor, pieces: Sequence[Piece], *, object_uri: str
) -> int:
    """Store activities of one of our actors and a delivery for each inbox; how many deliveries.

    All are about `object_uri`, which is what must arrive in order.
    """
    return await deliveries.publish(db, actor.id, object_uri, [_written(site, piece) for piece in pieces])


def _written(site: Site, piece: Piece) -> deliveries.Written:
    return deliveries.Written(
        id=new_id(),
        uri=piece.document["id"],
        type=piece.document["type"],
        is_public=piece.is_public,
        is_listed=piece.is_public or piece.is_listed,
        body=json_gate.write(piece.document).decode(),
        followed_id=piece.followers.followed.id if piece.followers else None,
        dialect=piece.followers.dialect if piece.followers else None,
        keeps_private=piece.followers.keeps_private if piece.followers else None,
        inboxes=tuple(_inboxes(site, piece.to)),
    )


def _inboxes(site: Site, actors: Sequence[Actor]) -> list[tuple[str, str]]:
    reached = (actor for actor in actors if not actor.is_local and actor.inbox_url)
    return sorted({(site.gate.host(str(actor.inbox_url)), str(actor.inbox_url)) for actor in reached})

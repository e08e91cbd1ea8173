"""Naming who looks after a group of ours, here or on another server, and ending it. On the record."""

from datetime import datetime
from typing import Any

from fediverse_support.community.groups import group_documents, moderators
from fediverse_support.community.posts import announcing, telling
from fediverse_support.core.errors import Conflict, Missing
from fediverse_support.core.models import Account, Actor
from fediverse_support.database import groups
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds, rights
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site


async def name(
    db: Connection, site: Site, group: Actor, person: Actor, by: Account | None, now: datetime
) -> None:
    """Let somebody look after a group; the caller opened the transaction.

    Raises `Malformed` for what is no person, `Conflict` for who does already or was asked to stay away.
    """
    if not await moderators.name(db, group, person, now):
        raise Conflict("This person looks after the group already.")
    await _tell(db, site, group, person, by, now, adds=True)
    await deeds.record(db, by, "add moderator", person.uri, "", now, group_id=group.id)


async def dismiss(
    db: Connection, site: Site, group: Actor, person: Actor, by: Account | None, now: datetime
) -> None:
    """Let somebody look after a group no longer; the caller opened the transaction.

    Raises `Forbidden` for the owner, `Conflict` for who does not look after it.
    """
    if not await moderators.dismiss(db, group, person):
        raise Conflict("This person does not look after the group.")
    await _tell(db, site, group, person, by, now, adds=False)
    await deeds.record(db, by, "remove moderator", person.uri, "", now, group_id=group.id)


async def _tell(
    db: Connection, site: Site, group: Actor, person: Actor, by: Account | None, now: datetime, *, adds: bool
) -> None:
    """By who did it, as Lemmy wants it. The command line is nobody: then the group itself says it, and
    Lemmy, which does not take that, reads the moderators when it looks at the group the next time.
    """
    reach = await telling.reach_of(db, group)
    if reach == "sealed":
        return
    actor = await rights.acting(db, by) if by is not None else group
    render = activities.add if adds else activities.remove
    change: dict[str, Any] = render(
        new_activity_uri(site),
        actor=actor.uri,
        object_id=person.uri,
        target=group.moderators_url or f"{group.uri}/moderators",
        group=group,
        reach=reach,
    )
    if by is not None:
        await telling.tell(
            db, site, group, actor, change, object_uri=person.uri, reach=reach, now=now, to=[person]
        )
        return
    await publish(db, site, group, change, object_uri=person.uri, to=[person])
    await announcing.pass_on(db, site, group, change, person.uri, now, reach=reach)
    ours = await groups.by_actor(db, group.id)
    if ours is None:
        raise Missing("This group is gone.")
    await group_documents.tell_followers(db, site, ours)

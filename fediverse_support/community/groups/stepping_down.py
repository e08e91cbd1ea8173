"""Who leaves a group of ours, or is removed from it, looks after it no longer."""

from datetime import datetime

from fediverse_support.community.groups import group_documents
from fediverse_support.community.posts import telling
from fediverse_support.core.errors import Conflict
from fediverse_support.core.models import Actor
from fediverse_support.database import groups
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import new_activity_uri
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site


async def step_down(
    db: Connection, site: Site, person: Actor, group: Actor, by: Actor | None, now: datetime
) -> None:
    """End that `person` looks after `group`, and tell its followers. Safe to run twice.

    `by` is who ends it, None for the person themselves and for the command line. Raises `Conflict` for the
    owner of a running group: without them nobody could hand it over.
    """
    rules = await groups.by_actor(db, group.id)
    if rules is None or not await groups.is_moderator(db, group.id, person.id):
        return
    if rules.life == "running" and await groups.owner(db, group.id) == person.id:
        raise Conflict("The owner cannot go like this. Hand the group over or archive it first.")
    await groups.remove_moderator(db, group.id, person.id)
    reach = await telling.reach_of(db, group)
    if reach == "sealed":
        return
    actor = by or (person if person.is_local else group)
    change = activities.remove(
        new_activity_uri(site),
        actor=actor.uri,
        object_id=person.uri,
        target=group.moderators_url or f"{group.uri}/moderators",
        group=group,
        reach=reach,
    )
    await telling.tell(
        db, site, group, actor, change, object_uri=person.uri, reach=reach, now=now, to=[person]
    )
    await group_documents.tell_followers(db, site, rules)

"""The document of one of our groups, as other servers see it, and the Update that carries it to them.

What it shows is spread over tables: the actor, its keys, the rules in force, the tags that it offers. Here it
comes together, so that what is served and what is sent are the same.
"""

from collections.abc import Sequence
from datetime import datetime

from fediverse_support.community import visibility
from fediverse_support.community.posts import announcing
from fediverse_support.core import clock
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import keys, rules, tags
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import Followers, new_activity_uri, publish
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering import actors as documents
from fediverse_support.protocol.rendering.actors import Key
from fediverse_support.protocol.rendering.context import Json
from fediverse_support.protocol.site import Site


async def document(
    db: Connection,
    site: Site,
    group: Group,
    *,
    updated: datetime | None = None,
    public_keys: Sequence[Key] | None = None,
) -> Json:
    """The document of `group`, with `public_keys` if they are not yet those that are stored.

    Raises `Missing` for a sealed group, which never leaves this server.
    """
    number = group.actor.id
    shown = await keys.of_actor(db, number) if public_keys is None else public_keys
    in_force = await rules.of_version(db, number, group.rules_version) if group.rules_version else []
    offered = await tags.offered(db, number)
    return documents.group(site, group, shown, updated=updated, rules=in_force, tags=offered)


async def tell_followers(db: Connection, site: Site, group: Group, by: Actor | None = None) -> None:
    """Send the group as it is now to everybody elsewhere who follows it; a sealed one to nobody.

    The group says it itself, for microblogs and most others. Lemmy wants it from one of the people who look
    after the group: where `by` is one of ours it is also announced as theirs (federation notes 5.8).
    """
    if not visibility.federates(group):
        return
    now = clock.now()
    carried = await document(db, site, group, updated=now)
    update = activities.update_actor(new_activity_uri(site), group.actor, carried, now=now)
    await publish(db, site, group.actor, update, object_uri=group.actor.uri, followers=Followers(group.actor))
    if by is not None and by.is_local:
        await _by_a_person(db, site, group, by, carried, now)


async def tell_microblogs(db: Connection, site: Site, group: Group) -> None:
    """Let microblogs read the group anew, and what it keeps at the top; others hear of each thing itself."""
    if not visibility.federates(group):
        return
    now = clock.now()
    update = activities.update_actor(
        new_activity_uri(site), group.actor, await document(db, site, group, updated=now), now=now
    )
    to = Followers(group.actor, "object")
    await publish(db, site, group.actor, update, object_uri=group.actor.uri, followers=to)


async def _by_a_person(
    db: Connection, site: Site, group: Group, by: Actor, carried: Json, now: datetime
) -> None:
    reach = "members" if visibility.is_closed(group) else group.reach
    update = activities.update_group(
        new_activity_uri(site), actor=by.uri, group=group.actor, document=carried, reach=reach, now=now
    )
    await publish(db, site, by, update, object_uri=group.actor.uri)
    await announcing.pass_on(db, site, group.actor, update, group.actor.uri, now, reach=reach)

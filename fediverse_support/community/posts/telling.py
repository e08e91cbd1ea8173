"""What a moderator of ours did becomes known: through the group if it is ours, else by telling its server.

The moderator is the actor, because Lemmy takes moderation from people only. A group of ours passes it on
unchanged (FEP-1b12), and who follows from a microblog learns of what concerns them in another way: by the
boost that is undone, by the group's description, by what it keeps on top.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fediverse_support.community import visibility
from fediverse_support.community.posts import announcing
from fediverse_support.core.models import Actor, Reach
from fediverse_support.database import groups
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import publish
from fediverse_support.protocol.site import Site


async def reach_of(db: Connection, group: Actor) -> Reach:
    """How far it is told what happens in a group as a whole. *sealed*: not at all, so nothing is rendered."""
    rules = await groups.by_actor(db, group.id) if group.is_local else None
    return visibility.reach_of(rules) if rules is not None else "open"


async def tell(
    db: Connection,
    site: Site,
    group: Actor,
    moderator: Actor,
    activity: dict[str, Any],
    *,
    object_uri: str,
    reach: Reach,
    now: datetime,
    to: Sequence[Actor] = (),
) -> None:
    """Send what `moderator`, who is from here, did about `object_uri` in `group`; `to` are told directly."""
    if not group.is_local:
        await publish(db, site, moderator, activity, object_uri=object_uri, to=[group, *to])
        return
    await publish(db, site, moderator, activity, object_uri=object_uri, to=to)
    await announcing.pass_on(db, site, group, activity, object_uri, now, reach=reach)

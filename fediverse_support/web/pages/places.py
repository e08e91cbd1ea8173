"""Which group a path names, and whether this visitor may know of it, look after it, or decide about it.

Whatever fails here answers like a group that never existed (L3). Only a group that was deleted, and that this
visitor could have known of, says that it is gone.
"""

from fediverse_support.community import visibility
from fediverse_support.core import clock
from fediverse_support.core.errors import Gone, Missing
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import actors, directory, groups, severances
from fediverse_support.database.pool import Connection
from fediverse_support.inbox.lookups import NOBODY_HERE, NOTHING_HERE
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

DELETED = N_("This group was deleted by who looked after it, with everything that was said in it.")


async def known_group(visit: Visit) -> tuple[Actor, Group | None]:
    """The group that the path names: ours as `name`, another server's as `name@host`.

    Raises `Missing`, also where the visitor may not know of it, and `Gone` for one that was deleted.
    """
    name, at, host = str(visit.request.path_params["name"]).partition("@")
    if not at:
        group = await our_group(visit)
        return group.actor, group
    return await group_elsewhere(visit.db, name, host), None


async def is_cut_off(visit: Visit, actor: Actor) -> bool:
    """Whether nobody in this group would get what is written here: there is no exchange with its server."""
    return not actor.is_local and await severances.is_blocked(visit.db, actor.uri)


async def group_elsewhere(db: Connection, name: str, host: str) -> Actor:
    """The group of another server with this handle; raises `Missing`."""
    actor = await actors.by_handle(db, name, host.lower())
    if actor is None or not actor.is_group:
        raise Missing
    return actor


async def check_known(visit: Visit, db: Connection, actor: Actor, address: str) -> None:
    """Raise what a look-up of `address` raises for nothing, if the visitor may not know what it led to.

    Whoever looks something up by what somebody typed asks this of what was found (L3).
    """
    if not actor.is_local or not actor.is_group:
        return
    group = await groups.by_actor(db, actor.id)
    if group is None or not await _may_know(visit, db, group):
        is_link = address.strip().lower().startswith(("http://", "https://"))
        raise Missing(NOTHING_HERE if is_link else NOBODY_HERE)


async def our_group(visit: Visit, db: "Connection | None" = None) -> Group:
    """Our group that the path names. Raises `Missing` or `Gone`, as `known_group` does.

    `db` is for handlers that hold no connection for the whole request.
    """
    group = await groups.by_name(db or visit.db, str(visit.request.path_params["name"]))
    if group is None or group.actor.state == "suspended" or not await _may_know(visit, db or visit.db, group):
        raise Missing
    if group.actor.state == "gone":
        raise Gone(DELETED)
    return group


async def cared_for(visit: Visit, db: "Connection | None" = None) -> Group:
    """Our group that the path names, for who looks after it. To everybody else there is none."""
    group = await our_group(visit, db)
    if not looks_after(visit, group.actor):
        raise Missing
    return group


async def owned(visit: Visit, db: "Connection | None" = None) -> Group:
    """Our group that the path names, for its owner and the admins. To others there is none."""
    group = await our_group(visit, db)
    if not await decides(visit, group.actor, db):
        raise Missing
    return group


def may_enter(visit: Visit, group: Group | None) -> bool:
    """Whether the visitor gets further than the door of this group; None stands for one elsewhere."""
    return group is None or visibility.may_see_group(visit.viewer, group)


def looks_after(visit: Visit, actor: Actor) -> bool:
    """Whether the visitor looks after this group of ours."""
    return actor.is_local and (visit.viewer.is_staff or actor.id in visit.viewer.moderates)


async def decides(visit: Visit, actor: Actor, db: "Connection | None" = None) -> bool:
    """Whether the visitor decides about the doors and the end of this group: its owner and the admins do."""
    account = visit.viewer.account
    if account is None or not actor.is_local:
        return False
    if account.role in ("owner", "admin"):
        return True
    if actor.id not in visit.viewer.moderates:
        return False
    return await groups.owner(db or visit.db, actor.id) == account.actor_id


async def _may_know(visit: Visit, db: Connection, group: Group) -> bool:
    if visibility.may_know(visit.viewer, group):
        return True
    account = visit.viewer.account
    if account is None:
        return False
    invited = await directory.invited_to(db, f"{account.name}@{group.actor.host}", clock.now())
    return group.actor.id in invited

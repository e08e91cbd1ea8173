"""Whom somebody means by the handles in what they write."""

from fediverse_support.community import visibility
from fediverse_support.core.markup import mentions_in
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, follows, groups
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

MOST = 20
TEAM = "team."
"""`@team.night_owls`: those who look after the group `night_owls`, in private."""


async def mentioned(db: Connection, site: Site, source: str, author_id: int) -> dict[str, Actor]:
    """Those of the handles in `source` that we know, each with who it is; at most 20.

    A group that nobody may know of who is not in it is, for other authors, a name that nobody has (L3).
    """
    found: dict[str, Actor] = {}
    for handle in mentions_in(source)[:MOST]:
        actor = await known(db, site, handle)
        if actor is None or actor.state != "active":
            continue
        if not actor.is_group or await _may_name(db, actor, author_id):
            found[handle] = actor
    return found


async def _may_name(db: Connection, group: Actor, author_id: int) -> bool:
    rules = await groups.by_actor(db, group.id) if group.is_local else None
    if rules is None or not visibility.is_hidden(rules) or group.id == author_id:
        return True
    follow = await follows.between(db, author_id, group.id)
    is_in = follow is not None and follow.state == "accepted"
    return is_in or await groups.is_moderator(db, group.id, author_id)


def is_team(handle: str) -> bool:
    """Whether a handle means those who look after a group, and not the group."""
    return handle.lower().startswith(TEAM)


async def known(db: Connection, site: Site, handle: str) -> Actor | None:
    """Who has this handle, as far as we know, whatever their state."""
    name, _, host = handle.lstrip("@").partition("@")
    if host and host != site.domain:
        return await _elsewhere(db, name, host)
    if is_team(name):
        group = await actors.local_by_name(db, name[len(TEAM) :])
        return group if group is not None and group.is_group else None
    return await actors.local_by_name(db, name)


async def _elsewhere(db: Connection, name: str, host: str) -> Actor | None:
    """Who has a handle on another server; the team of a group there is written to as the group."""
    found = await actors.by_handle(db, name, host)
    if found is not None or not is_team(name):
        return found
    group = await actors.by_handle(db, name[len(TEAM) :], host)
    return group if group is not None and group.is_group else None


async def unknown(db: Connection, site: Site, source: str) -> list[str]:
    """Those of the handles in `source` of people elsewhere whom we would have to look up; at most 20.

    For the team of a group it is the group.
    """
    handles = [handle for handle in mentions_in(source)[:MOST] if "@" in handle]
    return [
        handle[len(TEAM) :] if is_team(handle) else handle
        for handle in handles
        if not handle.endswith(f"@{site.domain}") and not await known(db, site, handle)
    ]

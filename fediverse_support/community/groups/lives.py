"""Turns in the life of a group of ours: archived, running again, moved to another server, deleted.

Other servers are told with what they know: `Update` of a group in which only moderators post (archived),
`Move` (Mastodon, GoToSocial, Misskey and we follow it, each in its way), `Delete` of the group.
"""

from datetime import datetime

from fediverse_support.community import visibility
from fediverse_support.community.groups import group_documents
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import actors, groups, holds, lives
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import Followers, new_activity_uri, publish
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site

MOST_ALIASES = 10
"""GoToSocial reads 20 at most."""


async def archive(db: Connection, site: Site, group: Group, by: Actor | None = None) -> Group:
    """Let everything stay readable while nobody joins or writes any more. Safe to run twice.

    `by`, here and below, is who did it if that is one of our people: Lemmy believes it only from a person.
    """
    await lives.set_life(db, group.actor.id, "archived")
    return await _told(db, site, group, by)


async def reopen(db: Connection, site: Site, group: Group, by: Actor | None = None) -> Group:
    """Let an archived group run again; a move is taken back with it. Safe to run twice."""
    await lives.set_life(db, group.actor.id, "running")
    await lives.set_moved(db, group.actor.id, None)
    return await _told(db, site, group, by)


async def add_alias(db: Connection, site: Site, group: Group, former: Actor) -> Group:
    """Let a group say that it carries on `former`, which can then move here. Safe to run twice.

    Raises `Malformed` for what is no group elsewhere, `Conflict` for too many or a group unknown outside.
    """
    if not former.is_group or former.is_local:
        raise Malformed("Only a group of another server can be carried on here.")
    if not visibility.federates(group):
        raise Conflict("Nobody outside knows this group, so that no other can move to it.")
    aliases = group.actor.also_known_as
    if former.uri not in aliases:
        if len(aliases) >= MOST_ALIASES:
            raise Conflict(f"A group can carry on {MOST_ALIASES} others at most.")
        await lives.set_aliases(db, group.actor.id, [*aliases, former.uri])
    return await _told(db, site, group)


async def remove_alias(db: Connection, site: Site, group: Group, uri: str) -> Group:
    """Let a group carry on `uri` no longer. Raises `Missing`."""
    if uri not in group.actor.also_known_as:
        raise Missing("This group does not say that it carries that one on.")
    await lives.set_aliases(db, group.actor.id, [one for one in group.actor.also_known_as if one != uri])
    return await _told(db, site, group)


async def move(db: Connection, site: Site, group: Group, target: Actor, by: Actor | None = None) -> Group:
    """Send the followers of a group to `target`, whose document must have been fetched just now.

    Afterwards ours can be read but not written in. Nobody here is taken along: everybody decides for
    themselves (O18). Raises `Malformed` unless the target is a group elsewhere that names ours in
    `alsoKnownAs`, `Conflict` for a group that has moved already, or that nobody outside knows.
    """
    check_move(group, target)
    await lives.set_moved(db, group.actor.id, target.uri)
    await lives.set_life(db, group.actor.id, "archived")
    # First the document that names the new place, because GoToSocial and Misskey look there; then the Move.
    moved = await _told(db, site, group, by)
    activity = activities.move(new_activity_uri(site), moved.actor, target=target.uri)
    await publish(
        db, site, moved.actor, activity, object_uri=moved.actor.uri, followers=Followers(moved.actor)
    )
    return moved


def check_move(group: Group, target: Actor) -> None:
    """Raise `Malformed` or `Conflict` unless `group` may move to `target`; see `move`."""
    if not visibility.federates(group):
        raise Conflict("Nobody outside knows this group, so that it cannot move.")
    if group.actor.moved_to is not None:
        raise Conflict("This group has moved already. Let it run again first, if it shall move elsewhere.")
    if target.is_local or not target.is_group or target.moved_to is not None:
        raise Malformed("A group moves to a group of another server that has not moved itself.")
    if group.actor.uri not in target.also_known_as:
        raise Malformed(
            "The new group does not say yet that it carries this one on. Whoever looks after it has to name "
            "the address of this group as its former one first."
        )


async def delete(db: Connection, site: Site, group: Group, now: datetime) -> int:
    """Delete a group for good: its words, its members, everything it kept; how many posts.

    Its address answers 410 from now on, and its name is never given to anybody again (O17). Every server
    that follows is told; what they have kept they are asked, not forced, to forget. Safe to run twice.
    """
    if visibility.federates(group) and group.actor.state == "active":
        document = activities.delete_actor(new_activity_uri(site), group.actor)
        await publish(
            db, site, group.actor, document, object_uri=group.actor.uri, followers=Followers(group.actor)
        )
    number = await lives.erase_posts(db, group.actor.id, now)
    await lives.wipe(db, group.actor.id)
    await holds.withdraw_of_group(db, group.actor.id)
    await actors.mark_gone(db, group.actor.id, now)
    return number


async def _told(db: Connection, site: Site, group: Group, by: Actor | None = None) -> Group:
    """The group as it is now, which its followers have been told."""
    changed = await groups.by_actor(db, group.actor.id)
    if changed is None:
        raise Missing("There is no such group here.")
    await group_documents.tell_followers(db, site, changed, by)
    return changed

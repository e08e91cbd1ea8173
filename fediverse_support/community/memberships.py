"""Joining a group, being let in, leaving: for members here and for people on other servers.

A membership is a follow of the group. Joining a group of another server is a `Follow` that stays pending
until that group's `Accept` arrives; only an Accept that answers our own Follow counts (O16).
"""

from datetime import datetime

from fediverse_support.community import visibility
from fediverse_support.core.errors import Conflict, Forbidden, Missing
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import activities as stored
from fediverse_support.database import blocks, follows, groups
from fediverse_support.database.follows import Follow
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site


async def ask(
    db: Connection,
    site: Site,
    follower: Actor,
    followed: Actor,
    activity_uri: str,
    now: datetime,
    *,
    must_wait: bool,
) -> Follow:
    """Somebody on another server asks to follow one of ours; answered at once where the door is open.

    `must_wait`: policy wants a person to look first. Safe to run twice. Raises `Forbidden` where the
    answer is no; the caller sends the Reject.
    """
    group = await groups.by_actor(db, followed.id) if followed.is_group else None
    if group is not None and not visibility.federates(group):
        raise Forbidden("This group is for members of its own community.")
    if await blocks.is_blocked(db, follower.uri, followed.uri, now):
        raise Forbidden("This account has been asked to stay away.")
    if group is not None and group.joining == "invite":
        raise Forbidden("One joins this group by invitation.")
    follow = await follows.ask(db, follower.id, followed.id, activity_uri)
    waits = must_wait or followed.approves_followers or (group is not None and group.joining == "approval")
    if follow.state == "pending" and waits:
        return follow
    await let_in(db, site, follower, followed, now)
    return follow


async def let_in(db: Connection, site: Site, follower: Actor, followed: Actor, now: datetime) -> None:
    """Accept who has asked, and tell their server. Raises `Missing` if they have not asked."""
    if not await follows.accept(db, follower.id, followed.id, now):
        raise Missing("Nobody has asked for this, or they have changed their mind.")
    if not follower.is_local:
        await _answer(db, site, "Accept", follower, followed)


async def decline(db: Connection, site: Site, follower: Actor, followed: Actor) -> None:
    """Say no to who has asked, or end their membership, and tell their server. Safe to run twice."""
    if not follower.is_local:
        await _answer(db, site, "Reject", follower, followed)
    await follows.remove(db, follower.id, followed.id)


async def _answer(db: Connection, site: Site, verb: str, follower: Actor, followed: Actor) -> None:
    """Accept or Reject, with the Follow embedded as every peer wants it, under the id that they know."""
    follow = await follows.between(db, follower.id, followed.id)
    uri = follow.activity_uris[-1] if follow else ""
    await answer_to(db, site, verb, uri, follower, followed)


async def answer_to(
    db: Connection, site: Site, verb: str, activity_uri: str, follower: Actor, followed: Actor
) -> None:
    """Answer one Follow, known by its id."""
    render = activities.accept if verb == "Accept" else activities.reject
    document = render(
        new_activity_uri(site), actor=followed.uri, follow_id=activity_uri, follower=follower.uri
    )
    await publish(db, site, followed, document, object_uri=follower.uri, to=[follower])


async def join(db: Connection, site: Site, member: Actor, group: Group, now: datetime) -> Follow:
    """A member of this community joins one of its groups. Raises `Forbidden`. Safe to run twice."""
    if await blocks.is_blocked(db, member.uri, group.actor.uri, now):
        raise Forbidden("The moderators of this group have asked you to stay away for now.")
    existing = await follows.between(db, member.id, group.actor.id)
    if group.joining == "invite" and existing is None:
        raise Forbidden("One joins this group by invitation.")
    follow = await follows.ask(db, member.id, group.actor.id, f"{member.uri}#join-{group.actor.name}")
    if group.joining == "open":
        await follows.accept(db, member.id, group.actor.id, now)
    return follow


async def join_elsewhere(db: Connection, site: Site, member: Actor, group: Actor) -> None:
    """A member asks to join a group of another server. Safe to run twice: it asks once."""
    if group.is_local or not group.inbox_url:
        raise Conflict("This is not a group of another server.")
    if await follows.between(db, member.id, group.id) is not None:
        return
    uri = new_activity_uri(site)
    await follows.ask(db, member.id, group.id, uri)
    document = activities.follow(uri, actor=member.uri, followed=group.uri)
    await publish(db, site, member, document, object_uri=group.uri, to=[group])


async def leave(db: Connection, site: Site, member: Actor, group: Actor, now: datetime) -> None:
    """Leave, at once and for good; a group elsewhere is told. Safe to run twice."""
    if not group.is_local:
        for follow in await stored.standing(db, member.id, "Follow", [group.uri]):
            undo = activities.undo(
                new_activity_uri(site), actor=member.uri, undone=json_gate.read(follow.body.encode())
            )
            await publish(db, site, member, undo, object_uri=group.uri, to=[group])
            await stored.mark_undone(db, follow.id, now)
    await follows.remove(db, member.id, group.id)


async def accepted_elsewhere(db: Connection, member: Actor, group: Actor, now: datetime) -> bool:
    """A group elsewhere has let our member in; False if we never asked (O16). Safe to run twice."""
    return await follows.accept(db, member.id, group.id, now)

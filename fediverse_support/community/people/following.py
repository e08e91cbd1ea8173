"""One of ours follows somebody, here or elsewhere, lets themselves be followed, or does so no longer.

To follow a group is to join it (`memberships.py`): then its doors decide. To follow a person is for them to
answer where they have said that they approve their followers, and else it counts at once. A group follows
nobody. Who has been blocked asks in vain and is not told why. The caller opened the transaction; everything
is safe to run twice.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.community import visibility
from fediverse_support.community.joining import admitting, invitations, memberships
from fediverse_support.community.notifying import happenings
from fediverse_support.core.errors import Forbidden, Missing
from fediverse_support.core.models import Actor, Viewer
from fediverse_support.database import actors, follows, groups, join_requests, personal
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

GROUPS_FOLLOW_NOBODY = "A group follows nobody. Do this in your own name."
UNBLOCK_FIRST = "You have blocked this account. Unblock it first."
MOST_LANGUAGES = 50


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What of somebody a follower wants to see; None leaves it as it is.

    `languages` are those that they want to read of them, all if it is empty.
    """

    shows_boosts: bool | None = None
    notifies: bool | None = None
    languages: Sequence[str] | None = None


async def follow(
    db: Connection, site: Site, viewer: Viewer, target: Actor, wishes: Wishes, now: datetime
) -> None:
    """Follow `target`, or ask to, or change what is wished of them.

    Raises `Missing` for what the viewer may not know of, `Forbidden` and `Conflict` with what to tell them.
    """
    me = await _acting(db, viewer)
    if me.is_group:
        raise Forbidden(GROUPS_FOLLOW_NOBODY)
    if target.id == me.id or target.type == "Application" or target.state != "active":
        raise Forbidden("This account cannot be followed.")
    if await personal.has_blocked(db, me.id, target.id):
        raise Forbidden(UNBLOCK_FIRST)
    if await personal.are_apart(db, target.id, me) or await personal.are_apart(db, me.id, target):
        return
    known = await follows.between(db, me.id, target.id)
    if known is None or known.state == "pending":
        await _ask(db, site, viewer, me, target, now)
    await personal.prefer(
        db,
        me.id,
        target.id,
        shows_boosts=wishes.shows_boosts,
        notifies=wishes.notifies,
        languages=wishes.languages[:MOST_LANGUAGES] if wishes.languages is not None else None,
    )


async def _ask(db: Connection, site: Site, viewer: Viewer, me: Actor, target: Actor, now: datetime) -> None:
    if target.is_group and target.is_local:
        await _join(db, site, viewer, me, target, now)
    elif not target.is_local:
        await memberships.follow_elsewhere(db, site, me, target)
    else:
        await follows.ask(db, me.id, target.id, f"{me.uri}#follow-{target.name}")
        if not target.approves_followers:
            await follows.accept(db, me.id, target.id, now)
        await happenings.followed(db, me.id, target.id, target.approves_followers, now)


async def _join(db: Connection, site: Site, viewer: Viewer, me: Actor, target: Actor, now: datetime) -> None:
    """Go in at the door, as somebody on another server does: questions and rules come by themselves later."""
    await groups.hold(db, target.id)
    group = await groups.by_actor(db, target.id)
    if group is None:
        raise Missing
    invitation = await invitations.for_person(db, group, me, now)
    if not visibility.may_know(viewer, group, is_invited=invitation is not None):
        raise Missing
    if invitation is not None and not await invitations.redeem(db, invitation, me, now):
        invitation = None
    looks_after = await groups.is_moderator(db, target.id, me.id)
    await memberships.join(db, site, me, group, now, is_invited=invitation is not None or looks_after)


async def unfollow(db: Connection, site: Site, viewer: Viewer, target: Actor, now: datetime) -> None:
    """Follow no longer, or take the request back. Raises `Conflict` for the owner of a group."""
    me = await _acting(db, viewer)
    if await follows.between(db, me.id, target.id) is not None:
        await memberships.leave(db, site, me, target, now)


async def end_follower(db: Connection, site: Site, viewer: Viewer, follower: Actor, now: datetime) -> None:
    """Let somebody follow no longer. A group removes a member. Raises `Conflict` for its owner."""
    me = await _acting(db, viewer)
    known = await follows.between(db, follower.id, me.id)
    if known is None or known.state != "accepted":
        return
    if not me.is_group:
        await memberships.decline(db, site, follower, me)
        return
    group, by = await groups.by_actor(db, me.id), await _behind(db, viewer)
    if group is None:
        raise Missing
    await memberships.remove(db, site, follower, group, by, "", now)


async def authorize(db: Connection, site: Site, viewer: Viewer, asker: Actor, now: datetime) -> None:
    """Let somebody in who asks to follow. Raises `Missing` if they do not, `Conflict`, `Forbidden`."""
    me, request = await _asked(db, viewer, asker)
    if me.is_group and request is not None:
        group = await groups.by_actor(db, me.id)
        if group is None:
            raise Missing
        await admitting.approve(db, site, group, request, await _behind(db, viewer), now)
        return
    await memberships.let_in(db, site, asker, me, now)
    await happenings.followed(db, asker.id, me.id, False, now)


async def reject(db: Connection, site: Site, viewer: Viewer, asker: Actor, now: datetime) -> None:
    """Say no to somebody who asks to follow. Raises `Missing` if they do not, `Conflict`."""
    me, request = await _asked(db, viewer, asker)
    if me.is_group and request is not None:
        group = await groups.by_actor(db, me.id)
        if group is None:
            raise Missing
        await admitting.decline(db, site, group, request, await _behind(db, viewer), "", now)
        return
    await memberships.decline(db, site, asker, me)


async def part(db: Connection, site: Site, me: Actor, other: Actor, now: datetime) -> None:
    """End the follows between two people in both directions; the other's server hears of each as of any end.

    A membership of a group that `me` looks after ends only by `end_follower`, which says so to its log.
    """
    if await follows.between(db, me.id, other.id) is not None:
        await memberships.leave(db, site, me, other, now)
    if await follows.between(db, other.id, me.id) is not None:
        await memberships.decline(db, site, other, me)


async def part_quietly(db: Connection, me: Actor, other: Actor) -> None:
    """The same, where the other's server has ended them by itself already."""
    await follows.remove(db, me.id, other.id)
    await follows.remove(db, other.id, me.id)


async def _acting(db: Connection, viewer: Viewer) -> Actor:
    """The actor as whom `viewer` does something."""
    me = await actors.by_id(db, viewer.actor_id) if viewer.actor_id is not None else None
    if me is None or me.state != "active":
        raise Missing
    return me


async def _behind(db: Connection, viewer: Viewer) -> Actor | None:
    """The person who acts, perhaps in the name of a group."""
    return await actors.by_id(db, viewer.account.actor_id) if viewer.account is not None else None


async def _asked(db: Connection, viewer: Viewer, asker: Actor) -> tuple[Actor, int | None]:
    """As whom `viewer` answers, and the number of the request to join if it is one."""
    me = await _acting(db, viewer)
    known = await follows.between(db, asker.id, me.id)
    if known is None or known.state != "pending":
        raise Missing("Nobody has asked for this, or they have changed their mind.")
    request = await join_requests.open_of(db, me.id, asker.id) if me.is_group else None
    return me, request.id if request is not None else None

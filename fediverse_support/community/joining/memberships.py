"""Joining a group, being let in, leaving: for members here and for people on other servers.

A membership is a follow of the group. Joining a group of another server is a `Follow` that stays pending
until that group's `Accept` arrives; only an Accept that answers our own Follow counts (O16).
"""

from collections.abc import Sequence
from datetime import datetime

from fediverse_support.community import visibility
from fediverse_support.community.groups.stepping_down import step_down
from fediverse_support.community.joining import invitations, speaking
from fediverse_support.community.notifying import happenings
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import activities as stored
from fediverse_support.database import blocks, follows, groups, join_requests, rules, severances
from fediverse_support.database.follows import Follow
from fediverse_support.database.join_requests import Answer
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site

MOST_WAITING = 500
"""How many requests to join one group may wait."""
MOST_WAITING_OF_A_SERVER = 100
"""And how many of them may come from one other server."""
LONGEST_WORDS = 2000
"""An answer, a question back, or what somebody is told who is declined or removed."""


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

    `must_wait`: policy wants a person to look first; an invitation shows that one has. Safe to run twice.
    Raises `Forbidden` where the answer is no; the caller sends the Reject.
    """
    group = await groups.by_actor(db, followed.id) if followed.is_group else None
    if group is not None and not visibility.federates(group):
        raise Forbidden("This group is for members of its own community.")
    if await blocks.is_blocked(db, follower.uri, followed.uri, now):
        raise stay_away()
    waits = False
    known = await follows.between(db, follower.id, followed.id)
    if known is None or known.state == "pending":
        waits = must_wait or followed.approves_followers
        if group is not None:
            waits = await _waits(db, group, follower, now, must_wait=waits)
    follow = await follows.ask(db, follower.id, followed.id, activity_uri)
    if not waits:
        await let_in(db, site, follower, followed, now)
    await happenings.followed(db, follower.id, followed.id, waits, now)
    return follow


async def _waits(db: Connection, group: Group, person: Actor, now: datetime, *, must_wait: bool) -> bool:
    """Whether somebody who comes to the door of `group` has to wait; then their request is stored.

    An invitation to their handle is used up. Raises `Forbidden` where they cannot even wait.
    """
    check_takes_people(group)
    invitation = await invitations.for_person(db, group, person, now)
    if invitation is not None and await invitations.redeem(db, invitation, person, now):
        return False
    if group.joining == "invite":
        raise _by_invitation()
    if group.joining == "open" and not must_wait:
        return False
    await check_room(db, group, person)
    await join_requests.put(db, group.actor.id, person.id, now)
    return True


def stay_away() -> Forbidden:
    """What somebody who was asked to stay away is told, at every door alike."""
    return Forbidden(speaking.ASKED_AWAY)


def _by_invitation() -> Forbidden:
    return Forbidden("One joins this group by invitation.")


def check_takes_people(group: Group) -> None:
    """Raise `Forbidden` if nobody joins `group` any more, however they come."""
    if group.actor.moved_to is not None:
        raise Forbidden("This group has moved to another server. Join it there.")
    if group.life == "archived":
        raise Forbidden(
            "This group is archived. Everything in it stays readable, but nobody joins it any more."
        )


async def check_room(db: Connection, group: Group, person: Actor) -> None:
    """Raise `Forbidden` if too many wait already: strangers fill that list, so it has an end."""
    if await join_requests.open_of(db, group.actor.id, person.id) is not None:
        return
    everybody, neighbours = await join_requests.room(db, group.actor.id, person.host)
    if everybody >= MOST_WAITING or (not person.is_local and neighbours >= MOST_WAITING_OF_A_SERVER):
        raise Forbidden("Many people are waiting to join this group. Please ask again in a few days.")


async def let_in(db: Connection, site: Site, follower: Actor, followed: Actor, now: datetime) -> None:
    """Accept who has asked, and tell their server. Raises `Missing` if they have not asked."""
    if not await follows.accept(db, follower.id, followed.id, now):
        raise Missing("Nobody has asked for this, or they have changed their mind.")
    if not follower.is_local:
        await _answer(db, site, "Accept", follower, followed)


async def decline(db: Connection, site: Site, follower: Actor, followed: Actor, reason: str = "") -> None:
    """Say no to who has asked, or end their membership, and tell their server why. Safe to run twice."""
    if not follower.is_local:
        await _answer(db, site, "Reject", follower, followed, reason)
    await follows.remove(db, follower.id, followed.id)


async def _answer(
    db: Connection, site: Site, verb: str, follower: Actor, followed: Actor, reason: str = ""
) -> None:
    """Accept or Reject, with the Follow embedded as every peer wants it, under the id that they know."""
    follow = await follows.between(db, follower.id, followed.id)
    uri = follow.activity_uris[-1] if follow else ""
    await answer_to(db, site, verb, uri, follower, followed, reason)


async def answer_to(
    db: Connection,
    site: Site,
    verb: str,
    activity_uri: str,
    follower: Actor,
    followed: Actor,
    reason: str = "",
) -> None:
    """Answer one Follow, known by its id; `reason` goes along with a Reject."""
    uri = new_activity_uri(site)
    if verb == "Accept":
        document = activities.accept(uri, actor=followed.uri, follow_id=activity_uri, follower=follower.uri)
    else:
        document = activities.reject(
            uri, actor=followed.uri, follow_id=activity_uri, follower=follower.uri, reason=reason
        )
    await publish(db, site, followed, document, object_uri=follower.uri, to=[follower])


async def join(
    db: Connection,
    site: Site,
    member: Actor,
    group: Group,
    now: datetime,
    *,
    is_invited: bool = False,
    answers: Sequence[Answer] = (),
    rules_version: int | None = None,
) -> Follow:
    """A member of this community joins one of its groups, or waits for its moderators with these answers.

    Raises `Forbidden`. Safe to run twice.
    """
    if await blocks.is_blocked(db, member.uri, group.actor.uri, now):
        raise stay_away()
    known = await follows.between(db, member.id, group.actor.id)
    if known is not None and known.state == "accepted":
        return known
    check_takes_people(group)
    if group.joining == "invite" and not is_invited:
        raise _by_invitation()
    follow = await follows.ask(db, member.id, group.actor.id, f"{member.uri}#join-{group.actor.name}")
    if group.joining == "open" or is_invited:
        await follows.accept(db, member.id, group.actor.id, now)
        await happenings.followed(db, member.id, group.actor.id, False, now)
        return follow
    await check_room(db, group, member)
    await join_requests.put(db, group.actor.id, member.id, now, answers=answers, rules_version=rules_version)
    await happenings.followed(db, member.id, group.actor.id, True, now)
    return follow


async def join_elsewhere(db: Connection, site: Site, member: Actor, group: Actor) -> None:
    """A member asks to join a group of another server. Safe to run twice: it asks once.

    Raises `Conflict` for what is no such group, and where there is no exchange with its server.
    """
    if group.is_local or not group.inbox_url:
        raise Conflict("This is not a group of another server.")
    await follow_elsewhere(db, site, member, group)


async def follow_elsewhere(db: Connection, site: Site, member: Actor, followed: Actor) -> None:
    """A member asks to follow a person or group of another server. Safe to run twice: it asks once.

    Raises `Conflict` for who cannot be asked, and where there is no exchange with their server.
    """
    if followed.is_local or not followed.inbox_url or followed.state != "active":
        raise Conflict("This account cannot be followed.")
    if await severances.is_blocked(db, followed.uri):
        raise Conflict("The moderators of this community have ended the exchange with that server.")
    if await follows.between(db, member.id, followed.id) is not None:
        return
    uri = new_activity_uri(site)
    await follows.ask(db, member.id, followed.id, uri)
    document = activities.follow(uri, actor=member.uri, followed=followed.uri)
    await publish(db, site, member, document, object_uri=followed.uri, to=[followed])


async def leave(db: Connection, site: Site, member: Actor, group: Actor, now: datetime) -> None:
    """Leave, or take a request back: at once, for good and everywhere; a group elsewhere is told.

    Who looks after a group of ours looks after it no longer. Its owner cannot leave it like that: raises
    `Conflict`. Safe to run twice.
    """
    if group.is_local:
        await step_down(db, site, member, group, None, now)
    else:
        for follow in await stored.standing(db, member.id, "Follow", [group.uri]):
            undo = activities.undo(
                new_activity_uri(site), actor=member.uri, undone=json_gate.read(follow.body.encode())
            )
            await publish(db, site, member, undo, object_uri=group.uri, to=[group])
            await stored.mark_undone(db, follow.id, now)
    await rules.forget(db, group.id, member.id)
    await follows.remove(db, member.id, group.id)


async def remove(
    db: Connection, site: Site, member: Actor, group: Group, by: Actor | None, reason: str, now: datetime
) -> None:
    """End somebody's membership for who looks after the group; they are told why, here or by their server.

    Raises `Missing` if they are no member, `Conflict` for the owner, `Malformed` for too many words.
    """
    reason = checked_words(reason)
    known = await follows.between(db, member.id, group.actor.id)
    if known is None or known.state != "accepted":
        raise Missing("They are no member of this group.")
    await step_down(db, site, member, group.actor, by, now)
    await decline(db, site, member, group.actor, reason)
    await join_requests.put_removal(db, group.actor.id, member.id, by.id if by else None, reason, now)


def checked_words(text: str) -> str:
    """What somebody wrote to somebody else about joining, trimmed. Raises `Malformed` if it is too long."""
    words = text.replace("\x00", "").strip()
    if len(words) > LONGEST_WORDS:
        raise Malformed("Please keep it under 2,000 characters. Nothing was lost.")
    return words


async def accepted_elsewhere(db: Connection, member: Actor, group: Actor, now: datetime) -> bool:
    """A group elsewhere has let our member in; False if we never asked (O16). Safe to run twice."""
    follow = await follows.between(db, member.id, group.id)
    if group.is_group and follow is not None and follow.state == "pending":
        # What is accepted approves the open request: a no of before is then not the last word any more.
        await join_requests.put(db, group.id, member.id, now)
    return await follows.accept(db, member.id, group.id, now)

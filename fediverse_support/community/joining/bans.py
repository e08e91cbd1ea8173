"""Who is asked to stay away: from a group, or from a whole community, until a day or for good.

A ban of a group ends the membership, refuses a new one, and refuses what the person says there; it may hide
what they wrote there before. Lifting it opens the door again and may bring back what it had hidden. A ban
ends by itself. The people who look after a group cannot be banned from it: that is ended first.

Bans by groups and servers elsewhere are wishes that concern our members: we note them, tell the member, and
send nothing more there.
"""

from datetime import datetime

import msgspec

from fediverse_support.community.joining import memberships
from fediverse_support.community.posts import announcing
from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, blocks, follows, groups
from fediverse_support.database.blocks import Block
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

MOST_ENDED_AT_ONCE = 500
LONGEST_REASON = 1_000


class Ban(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided: who, by whom, why, until when (None: for good), and whether their posts are hidden."""

    person: str
    by: Actor
    activity_uri: str
    reason: str = ""
    until: datetime | None = None
    hides_posts: bool = False


def of_server(site: Site) -> str:
    """The target of a ban from this whole community, in the form of Lemmy and PieFed."""
    return f"{site.origin}/"


def root_of(uri: str, site: Site) -> str:
    """The target of a ban from the whole server that `uri` is on."""
    return f"{site.gate.origin(uri)}/"


async def ban(db: Connection, site: Site, group: Actor, decided: Ban, now: datetime) -> list[Post]:
    """Ban somebody from one of our groups; gives the posts that it hid. Safe to run twice.

    Raises `Malformed` for a day that is past and for the group itself, `Conflict` for its moderators.
    """
    _check_time(decided.until, now)
    if decided.person == group.uri:
        raise Malformed("A group cannot be banned from itself.")
    person = await actors.by_uri(db, decided.person)
    if person is not None and await groups.is_moderator(db, group.id, person.id):
        raise Conflict("This person looks after the group. End that first.")
    await note(db, decided, group.uri)
    if person is None:
        return []
    if await follows.between(db, person.id, group.id) is not None:
        await memberships.decline(db, site, person, group)
    if not decided.hides_posts:
        return []
    return await _hide(db, site, person, group.id, group.uri, decided.by, now)


async def ban_everywhere(
    db: Connection, site: Site, person: Actor, decided: Ban, now: datetime
) -> list[Post]:
    """Suspend somebody on another server here: nothing of theirs comes in any more. Safe to run twice.

    Raises `Malformed` for a day that is past and for people of our own, whose account is closed instead.
    """
    _check_time(decided.until, now)
    if person.is_local or person.is_group:
        raise Malformed(
            "Only people on other servers are suspended. The account of a member is closed instead."
        )
    await note(db, decided, of_server(site))
    for followed in await follows.of_ours(db, person.id):
        await memberships.decline(db, site, person, followed)
    await actors.set_state(db, person.id, "suspended")
    if not decided.hides_posts:
        return []
    return await _hide(db, site, person, None, of_server(site), decided.by, now)


async def note(db: Connection, decided: Ban, target: str) -> None:
    """Remember a ban from `target`, ours or another's. Safe to run twice."""
    await blocks.block(
        db,
        blocker_uri=decided.by.uri,
        blocked_uri=decided.person,
        target_uri=target,
        activity_uri=decided.activity_uri,
        reason=decided.reason[:LONGEST_REASON],
        ends_at=decided.until,
    )


async def lift(
    db: Connection, site: Site, person: str, target: str, now: datetime, *, restores: bool
) -> bool:
    """End every ban of somebody from a group of ours or from here; False when there was none.

    `restores`: bring back what the ban had hidden. Safe to run twice.
    """
    was_there = await blocks.lift(db, person, target)
    if target == of_server(site):
        await _admit(db, person)
    if restores:
        await _show(db, site, person, target, now)
    return was_there


async def current(db: Connection, person: str, target: str, now: datetime) -> Block | None:
    """What keeps somebody out of a group, here or elsewhere, now."""
    return await blocks.current(db, person, target, now)


async def end_expired(db: Connection, site: Site, now: datetime) -> int:
    """Forget the bans whose day has come, and let suspended people in again; how many. Safe to run twice.

    A ban counts for nothing from its last moment on; this only tidies up. The caller opened the transaction.
    """
    ended = await blocks.take_ended(db, now, MOST_ENDED_AT_ONCE)
    for block in ended:
        if block.target_uri == of_server(site) and not await blocks.is_blocked(
            db, block.blocked_uri, block.target_uri, now
        ):
            await _admit(db, block.blocked_uri)
    return len(ended)


async def _admit(db: Connection, uri: str) -> None:
    person = await actors.by_uri(db, uri)
    if person is not None and person.state == "suspended" and not person.is_local:
        await actors.set_state(db, person.id, "active")


def _check_time(until: datetime | None, now: datetime) -> None:
    if until is not None and until <= now:
        raise Malformed("The day on which this ends is in the past.")


async def _hide(
    db: Connection, site: Site, person: Actor, group_id: int | None, target: str, by: Actor, now: datetime
) -> list[Post]:
    hidden = await blocks.hide_posts(
        db, author_id=person.id, group_id=group_id, blocked_uri=person.uri, target_uri=target, by=by.id
    )
    await blocks.refresh_threads(db, [post.root_id for post in hidden])
    for group, uris in (await _by_group(db, hidden)).values():
        await announcing.withdraw_all(db, site, group, uris, now)
    return hidden


async def _show(db: Connection, site: Site, person: str, target: str, now: datetime) -> None:
    shown = await blocks.show_posts(db, person, target)
    await blocks.refresh_threads(db, [post.root_id for post in shown])
    author = await actors.by_uri(db, person)
    places = await _by_group(db, shown)
    for post in shown:
        if author is not None and post.group_id in places:
            await announcing.announce_again(db, site, places[post.group_id][0], post, author, now)


async def _by_group(db: Connection, found: list[Post]) -> dict[int, tuple[Actor, list[str]]]:
    """Our groups that these posts are in, each with the ids of its posts."""
    places: dict[int, tuple[Actor, list[str]]] = {}
    for number in sorted({post.group_id for post in found if post.group_id is not None}):
        group = await actors.by_id(db, number)
        if group is not None and group.is_local:
            places[number] = (group, [post.uri for post in found if post.group_id == number])
    return places

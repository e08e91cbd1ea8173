"""Asking somebody to stay away from a group, or from this community, until a day or for good. On the record.

The person is told with the reason: here on the page of the group, elsewhere by a Block to their server. The
servers of the group's members hear it from the group; who follows from a microblog sees nothing of it.
"""

from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community.joining import bans
from fediverse_support.community.joining.bans import Ban
from fediverse_support.community.posts import telling
from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.core.identifiers import new_public_id
from fediverse_support.core.models import Account, Actor
from fediverse_support.database import activities as stored
from fediverse_support.database import actors
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds, rights
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Why, until when (None: for good), and whether what the person wrote is hidden."""

    reason: str
    until: datetime | None = None
    hides_posts: bool = False


async def ban(
    db: Connection, site: Site, group: Actor, person: Actor, by: Account, decided: Decision, now: datetime
) -> None:
    """Ban somebody from a group that `by` looks after; the caller opened the transaction.

    A group elsewhere is asked to do it. Raises `Malformed` without a reason or for a day that is past,
    `Conflict` for the group's own moderators.
    """
    moderator = await rights.acting(db, by)
    block = _said(site, person, moderator, decided)
    if not decided.reason.strip():
        raise Malformed("Please say why, so that the person can read it.")
    if person.is_group or person.id == moderator.id:
        raise Malformed("Only other people can be asked to stay away.")
    if group.is_local:
        await bans.ban(db, site, group, block, now)
    reach = await telling.reach_of(db, group)
    if reach != "sealed" and await rights.speaks_there(db, group, moderator):
        document = activities.block(
            block.activity_uri,
            actor=moderator.uri,
            person=person.uri,
            group=group,
            reach=reach,
            reason=decided.reason,
            until=decided.until,
            removes_posts=decided.hides_posts,
        )
        await _tell(db, site, group, moderator, person, document, now)
    await deeds.record(db, by, "ban from group", person.uri, decided.reason, now, group_id=group.id)


async def lift(
    db: Connection, site: Site, group: Actor, person_uri: str, by: Account, now: datetime, *, restores: bool
) -> None:
    """Lift a ban from a group of ours; `restores`: bring back what it had hidden.

    The caller opened the transaction. Raises `Conflict` if there was none.
    """
    moderator = await rights.acting(db, by)
    if not await bans.lift(db, site, person_uri, group.uri, now, restores=restores):
        raise Conflict("This person is not asked to stay away any more.")
    person = await actors.by_uri(db, person_uri)
    reach = await telling.reach_of(db, group)
    if person is not None and reach != "sealed":
        fresh = activities.block(
            new_activity_uri(site), actor=moderator.uri, person=person_uri, group=group, reach=reach
        )
        undo = await _undo(db, site, moderator, person_uri, group.uri, fresh, now, restores=restores)
        await _tell(db, site, group, moderator, person, undo, now)
    await deeds.record(db, by, "lift ban from group", person_uri, "", now, group_id=group.id)


async def suspend(
    db: Connection, site: Site, person: Actor, by: Account, decided: Decision, now: datetime
) -> None:
    """Suspend somebody on another server from this whole community; the caller opened the transaction.

    Raises `Malformed` for people of our own, without a reason, or for a day that is past.
    """
    if not decided.reason.strip():
        raise Malformed("Please say why, so that the person can read it.")
    moderator = await rights.acting(db, by)
    said = _said(site, person, moderator, decided)
    await bans.ban_everywhere(db, site, person, said, now)
    block = activities.block_everywhere(
        said.activity_uri,
        actor=moderator.uri,
        person=person.uri,
        server=bans.of_server(site),
        reason=decided.reason,
        until=decided.until,
        removes_posts=decided.hides_posts,
    )
    await publish(db, site, moderator, block, object_uri=person.uri, to=[person])
    await deeds.record(db, by, "suspend", person.uri, decided.reason, now)


async def admit(
    db: Connection, site: Site, person_uri: str, by: Account, now: datetime, *, restores: bool
) -> None:
    """End a suspension; `restores`: bring back what it had hidden. Raises `Conflict` if there is none."""
    moderator = await rights.acting(db, by)
    server = bans.of_server(site)
    if not await bans.lift(db, site, person_uri, server, now, restores=restores):
        raise Conflict("This person is not suspended any more.")
    person = await actors.by_uri(db, person_uri)
    if person is not None:
        fresh = activities.block_everywhere(
            new_activity_uri(site), actor=moderator.uri, person=person_uri, server=server
        )
        undo = await _undo(db, site, moderator, person_uri, server, fresh, now, restores=restores)
        await publish(db, site, moderator, undo, object_uri=person_uri, to=[person])
    await deeds.record(db, by, "end suspension", person_uri, "", now)


def _said(site: Site, person: Actor, moderator: Actor, decided: Decision) -> Ban:
    return Ban(
        person=person.uri,
        by=moderator,
        activity_uri=site.activity(new_public_id()),
        reason=decided.reason,
        until=decided.until,
        hides_posts=decided.hides_posts,
    )


async def _undo(
    db: Connection,
    site: Site,
    moderator: Actor,
    person_uri: str,
    target: str,
    fresh: dict[str, Any],
    now: datetime,
    *,
    restores: bool,
) -> dict[str, Any]:
    """Undo the Block that this moderator sent, or else `fresh`, because nobody undoes what another did."""
    undone = fresh
    for sent in await stored.standing(db, moderator.id, "Block", [person_uri]):
        body = json_gate.read(sent.body.encode())
        if body.get("target") == target:
            undone = body
            await stored.mark_undone(db, sent.id, now)
    return activities.undo_block(
        new_activity_uri(site), actor=moderator.uri, undone=undone, restores=restores
    )


async def _tell(
    db: Connection,
    site: Site,
    group: Actor,
    moderator: Actor,
    person: Actor,
    activity: dict[str, Any],
    now: datetime,
) -> None:
    reach = await telling.reach_of(db, group)
    await telling.tell(
        db, site, group, moderator, activity, object_uri=person.uri, reach=reach, now=now, to=[person]
    )

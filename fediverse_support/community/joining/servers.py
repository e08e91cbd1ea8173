"""What letting somebody in from another server means: what runs there, and who of them is in already.

A member elsewhere is never alone: their server gets a copy of everything that is said among members, and who
looks after that server can read it. So before the first one of a server is let into a members-only group,
somebody here looks at these facts; and software of which it is known that it would show the copy to others is
not let in at all (`protocol/peers.py`, federation notes 5.7).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from fediverse_support.community import visibility
from fediverse_support.community.joining import letters
from fediverse_support.core.models import Actor, Group, Level
from fediverse_support.database import activities as stored
from fediverse_support.database import hosts
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.peers import KeepsPrivate, keeps_private
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.site import Site

CANNOT_KEEP = "The software of your server cannot keep what is said in this group among its members."
"""Why a follow is declined; the summary of the Reject."""

EXPLANATION = (
    "Thank you for your interest in {group}. We could not let you in from your account on {host}, and you "
    "should know why. What is said in this group is for its members only. The software of your server has no "
    "way to keep it among them: it could show it to others, or send your answers to people outside. That is "
    "nothing you did, and nothing was shared: nobody else has been told that you asked. You are welcome all "
    "the same: you can join on this community's own page, {page}, or from a server that can keep such a "
    "group, for example one that runs this software or Lemmy 1.0."
)
"""What the group writes to the person. Not translated: nobody knows what they read."""

EXPLAINED_EVERY = timedelta(days=30)
"""How long after one explanation the next Follow of the same person is declined without one."""


class Warning(msgspec.Struct, frozen=True, kw_only=True):
    """What who decides about a member elsewhere should know of the server.

    `level` is its place on the domain ladder, None where it has none. `members_there` are the members that
    the group has on it already; with none, this would be the first, and the server gets its first copy.
    """

    host: str
    software: str | None
    version: str | None
    keeps_private: KeepsPrivate
    level: Level | None
    members_there: int

    @property
    def is_first_from_server(self) -> bool:
        """Whether nobody of that server is in the group yet."""
        return self.members_there == 0


async def warning_about(db: Connection, actor: Actor, group: Group) -> Warning | None:
    """What to know before `actor` is let into `group`; None for people of this server."""
    if actor.is_local:
        return None
    (found,) = await warnings_about(db, [actor], group)
    return found


async def warnings_about(db: Connection, askers: Sequence[Actor], group: Group) -> list[Warning]:
    """The same for many people of other servers, in their order, in one look."""
    homes = [home_of(actor) for actor in askers]
    known = {one.name: one for one in await hosts.neighbours(db, set(homes), group.actor.id)}
    return [_warning(known[home]) for home in homes]


def home_of(actor: Actor) -> str:
    """The host of the server that an actor lives on: that of the id. A handle may have another."""
    return actor.uri.split("/", 3)[2]


def _warning(known: hosts.Neighbour) -> Warning:
    return Warning(
        host=known.name,
        software=known.software,
        version=known.software_version,
        keeps_private=keeps_private(known.software, known.software_version),
        level=known.level,
        members_there=known.members,
    )


async def must_look_first(db: Connection, actor: Actor, group: Group) -> bool:
    """Whether somebody has to look before `actor` is let in, though the door is open.

    So it is in a members-only group for who is the first of a server, and for software that nobody knows:
    from then on that whole server holds a copy.
    """
    if not visibility.is_closed(group):
        return False
    found = await warning_about(db, actor, group)
    return found is not None and (found.keeps_private != "yes" or found.is_first_from_server)


async def cannot_keep(db: Connection, actor: Actor, group: Group) -> bool:
    """Whether the server of `actor` is known to show to others what is said in this members-only group."""
    if not visibility.is_closed(group):
        return False
    found = await warning_about(db, actor, group)
    return found is not None and found.keeps_private == "no"


async def decline_kindly(
    db: Connection, site: Site, group: Actor, asker: Actor, follow_id: str, now: datetime
) -> None:
    """Decline a Follow because of the software, and tell the person why: once in 30 days in a letter.

    The letter goes to the asker's own server and nowhere else, so that nobody makes us write to a third.
    """
    was_told = await _was_told(db, group, asker, now)
    reject = activities.reject(
        new_activity_uri(site),
        actor=group.uri,
        follow_id=follow_id,
        follower=asker.uri,
        reason=CANNOT_KEEP,
    )
    with_words = reject | {"content": f"<p>{CANNOT_KEEP}</p>"}
    await publish(db, site, group, with_words, object_uri=asker.uri, to=[asker])
    if not was_told and asker.inbox_url and site.gate.same_origin(asker.inbox_url, asker.uri):
        text = EXPLANATION.format(group=group.display_name, host=home_of(asker), page=group.uri)
        await letters.write(db, site, group, asker, text, now)


async def _was_told(db: Connection, group: Actor, asker: Actor, now: datetime) -> bool:
    return any(
        now - answer.created_at < EXPLAINED_EVERY
        and json_gate.read(answer.body.encode()).get("summary") == CANNOT_KEEP
        for answer in await stored.standing(db, group.id, "Reject", [asker.uri])
    )

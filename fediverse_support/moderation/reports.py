"""Members report posts; reports reach those who can act, and nobody learns who asked.

Who can act: the moderators of the group here, who see who reports, because they may want to ask back; those
of its moderators who live elsewhere; and, if the member wants it, the server that the post is from and the
one that the group is on. Whatever leaves is said by this server itself: no field of it names the member.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community import happenings
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, groups, hosts, reports
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol.peers import takes_reports_of_groups
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering.context import embedded
from fediverse_support.protocol.site import Site

LONGEST_REASON = 2_000


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a member says of a post; `rule` is the one that they think it breaks, or nothing."""

    reason: str
    rule: str = ""
    tells_other_server: bool = False


async def file(db: Connection, site: Site, post: Post, reporter: Actor, words: Words, now: datetime) -> None:
    """Put a report before the moderators, and send it on as far as the member wants.

    The caller has made sure that the reporter may see the post (L9), and opened the transaction. Raises
    `Malformed` without a reason, `Conflict` if this member's report of it waits already.
    """
    reason = words.reason.strip()
    if not reason and not words.rule:
        raise Malformed("Please say in a few words what is wrong.")
    if len(reason) > LONGEST_REASON:
        raise Malformed("This is longer than 2,000 characters.")
    if await reports.is_waiting(db, reporter.uri, post.uri):
        raise Conflict("You have reported this already. The moderators have not closed it yet.")
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    goes_out = words.tells_other_server and post.reach != "sealed" and await _has_elsewhere(db, post, group)
    report_id = await reports.insert(
        db,
        activity_uri=None,
        reporter_uri=reporter.uri,
        object_uris=[post.uri],
        reason=reason,
        group_id=group.id if group else None,
        rule=words.rule,
        forwarded_at=now if goes_out else None,
    )
    if report_id is not None:
        await happenings.reported(db, report_id, reporter.id, group.id if group else None, now)
    said = "\n\n".join(part for part in (words.rule, reason) if part)
    if group is not None and group.is_local and post.reach != "sealed":
        await relay_to_team(db, site, group, await _anonymous(db, site, group, post, said), post.uri, now)
    if goes_out:
        await _tell_other_servers(db, site, post, group, said)


async def relay_to_team(
    db: Connection, site: Site, group: Actor, flag: Mapping[str, Any], object_uri: str, now: datetime
) -> None:
    """Hand a report on to those moderators of our group who live elsewhere. Never to followers."""
    team = [person for person in await groups.moderators(db, group.id) if not person.is_local]
    if not team:
        return
    announce = activities.announce_to_team(
        new_activity_uri(site), group=group, flag=flag, team=[person.uri for person in team], now=now
    )
    await publish(db, site, group, announce, object_uri=object_uri, to=team)


async def _anonymous(db: Connection, site: Site, group: Actor, post: Post, said: str) -> dict[str, Any]:
    flag = activities.flag_to_group_host(
        new_activity_uri(site),
        actor=site.instance_actor,
        object_id=post.uri,
        group=group.uri,
        reason=said,
    )
    return embedded(flag)


async def _has_elsewhere(db: Connection, post: Post, group: Actor | None) -> bool:
    author = await actors.by_id(db, post.author_id)
    return any(actor is not None and not actor.is_local for actor in (author, group))


async def _tell_other_servers(db: Connection, site: Site, post: Post, group: Actor | None, said: str) -> None:
    """To the author's server as Mastodon and its kin want it, to the group's as Lemmy and its kin do (§7.4).

    Lemmy takes reports from people only; it refuses ours, which are by the server itself, because none of our
    people is to be named. PieFed and Mbin take them.
    """
    server = await actors.by_uri(db, site.instance_actor)
    author = await actors.by_id(db, post.author_id)
    if server is None or author is None:
        raise Missing
    software = await _software_of(db, site, group)
    home = None if author.is_local else site.gate.host(author.uri)
    of_group = site.gate.host(group.uri) if group is not None and not group.is_local else None
    # Servers of our kind put either form before the group's moderators: one is enough.
    if home is not None and not (home == of_group and software == "fediverse-support"):
        await _send(db, site, server, author, post, _for_account(site, author, post, said))
    if group is None or of_group is None:
        return
    if takes_reports_of_groups(software):
        flag = activities.flag_to_group_host(
            new_activity_uri(site), actor=server.uri, object_id=post.uri, group=group.uri, reason=said
        )
        await _send(db, site, server, group, post, flag)
    elif of_group != home:
        await _send(db, site, server, group, post, _for_account(site, author, post, said))


async def _software_of(db: Connection, site: Site, group: Actor | None) -> str | None:
    known = await hosts.by_name(db, site.gate.host(group.uri)) if group is not None else None
    return known.software if known is not None else None


def _for_account(site: Site, author: Actor, post: Post, said: str) -> dict[str, Any]:
    return activities.flag_to_account_host(
        new_activity_uri(site),
        actor=site.instance_actor,
        account=author.uri,
        posts=[post.uri],
        reason=said,
    )


async def _send(
    db: Connection, site: Site, server: Actor, to: Actor, post: Post, flag: dict[str, Any]
) -> None:
    await publish(db, site, server, flag, object_uri=post.uri, to=[to])

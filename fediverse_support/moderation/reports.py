"""Members report posts; reports reach those who can act, and nobody learns who asked.

Who can act: the moderators of the group here, who see who reports, because they may want to ask back; those
of its moderators who live elsewhere; and, if the member wants it, the server that the post is from and the
one that the group is on. Whatever leaves is said by this server itself: no field of it names the member.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community.notifying import happenings
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, groups, hosts, reports
from fediverse_support.database.pool import Connection
from fediverse_support.database.reports import Category
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol.peers import takes_reports_of_groups
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering.context import embedded
from fediverse_support.protocol.site import Site

LONGEST_REASON = 2_000


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a member says of a post; `rule` is what they think it breaks, or nothing.

    `category` is what apps call the kind of trouble, `rule_numbers` which rules `rule` speaks of. `group_id`:
    whose moderators a report about nobody's post is for, if it is not for those of the community.
    """

    reason: str
    rule: str = ""
    tells_other_server: bool = False
    category: Category = "other"
    rule_numbers: tuple[int, ...] = ()
    group_id: int | None = None

    @property
    def said(self) -> str:
        """Rule and reason, as other servers get them."""
        return "\n\n".join(part for part in (self.rule, self.reason.strip()) if part)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What one report is about: somebody, posts of one place, and the group that they are in."""

    about: Actor
    posts: tuple[Post, ...]
    group: Actor | None

    @property
    def uris(self) -> list[str]:
        """The ids of what is reported."""
        return [post.uri for post in self.posts] or [self.about.uri]

    @property
    def leaving(self) -> tuple[Post, ...]:
        """The posts that another server may be told of."""
        return tuple(post for post in self.posts if post.reach != "sealed")

    @property
    def may_leave(self) -> bool:
        """Whether anything of it may be told to another server."""
        return bool(self.leaving) or not self.posts


async def file(db: Connection, site: Site, post: Post, reporter: Actor, words: Words, now: datetime) -> None:
    """Put a report of one post before the moderators, and send it on as far as the member wants.

    The caller has made sure that the reporter may see the post (L9), and opened the transaction. Raises
    `Malformed` without a reason, `Conflict` if this member's report of it waits already.
    """
    if not words.said:
        raise Malformed("Please say in a few words what is wrong.")
    author = await actors.by_id(db, post.author_id)
    if author is None:
        raise Missing
    await file_about(db, site, author, [post], reporter, words, now)


async def file_about(
    db: Connection,
    site: Site,
    about: Actor,
    posts: Sequence[Post],
    reporter: Actor,
    words: Words,
    now: datetime,
) -> list[int]:
    """The same of somebody, with posts or without; the numbers of the reports, one for each group.

    The caller has made sure that the reporter may see all of it. Raises `Malformed` for too many words,
    `Conflict` if all of it waits already.
    """
    if len(words.reason.strip()) > LONGEST_REASON:
        raise Malformed("This is longer than 2,000 characters.")
    filed = []
    for case in await _cases(db, about, posts, words):
        waiting = [await reports.is_waiting(db, reporter.uri, uri) for uri in case.uris]
        if not all(waiting):
            filed.append(await _file(db, site, case, reporter, words, now))
    if not filed:
        raise Conflict("You have reported this already. The moderators have not closed it yet.")
    return filed


async def _cases(db: Connection, about: Actor, posts: Sequence[Post], words: Words) -> list[Case]:
    """Each group has its own moderators: what is in two groups becomes two reports."""
    places = list(dict.fromkeys(post.group_id for post in posts)) or [words.group_id]
    return [
        Case(
            about=about,
            posts=tuple(post for post in posts if post.group_id == place),
            group=await actors.by_id(db, place) if place is not None else None,
        )
        for place in places
    ]


async def _file(db: Connection, site: Site, case: Case, reporter: Actor, words: Words, now: datetime) -> int:
    group = case.group
    goes_out = words.tells_other_server and case.may_leave and await _has_elsewhere(db, case)
    report_id = await reports.insert(
        db,
        activity_uri=None,
        reporter_uri=reporter.uri,
        object_uris=case.uris,
        reason=words.reason.strip(),
        group_id=group.id if group else None,
        rule=words.rule,
        forwarded_at=now if goes_out else None,
        category=words.category,
        rule_numbers=words.rule_numbers,
        about_id=case.about.id,
    )
    assert report_id is not None, "what no activity brought is never stored twice"
    await happenings.reported(db, report_id, reporter.id, group.id if group else None, now)
    if group is not None and group.is_local:
        for post in case.leaving:
            flag = await _anonymous(db, site, group, post, words.said)
            await relay_to_team(db, site, group, flag, post.uri, now)
    if goes_out:
        await _tell_other_servers(db, site, case, words.said)
    return report_id


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


async def _has_elsewhere(db: Connection, case: Case) -> bool:
    authors = await _authors(db, case)
    return any(actor is not None and not actor.is_local for actor in (*authors, case.group))


async def _authors(db: Connection, case: Case) -> list[Actor]:
    """Who wrote what is reported; without posts, whom it is about."""
    if not case.posts:
        return [case.about]
    found = [await actors.by_id(db, number) for number in {post.author_id: None for post in case.posts}]
    return [author for author in found if author is not None]


async def _tell_other_servers(db: Connection, site: Site, case: Case, said: str) -> None:
    """To the author's server as Mastodon and its kin want it, to the group's as Lemmy and its kin do (§7.4).

    Lemmy takes reports from people only; it refuses ours, which are by the server itself, because none of our
    people is to be named. PieFed and Mbin take them.
    """
    server = await actors.by_uri(db, site.instance_actor)
    if server is None:
        raise Missing
    for author in await _authors(db, case):
        posts = [post.uri for post in case.leaving if post.author_id == author.id]
        await _tell_of_author(db, site, server, case.group, author, posts, said)


async def _tell_of_author(
    db: Connection,
    site: Site,
    server: Actor,
    group: Actor | None,
    author: Actor,
    posts: Sequence[str],
    said: str,
) -> None:
    software = await _software_of(db, site, group)
    home = None if author.is_local else site.gate.host(author.uri)
    of_group = site.gate.host(group.uri) if group is not None and not group.is_local else None
    # Servers of our kind put either form before the group's moderators: one is enough.
    if home is not None and not (home == of_group and software == "fediverse-support"):
        await _send(db, site, server, author, _for_account(site, author, posts, said))
    if group is None or of_group is None:
        return
    if takes_reports_of_groups(software):
        for post in posts:
            flag = activities.flag_to_group_host(
                new_activity_uri(site), actor=server.uri, object_id=post, group=group.uri, reason=said
            )
            await _send(db, site, server, group, flag)
    elif of_group != home:
        await _send(db, site, server, group, _for_account(site, author, posts, said))


async def _software_of(db: Connection, site: Site, group: Actor | None) -> str | None:
    known = await hosts.by_name(db, site.gate.host(group.uri)) if group is not None else None
    return known.software if known is not None else None


def _for_account(site: Site, author: Actor, posts: Sequence[str], said: str) -> dict[str, Any]:
    return activities.flag_to_account_host(
        new_activity_uri(site), actor=site.instance_actor, account=author.uri, posts=posts, reason=said
    )


async def _send(db: Connection, site: Site, server: Actor, to: Actor, flag: dict[str, Any]) -> None:
    about = flag["object"]
    object_uri = about if isinstance(about, str) else about[-1]
    await publish(db, site, server, flag, object_uri=object_uri, to=[to])

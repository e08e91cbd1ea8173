"""Follows that end because a server is blocked: not at once, said beforehand, and offered again later.

The exchange itself stops with the block. The follows stay for a week, so that a block which was a mistake
has cost nobody their place in a group; then they end, and are kept on the record. Nothing is sent to the
server, neither an `Undo` nor a `Reject`: there is no exchange with it, and it need not learn what was
decided. What it sent and what was for it meanwhile is not made up for (docs/concepts/severance.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fediverse_support.community.notifying import happenings
from fediverse_support.database import member_notices, severances
from fediverse_support.database.member_notices import Told
from fediverse_support.database.pool import Connection
from fediverse_support.database.severances import Severance, Tie
from fediverse_support.protocol.site import Site

GRACE = timedelta(days=7)
"""From the block of a server to the end of the follows there."""

ENDS = "exchange-ends"
CONTINUES = "exchange-continues"
ENDED = "exchange-ended"
AGAIN = "exchange-again"
KINDS = (ENDS, CONTINUES, ENDED, AGAIN)
"""What a member is told: it will end, it does not after all, it has ended, they can ask to join again."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What would end if servers were blocked.

    `members` here follow somebody there. `groups` has the open groups there, by handle, each with how many
    members here are in it; groups that choose their members are only counted (`unnamed`): who is in them
    knows their names, and nobody else needs to. `followers` are people there who follow one of ours.
    """

    members: int = 0
    groups: tuple[tuple[str, int], ...] = ()
    unnamed: int = 0
    followers: int = 0


async def preview(db: Connection, domains: Sequence[str]) -> Preview:
    """What would end if these domains, and those below them as far as nothing else is said, were blocked."""
    names = frozenset(domains)
    if not names:
        return Preview()
    hosts = [host for host in await severances.followed_hosts(db) if _reaches(names, host)]
    return await _preview(
        db,
        [
            covering.host
            for covering in await severances.coverings(db, hosts)
            if not covering.is_blocked and _decides(names, covering.host, covering.domain)
        ],
    )


async def present(db: Connection, domain: str) -> Preview:
    """Who follows whom between here and a domain with all below it now, whatever its level."""
    names = frozenset({domain})
    return await _preview(db, [host for host in await severances.followed_hosts(db) if _reaches(names, host)])


async def preview_allow_list(db: Connection, admitted: Iterable[str]) -> Preview:
    """What would end if only these domains and those below them were let in."""
    names = frozenset(admitted)
    hosts = [host for host in await severances.followed_hosts(db) if not _reaches(names, host)]
    found = await severances.coverings(db, hosts)
    return await _preview(db, [covering.host for covering in found if not covering.is_blocked])


async def _preview(db: Connection, hosts: Sequence[str]) -> Preview:
    if not hosts:
        return Preview()
    ties = await severances.ties(db, hosts)
    groups: dict[str, set[int]] = defaultdict(set)
    for tie in ties:
        if tie.is_group:
            groups[tie.handle].add(tie.follower_id)
    unnamed = {tie.handle for tie in ties if tie.is_group and tie.is_closed}
    return Preview(
        members=len({tie.follower_id for tie in ties}),
        groups=tuple(
            sorted(
                ((handle, len(members)) for handle, members in groups.items() if handle not in unnamed),
                key=lambda pair: (-pair[1], pair[0]),
            )
        ),
        unnamed=len(unnamed),
        followers=await severances.followers_on(db, hosts),
    )


async def blocked(
    db: Connection, site: Site, domains: Sequence[str] | None, by: int | None, now: datetime
) -> None:
    """Domains have become blocked, or (None) any may have: the follows there end in a week; members are told.

    Call it when the ladder is stored, in the same transaction. What is not blocked after all, by a nearer
    level or otherwise, is left alone. Safe to run twice.
    """
    hosts = await severances.followed_hosts(db)
    if domains is not None:
        names = frozenset(domains)
        hosts = [host for host in hosts if _reaches(names, host)]
    closed = [covering.host for covering in await severances.coverings(db, hosts) if covering.is_blocked]
    await _forget_overtaken(db, closed, now)
    begun = await severances.begin(db, closed, by, now, now + GRACE)
    await _tell_followers(db, begun, ENDS, now)


async def _forget_overtaken(db: Connection, hosts: Sequence[str], now: datetime) -> None:
    """Follows on a host that had been severed: it was open in between, so that severance is over."""
    known = frozenset(hosts)
    done = [one.id for one in await severances.standing(db) if one.state == "done" and one.domain in known]
    await severances.end(db, done, "done", "lifted", now)


async def unblocked(db: Connection, site: Site, domains: Sequence[str] | None, now: datetime) -> None:
    """Domains are blocked no longer, or (None) any may be.

    What has not ended stays, and what has ended is offered again to the members here. Call it when the ladder
    is stored, in the same transaction. Safe to run twice.
    """
    known = await severances.standing(db)
    if domains is not None:
        names = frozenset(domains)
        known = [one for one in known if _reaches(names, one.domain)]
    found = await severances.coverings(db, [one.domain for one in known])
    open_again = {covering.host for covering in found if not covering.is_blocked}
    ids = [one.id for one in known if one.domain in open_again]
    undone = await severances.end(db, ids, "waiting", "undone", now)
    await _tell_followers(db, undone, CONTINUES, now)
    await _offer(db, await severances.end(db, ids, "done", "lifted", now), now)


async def sever_next(db: Connection, site: Site, now: datetime) -> bool:
    """End the follows of the next host whose week is over; False if there is none. Safe to run twice.

    If the host is blocked no longer, nobody loses anything.
    """
    severance = await severances.take_next(db, now)
    if severance is None:
        return False
    (covering,) = await severances.coverings(db, [severance.domain])
    if not covering.is_blocked:
        await _tell_followers(
            db, await severances.end(db, [severance.id], "waiting", "undone", now), CONTINUES, now
        )
        return True
    await _tell_followers(db, [severance], ENDED, now)
    await severances.sever(db, severance, now)
    await severances.end(db, [severance.id], "waiting", "done", now)
    return True


async def _tell_followers(db: Connection, about: Sequence[Severance], kind: str, now: datetime) -> None:
    """Tell every member who follows somebody on these hosts; they alone learn the names of their groups."""
    by_host = {severance.domain: severance for severance in about}
    if not by_host:
        return
    concerned: dict[tuple[int, str], list[Tie]] = defaultdict(list)
    for tie in await severances.ties(db, list(by_host)):
        if tie.account_id is not None:
            concerned[tie.account_id, tie.host].append(tie)
    await member_notices.tell(
        db,
        [
            Told(account_id, kind, _said(by_host[host], found))
            for (account_id, host), found in concerned.items()
        ],
        now,
    )
    if kind == ENDED:
        for (_, host), found in concerned.items():
            await happenings.severed(
                db, found[0].follower_id, by_host[host].id, {"host": host, "following": len(found)}, now
            )


def _said(severance: Severance, ties: Sequence[Tie]) -> Mapping[str, Any]:
    return {
        "about": f"severance:{severance.domain}",
        "severance": severance.id,
        "host": severance.domain,
        "day": severance.severs_at.isoformat(),
        "groups": [tie.title for tie in ties if tie.is_group and tie.is_accepted],
        "asked": [tie.title for tie in ties if tie.is_group and not tie.is_accepted],
        "people": [f"@{tie.handle}" for tie in ties if not tie.is_group],
    }


async def _offer(db: Connection, lifted: Sequence[Severance], now: datetime) -> None:
    by_id = {severance.id: severance for severance in lifted}
    if not by_id:
        return
    await member_notices.tell(
        db,
        [
            Told(account_id, AGAIN, _said(by_id[severance_id], ()))
            for severance_id, account_id in await severances.severed_members(db, list(by_id))
        ],
        now,
    )


def _reaches(names: frozenset[str], host: str) -> bool:
    """Whether one of `names` is `host` or a domain above it."""
    while host:
        if host in names:
            return True
        host = host.partition(".")[2]
    return False


def _decides(names: frozenset[str], host: str, nearest: str | None) -> bool:
    """Whether one of `names` is at least as near to `host` as the nearest name on the ladder now."""
    rest = host
    while rest:
        if rest in names:
            return True
        if rest == nearest:
            return False
        rest = rest.partition(".")[2]
    return False

"""What follows from a change of the ladder: the levels that hold, and what they do to follows and the queue.

Every change ends here: by hand, by a list, by a day that has come, by switching to an allow-list. It is
worked out anew from everything that speaks of domains (policy/precedence.py), and only what differs is
written.
"""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from fediverse_support.community.joining import severing
from fediverse_support.core.models import Account
from fediverse_support.database import domains as stored
from fediverse_support.database import policy_versions, recalls
from fediverse_support.database.domains import Speaking
from fediverse_support.database.pool import Connection
from fediverse_support.policy.document import Mode
from fediverse_support.policy.precedence import Effective, names_above, nearest, resolve
from fediverse_support.protocol.site import Site

MOST_BY_NAME = 12
"""Of more names than this, the whole ladder is worked out: asking for each costs more."""
_LARGE = 5_000
Levels = Mapping[str, Effective]


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a change came to. `version` is the one in force, whether or not it is new.

    `changed` are the domains that were set or taken away; `newly_blocked` and `newly_open` those with which
    the exchange ends or may begin. With a change of mode these two name only what stands on the ladder.
    """

    version: int
    changed: tuple[str, ...] = ()
    newly_blocked: tuple[str, ...] = ()
    newly_open: tuple[str, ...] = ()


async def settle(
    db: Connection,
    site: Site,
    now: datetime,
    by: Account | None,
    version: int,
    domains: Collection[str] | None = None,
) -> Settled:
    """Bring what holds in line with what `version` says, about `domains` and below them or (None) about all.

    Follows on servers that are blocked now end after a week, those on servers that are open again stay; what
    waits to be sent to blocked servers is taken back. The caller opened the transaction and holds
    `database.domains.alone`. Safe to run twice.
    """
    document = await policy_versions.document(db, version)
    was_mode = await stored.mode(db)
    names = None
    if domains is not None and len(domains) <= MOST_BY_NAME and document.mode == was_mode:
        names = frozenset(domains)
    before = await stored.effective(db, names)
    after = await _resolved(await stored.speaking(db, names), document.consensus)
    changed = sorted(
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and (names is None or nearest(name, names) is not None)
    )
    gone = [name for name in changed if name not in after]
    await stored.write(db, (after[name] for name in changed if name in after), gone, now)
    if document.mode != was_mode:
        await stored.set_mode(db, document.mode)
    was = {name: _is_blocked(before, was_mode, name) for name in changed}
    is_now = {name: _is_blocked(after, document.mode, name) for name in changed}
    settled = Settled(
        version=version,
        changed=tuple(changed),
        newly_blocked=tuple(name for name in changed if is_now[name] and not was[name]),
        newly_open=tuple(name for name in changed if was[name] and not is_now[name]),
    )
    await _follow(db, site, settled, document.mode != was_mode, by, now)
    return settled


async def _follow(
    db: Connection, site: Site, settled: Settled, is_other_mode: bool, by: Account | None, now: datetime
) -> None:
    """Let follows end or stay, and take back what must not go out. A change of mode concerns everybody."""
    if is_other_mode or settled.newly_open:
        await severing.unblocked(db, site, None if is_other_mode else settled.newly_open, now)
    if is_other_mode or settled.newly_blocked:
        closed = None if is_other_mode else settled.newly_blocked
        await severing.blocked(db, site, closed, by.id if by else None, now)
        await recalls.from_blocked(db)


def _is_blocked(levels: Levels, mode: Mode, domain: str) -> bool:
    """Whether there is no exchange with `domain` under these levels: the nearest decides."""
    name = next((one for one in (domain, *names_above(domain)) if one in levels), None)
    if name is None:
        return mode == "allow-list"
    return levels[name].level == "blocked" or (mode == "allow-list" and not levels[name].admits)


async def _resolved(speaking: Speaking, consensus: int) -> dict[str, Effective]:
    """What follows; beside the event loop where it takes long."""
    given = (speaking.by_hand, speaking.said, speaking.sources, speaking.excludes, consensus)
    if len(speaking.said) + len(speaking.by_hand) > _LARGE:
        return await asyncio.to_thread(resolve, *given)
    return resolve(*given)

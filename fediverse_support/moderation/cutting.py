"""Whether blocks would end the exchange with most servers that people here know: a slip more than a wish."""

from collections.abc import Collection

from fediverse_support.core.errors import Conflict
from fediverse_support.database import domains as stored
from fediverse_support.database import severances
from fediverse_support.database.pool import Connection
from fediverse_support.policy.precedence import nearest


async def cut_off(db: Connection, blocks: Collection[str], *, by_list: bool = False) -> tuple[int, int]:
    """With how many servers the exchange would end, and with how many there is one now.

    Counted are the servers on which somebody follows or is followed by one of ours. `by_list`: what was set
    by hand, and what no list may touch, goes before these blocks.
    """
    if not blocks:
        return (0, 0)
    hosts = await severances.followed_hosts(db)
    open_hosts = [one.host for one in await severances.coverings(db, hosts) if not one.is_blocked]
    names = frozenset(blocks)
    entries = await stored.entries(db) if by_list else {}
    shielded = frozenset(one.domain for one in await stored.excludes(db)) if by_list else frozenset[str]()
    cut = 0
    for host in open_hosts:
        name, hand = nearest(host, names), nearest(host, entries)
        if name is None or nearest(host, shielded) is not None:
            continue
        cut += hand is None or len(hand) < len(name)
    return cut, len(open_hosts)


async def require_few(db: Connection, blocks: Collection[str]) -> None:
    """Raises `Conflict` if these blocks would end the exchange with more than half of the known servers."""
    cut, known = await cut_off(db, blocks)
    if cut * 2 > known:
        raise Conflict(
            f"This would end the exchange with {cut} of the {known} servers on which people here follow "
            "somebody or are followed. Say that you are sure if that is meant."
        )

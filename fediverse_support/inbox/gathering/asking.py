"""Asking other servers for a thread: never whom this community has nothing to do with, nor whoever rests."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.core.errors import Forbidden, RemoteRefused, RemoteTrouble
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, hosts
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.documents import Documents
from fediverse_support.network.pace import Pace
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol import parsing
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import CollectionDocument, PostDocument

FETCHES = 250
HOSTS = 60
SECONDS = 120.0
"""What one errand may cost: a post, fifty above it, and who wrote them."""
FIRST_REST = 75.0
"""Seconds in which a host that did not answer is left alone, unless it says for how long; longer than
`Documents` remembers it."""
SHORTEST_REST = 10.0
"""A shorter one is only the gentle pace of deliveries to a host that has just come back."""

Get = Callable[[str, FetchBudget], Awaitable[dict[str, Any]]]


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What every search works with."""

    pool: Pool
    site: Site
    documents: Documents
    acquaintance: Acquaintance
    policy: Callable[[], Policy]
    pace: Pace
    now: Callable[[], datetime]


def new_budget() -> FetchBudget:
    """The budget of one errand."""
    return FetchBudget(fetches=FETCHES, hosts=HOSTS, seconds=SECONDS)


async def post(tools: Tools, uri: str, budget: FetchBudget) -> PostDocument:
    """The post with this id, as its own server has it. Raises as `Documents.fetch`, and `Malformed`."""
    return parsing.post(await _got(tools, uri, budget, tools.documents.fetch), tools.site.gate)


async def listing(tools: Tools, url: str, budget: FetchBudget) -> CollectionDocument:
    """The collection or page at `url`. Raises as `Documents.fetch_listing`, and `Malformed`."""
    document = await _got(tools, url, budget, tools.documents.fetch_listing)
    return parsing.collection(document, tools.site.gate)


async def author(tools: Tools, uri: str, budget: FetchBudget) -> Actor:
    """Who wrote a post, met if need be. Raises as `Acquaintance.meet`; `Forbidden` for who is not welcome."""
    check_ladder(tools, uri)
    async with acquire(tools.pool) as db:
        known = await actors.by_uri(db, uri)
    if known is None:
        return await tools.acquaintance.meet(uri, budget)
    if known.state != "active":
        raise Forbidden("This account is gone or suspended here.")
    return known


def check_ladder(tools: Tools, url: str) -> None:
    """Raise `Forbidden` for a server that this community exchanges nothing with."""
    if tools.policy().ladder.blocks(tools.site.gate.host(url)):
        raise Forbidden("This community does not exchange anything with that server.")


async def _got(tools: Tools, url: str, budget: FetchBudget, get: Get) -> dict[str, Any]:
    check_ladder(tools, url)
    host = tools.site.gate.host(url)
    await _check_rest(tools, host)
    async with tools.pace.turn(host):
        try:
            return await get(url, budget)
        except RemoteRefused:
            raise
        except RemoteTrouble as trouble:
            tools.pace.rest(host, trouble.retry_after or FIRST_REST)
            raise


async def _check_rest(tools: Tools, host: str) -> None:
    """Raise `RemoteTrouble` for a host that rests by its own wish, or because it does not answer."""
    now = tools.now()
    until = tools.pace.rests_until(host)
    if until is None:
        async with acquire(tools.pool) as db:
            until = await hosts.rests_until(db, host, now)
    seconds = (until - now).total_seconds() if until is not None else 0.0
    if seconds > SHORTEST_REST:
        tools.pace.rest(host, seconds)
        raise RemoteTrouble("This server rests.", retry_after=seconds)

"""Blocks, mutes, servers kept away, notes about others, endorsements (mastodon-api.md §2.1, §2.2).

Whoever is blocked or muted is told nothing, and their server neither. Every deed answers with how one stands
to the other now.
"""

from typing import Any

from starlette.routing import Route

from fediverse_support.community.people import keeping_apart
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, personal
from fediverse_support.database.personal import Kept
from fediverse_support.web.client_api.calls import Answer, Call, Who, call
from fediverse_support.web.client_api.entities import accounts, relationships
from fediverse_support.web.client_api.entities.accounts import Json
from fediverse_support.web.client_api.entities.moments import maybe_moment
from fediverse_support.web.client_api.following import target_of
from fediverse_support.web.client_api.paging import Window, linked, window

LONGEST_MUTE = 10 * 366 * 86_400
MOST_NAMES = 200


@call("write:blocks")
async def block(one: Call) -> Json:
    """Keep somebody out of one's sight, and oneself out of theirs."""
    other = await target_of(one)
    async with one.db.transaction():
        await keeping_apart.block(one.db, one.site, await _me(one), other, one.now)
    return await relationships.one(one.db, one.viewer, other.id)


@call("write:blocks")
async def unblock(one: Call) -> Json:
    """End that."""
    other = await target_of(one)
    await keeping_apart.unblock(one.db, await _me(one), other)
    return await relationships.one(one.db, one.viewer, other.id)


@call("write:mutes")
async def mute(one: Call) -> Json:
    """Keep somebody out of lists, for a while or for good, and out of notifications unless asked not to."""
    other, params = await target_of(one), one.params
    await keeping_apart.mute(
        one.db,
        await _me(one),
        other,
        notifications=params.flag("notifications", True) is not False,
        seconds=params.number("duration", 0, 0, LONGEST_MUTE),
        now=one.now,
    )
    return await relationships.one(one.db, one.viewer, other.id)


@call("write:mutes")
async def unmute(one: Call) -> Json:
    """End that."""
    other = await target_of(one)
    await personal.unmute(one.db, one.me, other.id)
    return await relationships.one(one.db, one.viewer, other.id)


@call("write:accounts")
async def note(one: Call) -> Json:
    """Write down something about somebody, for oneself."""
    other = await target_of(one)
    await keeping_apart.note(one.db, await _me(one), other, one.params.text("comment"))
    return await relationships.one(one.db, one.viewer, other.id)


@call("write:accounts")
async def endorse(one: Call) -> Json:
    """Point others to somebody on one's own profile."""
    other = await target_of(one)
    await keeping_apart.endorse(one.db, await _me(one), other)
    return await relationships.one(one.db, one.viewer, other.id)


@call("write:accounts")
async def unendorse(one: Call) -> Json:
    """End that."""
    other = await target_of(one)
    await personal.unendorse(one.db, one.me, other.id)
    return await relationships.one(one.db, one.viewer, other.id)


@call("read:blocks")
async def blocks(one: Call) -> Answer:
    """Whom one has blocked."""
    asked = window(one, 40, 80)
    rows = await personal.blocked(one.db, one.me, asked.after, asked.max_id, asked.limit)
    return await _people(one, rows, asked)


@call("read:mutes")
async def mutes(one: Call) -> Answer:
    """Whom one has muted, with when that ends."""
    asked = window(one, 40, 80)
    rows = await personal.muted(one.db, one.me, one.now, asked.after, asked.max_id, asked.limit)
    return await _people(one, rows, asked, with_ends=True)


@call("read:accounts")
async def endorsements(one: Call) -> Answer:
    """Whom one points others to."""
    asked = window(one, 40, 80)
    rows = await personal.endorsed(one.db, one.me, asked.after, asked.max_id, asked.limit)
    return await _people(one, rows, asked)


@call("read:accounts", who=Who.ANYONE)
async def endorsements_of(one: Call) -> Answer:
    """Whom somebody points others to."""
    asked, other = window(one, 40, 80), await target_of(one)
    rows = await personal.endorsed(one.db, other.id, asked.after, asked.max_id, asked.limit)
    return await _people(one, rows, asked)


@call("read:blocks")
async def domains(one: Call) -> Answer:
    """The servers that one keeps away."""
    asked = window(one, 100, MOST_NAMES)
    rows = await personal.domains(one.db, one.me, asked.after, asked.max_id, asked.limit)
    names = [row.domain for row in rows]
    return linked(one, names, [row.id for row in rows], asked, prev="since_id", always_next=False)


@call("write:blocks")
async def block_domain(one: Call) -> Json:
    """Keep a whole server away, and end every follow with it."""
    async with one.db.transaction():
        await keeping_apart.block_domain(one.db, one.site, await _me(one), _domain(one), one.now)
    return {}


@call("write:blocks")
async def unblock_domain(one: Call) -> Json:
    """End that."""
    await personal.unblock_domain(one.db, one.me, keeping_apart.domain_in(_domain(one)))
    return {}


@call("read:blocks")
async def domain_preview(one: Call) -> Json:
    """How many follows would end."""
    ties = await personal.ties_with(one.db, one.me, keeping_apart.domain_in(_domain(one)))
    return {"following_count": ties.following, "followers_count": ties.followers}


async def _me(one: Call) -> Actor:
    found = await actors.by_id(one.db, one.me)
    if found is None:
        raise Missing
    return found


def _domain(one: Call) -> str:
    text = one.params.text("domain")
    if not text.strip():
        raise Malformed("Validation failed: Domain can't be blank")
    return text


async def _people(one: Call, rows: list[Kept], asked: Window, *, with_ends: bool = False) -> Answer:
    found = await accounts.shown(one.services, one.db, one.viewer, [row.actor_id for row in rows])
    shown: list[dict[str, Any]] = found
    if with_ends:
        ends = {str(row.actor_id): maybe_moment(row.ends_at) for row in rows}
        shown = [{**account, "mute_expires_at": ends[account["id"]]} for account in found]
    return linked(one, shown, [row.id for row in rows], asked, prev="since_id", always_next=False)


ROUTES = [
    Route("/api/v1/accounts/{id}/block", block, methods=["POST"]),
    Route("/api/v1/accounts/{id}/unblock", unblock, methods=["POST"]),
    Route("/api/v1/accounts/{id}/mute", mute, methods=["POST"]),
    Route("/api/v1/accounts/{id}/unmute", unmute, methods=["POST"]),
    Route("/api/v1/accounts/{id}/note", note, methods=["POST"]),
    Route("/api/v1/accounts/{id}/pin", endorse, methods=["POST"]),
    Route("/api/v1/accounts/{id}/endorse", endorse, methods=["POST"]),
    Route("/api/v1/accounts/{id}/unpin", unendorse, methods=["POST"]),
    Route("/api/v1/accounts/{id}/unendorse", unendorse, methods=["POST"]),
    Route("/api/v1/accounts/{id}/endorsements", endorsements_of),
    Route("/api/v1/endorsements", endorsements),
    Route("/api/v1/blocks", blocks),
    Route("/api/v1/mutes", mutes),
    Route("/api/v1/domain_blocks", domains),
    Route("/api/v1/domain_blocks", block_domain, methods=["POST"]),
    Route("/api/v1/domain_blocks", unblock_domain, methods=["DELETE"]),
    Route("/api/v1/domain_blocks/preview", domain_preview),
]

"""`/api/v2/search` and `/api/v1/accounts/search` (mastodon-api.md §2.1).

An address or a handle leads to that one thing: among what is known, and with `resolve` on its own server.
Then another server is asked while an app waits: that has a limit of its own, and holds no connection.
"""

import re
from collections.abc import Sequence
from typing import Any

from starlette.routing import Route

from fediverse_support.community.reading import searching
from fediverse_support.community.reading.searching import Part
from fediverse_support.core.errors import Malformed, Missing, Refused, RemoteTrouble, TooMany, Unauthenticated
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, community, posts
from fediverse_support.database import tags as stored_tags
from fediverse_support.database.pool import acquire
from fediverse_support.web.client_api.calls import Answer, Call, Who, call
from fediverse_support.web.client_api.entities import accounts, statuses
from fediverse_support.web.client_api.entities import tags as tag_entities
from fediverse_support.web.client_api.paging import offset_linked
from fediverse_support.web.client_api.parameters import LARGEST_NUMBER

KINDS = ("accounts", "statuses", "hashtags")
MOST_OFFSET = 10_000
RESOLVED = "60 per 10 minutes"

_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_HANDLE = re.compile(r"(?:acct:)?[@!]?[^\s@/]+@[^\s@/]+\.?[^\s@/]*")
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-[a-z0-9]+)*", re.IGNORECASE)


@call("read:search", who=Who.ANYONE, connection="session", limit="300 per 5 minutes")
async def search(call: Call) -> Any:
    """People and groups, posts and tags; of one `type` also page by page."""
    params = call.params
    text = _text(call)
    kind = params.text("type")
    wanted = [one for one in KINDS if kind in ("", one)]
    resolves = bool(params.flag("resolve", False))
    offset = params.number("offset", 0, 0, MOST_OFFSET) if kind else 0
    if call.grant is None and (resolves or offset):
        raise Unauthenticated("Please sign in to look up things on other servers, or to see more of this.")
    part = Part(
        limit=params.number("limit", 20, 1, 40),
        offset=offset,
        below=params.number("max_id", LARGEST_NUMBER, 0, LARGEST_NUMBER),
        above=params.number("min_id", 0, 0, LARGEST_NUMBER),
    )
    found: dict[str, list[Any]] = {one: [] for one in KINDS}
    if _LINK.fullmatch(text) is not None:
        one = await _thing(call, text, resolves)
        if one is not None and offset == 0:
            await _put(call, found, one, wanted)
        return found
    if "accounts" in wanted:
        found["accounts"] = await _accounts(
            call, text, part, resolves=resolves, only_followed=bool(params.flag("following", False))
        )
    async with acquire(call.services.pool) as db:
        if "statuses" in wanted:
            numbers = await searching.posts(
                db, call.site, call.viewer, text, part, await _languages(call, db), params.id("account_id")
            )
            found["statuses"] = await statuses.shown(call.services, db, call.viewer, numbers)
        if "hashtags" in wanted:
            names = await searching.tags(db, call.viewer, text, part)
            mine = await stored_tags.of_mine(db, call.viewer.actor_id, names)
            found["hashtags"] = [tag_entities.of_mine(call.site, name, mine) for name in names]
    return found


@call("read:accounts", connection="session", limit="600 per 5 minutes")
async def search_accounts(call: Call) -> Any:
    """People and groups, as apps offer them while somebody types a name."""
    params = call.params
    part = Part(limit=params.number("limit", 40, 1, 80), offset=params.number("offset", 0, 0, MOST_OFFSET))
    shown = await _accounts(
        call,
        _text(call),
        part,
        resolves=bool(params.flag("resolve", False)),
        only_followed=bool(params.flag("following", False)),
    )
    return offset_linked(call, shown, part.offset, part.limit) if shown else Answer([])


async def _accounts(call: Call, text: str, part: Part, *, resolves: bool, only_followed: bool) -> list[Any]:
    if text.startswith("#"):
        return []
    if _LINK.fullmatch(text) is not None:
        one = await _thing(call, text, resolves)
        numbers = [one.id] if isinstance(one, Actor) else []
    else:
        async with acquire(call.services.pool) as db:
            numbers = await searching.actors(db, call.viewer, text, part, only_followed=only_followed)
        if not numbers and resolves and part.offset == 0 and _HANDLE.fullmatch(text) is not None:
            one = await _thing(call, text, resolves)
            numbers = [one.id] if isinstance(one, Actor) else []
    async with acquire(call.services.pool) as db:
        return await accounts.shown(call.services, db, call.viewer, numbers)


async def _put(call: Call, found: dict[str, list[Any]], one: Actor | Post, wanted: Sequence[str]) -> None:
    """Put what a link leads to where it belongs, if whoever looks may see it."""
    async with acquire(call.services.pool) as db:
        if isinstance(one, Actor) and "accounts" in wanted:
            found["accounts"] = await accounts.shown(call.services, db, call.viewer, [one.id])
        elif isinstance(one, Post) and "statuses" in wanted:
            found["statuses"] = await statuses.shown(call.services, db, call.viewer, [one.id])


async def _thing(call: Call, text: str, resolves: bool) -> Actor | Post | None:
    """What an address or handle leads to. That it cannot be had reads like that it is not there."""
    try:
        if resolves and call.grant is not None and call.grant.account is not None:
            await call.spend(RESOLVED, "resolve")
            return await call.services.lookups.find(text, call.now)
        uri = call.site.gate.check(text)
        async with acquire(call.services.pool) as db:
            actor = await actors.by_uri(db, uri)
            return actor if actor is not None else await posts.by_uri(db, uri)
    except TooMany:
        raise
    except (Refused, Missing, RemoteTrouble):
        return None


def _text(call: Call) -> str:
    text = call.params.text("q").strip()
    if not text:
        raise Malformed("Validation failed: q is missing.")
    return text


async def _languages(call: Call, db: Any) -> list[str]:
    """The languages by whose rules words are compared: the app's, else the community's."""
    accepted = call.request.headers.get("accept-language", "")[:200]
    parts = (part.split(";")[0].strip() for part in accepted.split(","))
    codes = [found[1].lower() for part in parts if (found := _LANGUAGE.fullmatch(part))]
    if not codes:
        house = await community.get(db)
        codes = list(house.languages) if house is not None else []
    return list(dict.fromkeys([*codes, "en"]))[:2]


ROUTES: list[Route] = [
    Route("/api/v2/search", search),
    Route("/api/v1/accounts/search", search_accounts),
]

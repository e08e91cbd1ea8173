"""Lists: those that people keep, their groups, and two of the server (`community/reading/`)."""

from typing import Any

from starlette.routing import Route

from fediverse_support.community.reading import reading_lists
from fediverse_support.community.reading.reading_lists import Changes
from fediverse_support.core.errors import Missing
from fediverse_support.database import reading_lists as stored
from fediverse_support.database.reading_lists import Joined, ReadingList
from fediverse_support.web.client_api.calls import Call, call
from fediverse_support.web.client_api.entities import accounts
from fediverse_support.web.client_api.paging import linked, window
from fediverse_support.web.rendering import N_

MADE_HERE = (
    (reading_lists.NEEDS_A_REPLY, N_("Needs a reply")),
    (reading_lists.MY_GROUPS, N_("My groups")),
)
"""Nobody follows a group as a group, so that these are for people only."""


@call("read:lists")
async def every(one: Call) -> Any:
    """What the server makes, then the groups, then what one keeps oneself."""
    if one.grant is not None and one.grant.is_group:
        return [_kept(found) for found in await stored.of_actor(one.db, one.me)]
    return [
        *(_made_here(one, number, title) for number, title in MADE_HERE),
        *(_group(found) for found in await stored.groups_of(one.db, one.me)),
        *(_kept(found) for found in await stored.of_actor(one.db, one.me)),
    ]


@call("read:lists")
async def show(one: Call) -> Any:
    """One of them."""
    number = one.path_id()
    for made, title in MADE_HERE:
        if number == made and not (one.grant is not None and one.grant.is_group):
            return _made_here(one, made, title)
    group = await stored.group_of(one.db, one.me, number)
    if group is not None:
        return _group(group)
    return _kept(await reading_lists.kept(one.db, one.me, number))


@call("write:lists", limit="100 per hour")
async def make(one: Call) -> Any:
    """A new list."""
    async with one.db.transaction():
        return _kept(await reading_lists.add(one.db, one.me, _changes(one)))


@call("write:lists")
async def change(one: Call) -> Any:
    """Change a list; of a group's only whether the group is in Home as well. 422 for what is managed here."""
    async with one.db.transaction():
        changed = await reading_lists.change(one.db, one.me, one.path_id(), _changes(one))
    return _group(changed) if isinstance(changed, Joined) else _kept(changed)


@call("write:lists")
async def remove(one: Call) -> Any:
    """Delete a list. 422 for what is managed here: one leaves a group by unfollowing it."""
    async with one.db.transaction():
        await reading_lists.remove(one.db, one.me, one.path_id())
    return {}


@call("read:lists")
async def members(one: Call) -> Any:
    """Whom a list has; everybody for `limit=0`."""
    number, page = one.path_id(), window(one, 40, 80)
    if number in (reading_lists.NEEDS_A_REPLY, reading_lists.MY_GROUPS):
        groups = await stored.groups_of(one.db, one.me)
        return await accounts.shown(one.services, one.db, one.viewer, [group.id for group in groups])
    if await stored.group_of(one.db, one.me, number) is not None:
        return await accounts.shown(one.services, one.db, one.viewer, [number])
    await reading_lists.kept(one.db, one.me, number)
    is_whole = one.params.maybe("limit") == "0"
    found = await stored.members(
        one.db,
        number,
        below=page.max_id,
        after=page.after,
        is_upward=page.is_upward,
        limit=None if is_whole else page.limit,
    )
    shown = await accounts.shown(one.services, one.db, one.viewer, [member.member_id for member in found])
    if is_whole:
        return shown
    return linked(one, shown, [member.id for member in found], page, prev="since_id", always_next=False)


@call("write:lists")
async def put(one: Call) -> Any:
    """Put some of whom one follows into a list. 404 for others."""
    async with one.db.transaction():
        await reading_lists.put(one.db, one.me, one.path_id(), _named(one))
    return {}


@call("write:lists")
async def take(one: Call) -> Any:
    """Take some out of a list."""
    async with one.db.transaction():
        await reading_lists.take(one.db, one.me, one.path_id(), one.params.ids("account_ids"))
    return {}


@call("read:lists")
async def having(one: Call) -> Any:
    """The lists that have somebody; for a group also its own."""
    number = one.path_id()
    group = await stored.group_of(one.db, one.me, number)
    found = [_kept(list_) for list_ in await stored.having(one.db, one.me, number)]
    return [_group(group), *found] if group is not None else found


def _named(one: Call) -> list[int]:
    """Raises `Missing` if one of them cannot be anybody: then nobody is put into the list."""
    named = one.params.ids("account_ids")
    if len(named) < len(set(one.params.texts("account_ids"))):
        raise Missing
    return named


def _changes(one: Call) -> Changes:
    return Changes(
        title=one.params.maybe("title"),
        replies_policy=one.params.maybe("replies_policy"),
        exclusive=one.params.flag("exclusive"),
    )


def _kept(found: ReadingList) -> dict[str, Any]:
    return _list(found.id, found.title, found.replies_policy, exclusive=found.exclusive)


def _group(group: Joined) -> dict[str, Any]:
    return _list(group.id, group.title, "list", exclusive=not group.in_home)


def _made_here(one: Call, number: int, title: str) -> dict[str, Any]:
    templates = one.services.templates
    language = templates.language_for(one.request.headers.get("accept-language", ""))
    return _list(number, templates.translated(language, title), "list", exclusive=False)


def _list(number: int, title: str, replies_policy: str, *, exclusive: bool) -> dict[str, Any]:
    return {"id": str(number), "title": title, "replies_policy": replies_policy, "exclusive": exclusive}


ROUTES = [
    Route("/api/v1/lists", every),
    Route("/api/v1/lists", make, methods=["POST"]),
    Route("/api/v1/lists/{id}", show),
    Route("/api/v1/lists/{id}", change, methods=["PUT", "PATCH"]),
    Route("/api/v1/lists/{id}", remove, methods=["DELETE"]),
    Route("/api/v1/lists/{id}/accounts", members),
    Route("/api/v1/lists/{id}/accounts", put, methods=["POST"]),
    Route("/api/v1/lists/{id}/accounts", take, methods=["DELETE"]),
    Route("/api/v1/accounts/{id}/lists", having),
]

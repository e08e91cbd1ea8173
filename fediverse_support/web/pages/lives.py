"""The larger turns in the life of a group: archived, moved, carried on from elsewhere, deleted.

For its owner and the admins; and, for everybody, the button to follow a group to where it has moved.
"""

from collections.abc import Awaitable, Callable

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community import visibility
from fediverse_support.community.groups import lives
from fediverse_support.community.joining import memberships
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing, Trouble
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import actors
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.moderation import deeds
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.places import check_known, group_elsewhere, our_group, owned
from fediverse_support.web.rendering import N_, address_of
from fediverse_support.web.security import Access, Visit, deed, page

LIMIT = "30 per hour"
_NOT_THE_NAME = N_("That was not the name of the group. Nothing was deleted.")


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """What can be done, and what it means."""
    return _page(visit, await owned(visit))


def _page(visit: Visit, group: Group, form: Form | None = None, refusal: Trouble | None = None) -> Response:
    return visit.render(
        "group/life.html",
        refusal.status if refusal else 200,
        group=group,
        form=form or Form({}),
        federates=visibility.federates(group),
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.MEMBER, limit=LIMIT)
async def change(visit: Visit, form: Form) -> Response:
    """Archive the group, or let it run again."""
    group = await owned(visit)
    turn = {"archive": lives.archive, "reopen": lives.reopen}.get(form.line("deed"))
    if turn is None:
        raise Malformed("Please use the buttons on the page.")
    async with visit.db.transaction():
        await turn(visit.db, visit.services.site, group, await _doer(visit, visit.db))
        await _record(visit, visit.db, f"{form.line('deed')} group", group, "")
    return RedirectResponse(address_of(group.actor), 303)


@deed(Access.MEMBER, connection="session", limit=LIMIT)
async def move(visit: Visit, form: Form) -> Response:
    """Move the group to one of another server, which is asked just now whether it says so too."""

    async def turn(db: Connection, group: Group, target: Actor) -> None:
        await lives.move(db, visit.services.site, group, target, await _doer(visit, db))
        await _record(visit, db, "move group", group, target.uri)

    return await _with_group_elsewhere(visit, form, turn)


@deed(Access.MEMBER, connection="session", limit=LIMIT)
async def carry_on(visit: Visit, form: Form) -> Response:
    """Say that the group carries on one of another server, which can then move here."""

    async def turn(db: Connection, group: Group, former: Actor) -> None:
        await lives.add_alias(db, visit.services.site, group, former)
        await _record(visit, db, "alias group", group, former.uri)

    return await _with_group_elsewhere(visit, form, turn)


async def _with_group_elsewhere(
    visit: Visit, form: Form, turn: Callable[[Connection, Group, Actor], Awaitable[None]]
) -> Response:
    pool = visit.services.pool
    async with acquire(pool) as db:
        group = await owned(visit, db)
    try:
        other = await visit.services.lookups.group_now(form.line("address"), clock.now())
        async with acquire(pool) as db, db.transaction():
            await check_known(visit, db, other, form.line("address"))
            await turn(db, await owned(visit, db), other)
    except Trouble as trouble:
        return _page(visit, group, form, trouble)
    return RedirectResponse(f"{address_of(group.actor)}/life", 303)


@deed(Access.MEMBER, limit=LIMIT)
async def forget_alias(visit: Visit, form: Form) -> Response:
    """Carry on a group elsewhere no longer."""
    group = await owned(visit)
    async with visit.db.transaction():
        await lives.remove_alias(visit.db, visit.services.site, group, form.line("uri"))
        await _record(visit, visit.db, "remove alias of group", group, form.line("uri"))
    return RedirectResponse(f"{address_of(group.actor)}/life", 303)


@deed(Access.MEMBER, limit=LIMIT)
async def delete(visit: Visit, form: Form) -> Response:
    """Delete the group for good, once its name was typed."""
    group = await owned(visit)
    if form.line("name").lower() != group.actor.name:
        return _page(visit, group, form, Malformed(_NOT_THE_NAME))
    async with visit.db.transaction():
        await lives.delete(visit.db, visit.services.site, group, clock.now())
        await _record(visit, visit.db, "delete group", group, "")
    return RedirectResponse("/groups", 303)


async def _doer(visit: Visit, db: Connection) -> Actor:
    """The actor of who is signed in."""
    found = await actors.by_id(db, visit.account.actor_id)
    if found is None:
        raise Missing
    return found


async def _record(visit: Visit, db: Connection, what: str, group: Group, about: str) -> None:
    await deeds.record(db, visit.account, what, group.actor.name, about, clock.now())


@deed(Access.MEMBER, connection="session", limit=LIMIT)
async def follow_there(visit: Visit, form: Form) -> Response:
    """Follow a group to where it has moved, if the new place says so too; only who presses it (O18)."""
    former = await _moved(visit)
    target = await visit.services.lookups.group_now(str(former.moved_to), clock.now())
    if former.uri not in target.also_known_as:
        raise Conflict("The new group does not say that it carries this one on. Nothing was done.")
    if target.is_local:
        return RedirectResponse(address_of(target), 303)
    async with acquire(visit.services.pool) as db, db.transaction():
        await memberships.join_elsewhere(db, visit.services.site, await _doer(visit, db), target)
    return RedirectResponse(address_of(target), 303)


async def _moved(visit: Visit) -> Actor:
    """The group that the path names, ours or not, which has moved. Raises `Missing`."""
    name, at, host = str(visit.request.path_params["name"]).partition("@")
    async with acquire(visit.services.pool) as db:
        found = await group_elsewhere(db, name, host) if at else (await our_group(visit, db)).actor
    if found.moved_to is None:
        raise Missing
    return found


ROUTES: list[Route] = [
    Route("/groups/{name}/life", show),
    Route("/groups/{name}/life", change, methods=["POST"]),
    Route("/groups/{name}/move", move, methods=["POST"]),
    Route("/groups/{name}/aliases", carry_on, methods=["POST"]),
    Route("/groups/{name}/aliases/remove", forget_alias, methods=["POST"]),
    Route("/groups/{name}/delete", delete, methods=["POST"]),
    Route("/groups/{name}/follow-there", follow_there, methods=["POST"]),
]

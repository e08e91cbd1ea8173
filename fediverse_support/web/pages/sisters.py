"""Which groups stand next door, for those who look after a group."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community import visibility
from fediverse_support.community.groups import sisters
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Trouble
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import groups, surroundings
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.moderation import deeds
from fediverse_support.web import forms
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.places import cared_for, check_known
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """The groups next door."""
    return await _page(visit, visit.db, await cared_for(visit), "")


async def _page(
    visit: Visit, db: Connection, group: Group, address: str, trouble: Trouble | None = None
) -> Response:
    around = await surroundings.of(db, group.actor.id)
    return visit.render(
        "group/sisters.html",
        trouble.status if trouble else 200,
        group=group,
        sisters=[
            sister.actor
            for sister in around.sisters
            if sister.group is None or visibility.may_know(visit.viewer, sister.group)
        ],
        address=address,
        message=visit.text(trouble.message) if trouble else "",
    )


@deed(Access.MEMBER, connection="session", limit="30 per 10 minutes")
async def add(visit: Visit, form: Form) -> Response:
    """Let a group stand next door, by its name here or its address elsewhere."""
    async with acquire(visit.services.pool) as db:
        group = await cared_for(visit, db)
    address = form.line("address")
    try:
        sister = await _found(visit, address)
        async with acquire(visit.services.pool) as db, db.transaction():
            await sisters.add(db, group, sister)
            await deeds.record(
                db, visit.account, "add sister group", group.actor.name, sister.uri, clock.now()
            )
    except Trouble as trouble:
        async with acquire(visit.services.pool) as db:
            return await _page(visit, db, group, address[:300], trouble)
    return RedirectResponse(f"{address_of(group.actor)}/sisters", 303)


async def _found(visit: Visit, address: str) -> Actor:
    """The group that somebody typed: a name of ours, a handle or a link; only what they may know of."""
    name, at, host = address.lstrip("@").partition("@")
    async with acquire(visit.services.pool) as db:
        ours = await groups.by_name(db, name) if host in ("", visit.services.site.domain) else None
    if ours is not None and ours.actor.state == "active" and visibility.may_know(visit.viewer, ours):
        return ours.actor
    if not at and not address.lower().startswith(("http://", "https://")):
        raise Malformed("There is no group of this name here. For one elsewhere write name@server.")
    found = await visit.services.lookups.find(address, clock.now())
    if not isinstance(found, Actor) or not found.is_group:
        raise Malformed("This is not a group that can stand next door.")
    async with acquire(visit.services.pool) as db:
        await check_known(visit, db, found, address)
    return found


@deed(Access.MEMBER)
async def remove(visit: Visit, form: Form) -> Response:
    """Let a group stand next door no longer."""
    group = await cared_for(visit)
    number = forms.number_in(form.line("sister"))
    if number is None:
        raise Malformed("Please use the buttons on the page.")
    async with visit.db.transaction():
        await sisters.remove(visit.db, group, number)
        await deeds.record(visit.db, visit.account, "remove sister group", group.actor.name, "", clock.now())
    return RedirectResponse(f"{address_of(group.actor)}/sisters", 303)


ROUTES: list[Route] = [
    Route("/groups/{name}/sisters", show),
    Route("/groups/{name}/sisters", add, methods=["POST"]),
    Route("/groups/{name}/sisters/remove", remove, methods=["POST"]),
]

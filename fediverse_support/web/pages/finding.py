"""A member finds a group, a person or a post of another server, and can then follow or answer it here."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.community.reading import threads
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing, Trouble
from fediverse_support.core.models import Actor, Post
from fediverse_support.database.pool import acquire
from fediverse_support.inbox.lookups import NOTHING_HERE
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.places import check_known
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page

LIMIT = "30 per 10 minutes"


@page(Access.MEMBER)
async def show_find(visit: Visit) -> Response:
    """The box for an address."""
    return visit.render("find.html", address="", message="")


@deed(Access.MEMBER, connection="session")
async def find(visit: Visit, form: Form) -> Response:
    """Look an address up, on its own server if we do not know it."""
    return await _found(visit, form.line("address"))


@page(Access.MEMBER, connection="session")
async def authorize_interaction(visit: Visit) -> Response:
    """Another server sends a member of ours here, to follow or answer what they were looking at there.

    It only leads to the page of the group, person or post: following is a deed, and has its own button.
    """
    query = visit.request.query_params
    return await _found(visit, query.get("uri") or query.get("acct") or "")


async def _found(visit: Visit, address: str) -> Response:
    await visit.spend(LIMIT, "find")
    try:
        place = await _place_of(visit, address, await visit.services.lookups.find(address, clock.now()))
    except Trouble as trouble:
        status = trouble.status if trouble.status in (400, 403, 429, 502, 503) else 404
        message = visit.text(trouble.message)
        return visit.render("find.html", status, address=address[:2048], message=message)
    return RedirectResponse(place, 303)


async def _place_of(visit: Visit, address: str, found: Actor | Post) -> str:
    """Our page about what was found; a post or group that is not for this member was not found (L3)."""
    if isinstance(found, Actor):
        async with acquire(visit.services.pool) as db:
            await check_known(visit, db, found, address)
        return address_of(found)
    async with acquire(visit.services.pool) as db:
        try:
            post = await threads.visible_by_number(db, visit.viewer, found.id)
        except Missing:
            raise Missing(NOTHING_HERE) from None
    return f"/posts/{post.public_id}"

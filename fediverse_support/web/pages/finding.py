"""A member finds a group, a person or a post of another server, and can then follow or answer it here."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.core import clock
from fediverse_support.core.errors import Trouble
from fediverse_support.core.models import Actor
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import address_of, page_id
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
        found = await visit.services.lookups.find(address, clock.now())
    except Trouble as trouble:
        status = trouble.status if trouble.status in (400, 403, 429, 502, 503) else 404
        message = visit.text(trouble.message)
        return visit.render("find.html", status, address=address[:2048], message=message)
    place = address_of(found) if isinstance(found, Actor) else f"/posts/{page_id(found)}"
    return RedirectResponse(place, 303)

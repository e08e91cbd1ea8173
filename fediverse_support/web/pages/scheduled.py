"""What somebody has written to be sent later, and what could not be sent: nothing of it is lost."""

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.people.posting_by_mention import Wish
from fediverse_support.core.errors import Missing
from fediverse_support.database import scheduled_posts
from fediverse_support.web.forms import Form, number_in
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 300


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """What is to be sent, and the drafts."""
    found = await scheduled_posts.drafts(visit.db, visit.account.actor_id, AT_ONCE)
    return visit.render("scheduled.html", kept=[(one, msgspec.convert(one.wish, Wish)) for one in found])


@deed(Access.MEMBER)
async def remove(visit: Visit, form: Form) -> Response:
    """Throw one of them away."""
    number = number_in(form.line("scheduled"))
    if number is None or not await scheduled_posts.remove(visit.db, visit.account.actor_id, number):
        raise Missing
    return RedirectResponse("/you/scheduled", 303)


ROUTES: list[Route] = [
    Route("/you/scheduled", show),
    Route("/you/scheduled", remove, methods=["POST"]),
]

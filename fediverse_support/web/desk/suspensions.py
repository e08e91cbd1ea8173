"""Who on other servers is suspended from this whole community, until when and why."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.community.joining.bans import of_server
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Trouble
from fediverse_support.database import blocks
from fediverse_support.moderation import bans
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.bans import decided_in, lines_of
from fediverse_support.web.pages.cared_for import person_named
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 200


@page(Access.STAFF)
async def show(visit: Visit) -> Response:
    """Who is suspended, and the form to suspend somebody."""
    return await _page(visit, Form({"person": visit.request.query_params.get("person", "")[:300]}))


async def _page(visit: Visit, form: Form, refusal: Trouble | None = None) -> Response:
    found = await blocks.from_target(visit.db, of_server(visit.services.site), clock.now(), AT_ONCE)
    return visit.render(
        "desk/suspensions.html",
        refusal.status if refusal else 200,
        lines=await lines_of(visit, found),
        form=form,
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.STAFF, limit="60 per hour")
async def suspend(visit: Visit, form: Form) -> Response:
    """Suspend somebody on another server."""
    try:
        person = await person_named(visit, form.line("person"))
        async with visit.db.transaction():
            await bans.suspend(
                visit.db, visit.services.site, person, visit.account, decided_in(form), clock.now()
            )
    except (Malformed, Conflict) as refusal:
        return await _page(visit, form, refusal)
    return RedirectResponse("/desk/suspensions", 303)


@deed(Access.STAFF)
async def admit(visit: Visit, form: Form) -> Response:
    """Let somebody in again."""
    async with visit.db.transaction():
        await bans.admit(
            visit.db,
            visit.services.site,
            form.line("person"),
            visit.account,
            clock.now(),
            restores=form.ticked("restores"),
        )
    return RedirectResponse("/desk/suspensions", 303)

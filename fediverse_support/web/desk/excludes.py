"""Exceptions: domains of which no list may say anything."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.joining import severing
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Refused, Trouble
from fediverse_support.database import domains
from fediverse_support.moderation import foretelling, ladder
from fediverse_support.moderation.settling import Settled
from fediverse_support.web.forms import Form
from fediverse_support.web.security import Access, Visit, deed, page


@page(Access.STAFF)
async def show(visit: Visit) -> Response:
    """Every exception, and a form to make one."""
    return await _show(visit, Form({}))


async def _show(visit: Visit, form: Form, refusal: Trouble | None = None) -> Response:
    return visit.render(
        "desk/excludes.html",
        refusal.status if refusal else 200,
        excludes=await domains.excludes(visit.db),
        form=form,
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.STAFF)
async def change(visit: Visit, form: Form) -> Response:
    """Make an exception, or end one. If a list counts again and follows would end, that is said before."""
    name = form.line("domain")
    note = None if form.line("do") == "remove" else form.text("note").strip()
    try:
        if not form.ticked("confirmed"):
            ahead = await foretelling.of_change(visit.db, lambda: _put(visit, name, note))
            if ahead.severs:
                return visit.render(
                    "desk/domain_confirm.html",
                    name=name,
                    place="/desk/domains/excludes",
                    fields={"domain": name, "do": form.line("do")},
                    ends=ahead.ends,
                    grace=severing.GRACE.days,
                    on=clock.now() + severing.GRACE,
                )
        async with visit.db.transaction():
            await _put(visit, name, note)
    except (Refused, Malformed, Conflict) as refusal:
        return await _show(visit, form, refusal)
    return RedirectResponse("/desk/domains/excludes", 303)


async def _put(visit: Visit, name: str, note: str | None) -> Settled:
    return await ladder.exclude(
        visit.db, visit.services.site, {name: note}, by=visit.account, why="", now=clock.now()
    )


ROUTES: list[Route] = [
    Route("/desk/domains/excludes", show),
    Route("/desk/domains/excludes", change, methods=["POST"]),
]

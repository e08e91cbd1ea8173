"""What waits for somebody: sign-ups, held posts, reports, parked arrivals."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.accounts import approvals
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.database import hold_lines, inbox, reports
from fediverse_support.moderation import cases, deeds, sign_ups
from fediverse_support.web import forms
from fediverse_support.web.forms import Form
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 50


def number_in(visit: Visit, name: str = "id") -> int:
    """The number in the path; raises `Missing` if it is none that the database could hold."""
    number = forms.number_in(str(visit.request.path_params[name]))
    if number is None:
        raise Missing
    return number


@page(Access.STAFF)
async def overview(visit: Visit) -> Response:
    """Everything that waits, on one page."""
    return visit.render(
        "desk/overview.html",
        waiting=await approvals.waiting(visit.db),
        reports=await reports.still_open(visit.db, visit.account.actor_id, AT_ONCE),
        held=await hold_lines.number_waiting(visit.db, None),
        parked=await inbox.recent(visit.db, "parked", AT_ONCE),
    )


@deed(Access.STAFF)
async def decide_sign_up(visit: Visit, form: Form) -> Response:
    """Let someone in, or not."""
    decide = sign_ups.approve if form.line("decision") == "approve" else sign_ups.decline
    async with visit.db.transaction():
        await decide(visit.db, number_in(visit), visit.account, form.line("reason"), clock.now())
    return RedirectResponse("/desk", 303)


@deed(Access.STAFF)
async def close_report(visit: Visit, form: Form) -> Response:
    """Put a report away."""
    async with visit.db.transaction():
        await cases.close_report(visit.db, number_in(visit), visit.account, form.line("reason"), clock.now())
    return RedirectResponse("/desk", 303)


@deed(Access.STAFF)
async def replay(visit: Visit, form: Form) -> Response:
    """Process a parked arrival once more."""
    async with visit.db.transaction():
        await cases.replay(visit.db, number_in(visit), visit.account, clock.now())
    return RedirectResponse("/desk", 303)


@page(Access.STAFF)
async def show_deeds(visit: Visit) -> Response:
    """What moderators and admins did."""
    return visit.render("desk/deeds.html", deeds=await deeds.latest(visit.db))

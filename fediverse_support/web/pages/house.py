"""What everybody may read of this community besides its description: how data is treated, and its terms.

And the announcements, which members put away one by one.
"""

from datetime import date

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.house import announcements, house_texts
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.database import house_texts as stored
from fediverse_support.database.house_texts import HouseText
from fediverse_support.web import forms
from fediverse_support.web.forms import Form
from fediverse_support.web.security import Access, Visit, deed, page


@page(Access.ANYONE)
async def privacy(visit: Visit) -> Response:
    """How data is treated."""
    found = await house_texts.current(visit.db, "privacy", clock.now())
    return _page(visit, found, [])


@page(Access.ANYONE)
async def terms(visit: Visit) -> Response:
    """The terms that hold now, and when others did or will."""
    found = await house_texts.current(visit.db, "terms", clock.now())
    return _page(visit, found, await stored.versions(visit.db, "terms"))


@page(Access.ANYONE)
async def terms_of_day(visit: Visit) -> Response:
    """The terms that began to hold on a day."""
    try:
        day = date.fromisoformat(visit.request.path_params["date"])
    except ValueError:
        raise Missing from None
    found, _ = await house_texts.on_day(visit.db, "terms", day)
    return _page(visit, found, await stored.versions(visit.db, "terms"))


def _page(visit: Visit, found: HouseText | None, versions: list[HouseText]) -> Response:
    if found is None:
        raise Missing
    return visit.render("house_text.html", text=found, versions=versions, today=clock.now().date())


@deed(Access.MEMBER)
async def put_away(visit: Visit, form: Form) -> Response:
    """A member has read an announcement."""
    number = forms.number_in(form.line("announcement"))
    if number is None:
        raise Missing
    await announcements.put_away(visit.db, number, visit.account.actor_id, clock.now())
    return RedirectResponse("/", 303)


ROUTES = [
    Route("/about/privacy", privacy),
    Route("/about/terms", terms),
    Route("/about/terms/{date}", terms_of_day),
    Route("/announcements", put_away, methods=["POST"]),
]

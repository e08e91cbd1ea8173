"""What stands on top of the home page until it is put away: what became of servers and of groups there."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.joining import rejoining
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.web import forms
from fediverse_support.web.forms import Form
from fediverse_support.web.security import Access, Visit, deed


@deed(Access.MEMBER)
async def put_away(visit: Visit, form: Form) -> Response:
    """Take a notice off the home page; what it offered is declined with it."""
    async with visit.db.transaction():
        await rejoining.put_away(visit.db, visit.account, _number(visit), clock.now())
    return RedirectResponse("/", 303)


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def ask_again(visit: Visit, form: Form) -> Response:
    """Ask to join a group again, now that there is exchange with its server."""
    wanted = forms.number_in(form.line("group"))
    if wanted is None:
        raise Missing
    async with visit.db.transaction():
        await rejoining.ask_again(
            visit.db, visit.services.site, visit.account, _number(visit), wanted, clock.now()
        )
    return RedirectResponse("/", 303)


def _number(visit: Visit) -> int:
    number = forms.number_in(str(visit.request.path_params["id"]))
    if number is None:
        raise Missing
    return number


ROUTES: list[Route] = [
    Route("/notices/{id}/put-away", put_away, methods=["POST"]),
    Route("/notices/{id}/ask-again", ask_again, methods=["POST"]),
]

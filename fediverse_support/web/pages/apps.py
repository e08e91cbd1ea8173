"""The apps that may act for a member, what each may do in plain words, and taking it back."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.accounts import grants
from fediverse_support.core.errors import Missing
from fediverse_support.web import forms
from fediverse_support.web.client_api.oauth import permissions
from fediverse_support.web.forms import Form
from fediverse_support.web.security import Access, Visit, deed, page


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """The list, what was used last first."""
    lines = await grants.of(visit.db, visit.account)
    said = [(line, [visit.text(words) for words in permissions.in_words(line.scopes)]) for line in lines]
    return visit.render("apps.html", lines=said)


@deed(Access.MEMBER)
async def end(visit: Visit, form: Form) -> Response:
    """Take back what one app may do: at once, its open streams end too."""
    grant_id = forms.number_in(form.line("id"))
    if grant_id is None:
        raise Missing
    await grants.end(visit.db, visit.account, grant_id)
    return RedirectResponse("/you/apps", 303)


ROUTES = [Route("/you/apps", show), Route("/you/apps", end, methods=["POST"])]

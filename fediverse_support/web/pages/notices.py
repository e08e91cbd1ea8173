"""The two notices of a group: going past the one at the door, and the page on which both are written."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community import visibility
from fediverse_support.community.groups import notices
from fediverse_support.community.joining import speaking
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing, Trouble
from fediverse_support.core.models import Group
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.places import cared_for, our_group
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page


async def at_the_door(visit: Visit, group: Group | None) -> str:
    """The entry notice, as sanitised HTML, if the visitor has not read it.

    A guest goes past it by `?in=1`, and is in who turns its pages.
    """
    is_in = any(visit.request.query_params.get(name) for name in ("in", "before", "tag"))
    if group is None or not group.entry_html or is_in:
        return ""
    return group.entry_html if await notices.stands_before(visit.db, visit.viewer, group) else ""


@deed(Access.MEMBER)
async def go_in(visit: Visit, form: Form) -> Response:
    """Somebody has read the entry notice."""
    group = await our_group(visit)
    if not visibility.may_see_group(visit.viewer, group):
        raise Missing
    await notices.go_in(visit.db, group, visit.account.actor_id, clock.now())
    return RedirectResponse(address_of(group.actor), 303)


@page(Access.MEMBER)
async def show_edit(visit: Visit) -> Response:
    """The form for both notices."""
    group = await cared_for(visit)
    speaking.check_running(group)
    return _edit_page(visit, group, group.entry_source, group.posting_source)


def _edit_page(
    visit: Visit, group: Group, entry: str, posting: str, trouble: Trouble | None = None
) -> Response:
    return visit.render(
        "group/notices.html",
        trouble.status if trouble else 200,
        group=group,
        entry=entry,
        posting=posting,
        message=visit.text(trouble.message) if trouble else "",
    )


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def edit(visit: Visit, form: Form) -> Response:
    """Let the group say what is in the form."""
    group = await cared_for(visit)
    entry, posting = form.text("entry"), form.text("posting")
    try:
        async with visit.db.transaction():
            await notices.say(visit.db, group, entry=entry, posting=posting)
    except Malformed as refusal:
        return _edit_page(visit, group, entry, posting, refusal)
    return RedirectResponse(address_of(group.actor), 303)


ROUTES = [
    Route("/groups/{name}/go-in", go_in, methods=["POST"]),
    Route("/groups/{name}/notices", show_edit),
    Route("/groups/{name}/notices", edit, methods=["POST"]),
]

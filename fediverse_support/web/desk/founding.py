"""Making a group, for the admins. Whoever makes it owns it, and can hand it over."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.community.groups import groups, ownership
from fediverse_support.community.groups.groups import Answers
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.core.models import Group
from fediverse_support.moderation import deeds
from fediverse_support.web.forms import Form
from fediverse_support.web.pages import group_settings
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.rendering import N_, address_of
from fediverse_support.web.security import Access, Visit, deed, page

_UNSAID = Answers(title="")
_TAKEN = N_("This name is taken, or was used before. A name is never given twice, so choose another.")


@page(Access.ADMIN)
async def show(visit: Visit) -> Response:
    """The form, with the doors as open as `group add` leaves them."""
    return _page(visit, Form(group_settings.fields_of(_UNSAID)))


def _page(visit: Visit, form: Form, status: int = 200, message: str = "") -> Response:
    return visit.render(
        "desk/founding.html",
        status,
        form=form,
        choices=group_settings.questions(visit),
        message=visit.text(message) if message else "",
    )


@deed(Access.ADMIN, limit="30 per hour")
async def make(visit: Visit, form: Form) -> Response:
    """Make the group; what does not fit is shown again as it was typed."""
    try:
        async with visit.db.transaction():
            group = await _made(visit, form)
    except Malformed as refusal:
        return _page(visit, form, refusal.status, refusal.message)
    except Conflict as taken:
        return _page(visit, form, taken.status, _TAKEN)
    return RedirectResponse(f"{address_of(group.actor)}/care", 303)


async def _made(visit: Visit, form: Form) -> Group:
    db, services, now = visit.db, visit.services, clock.now()
    answers = group_settings.read(_UNSAID, form)
    group = await groups.create(db, services.site, services.seal, form.line("name"), answers)
    name = group.actor.name
    await deeds.record(db, visit.account, "add group", name, group_settings.on_record(group), now)
    await ownership.assign(db, services.site, group, await own_actor(visit))
    await deeds.record(db, visit.account, "assign group", name, visit.account.name, now)
    return group

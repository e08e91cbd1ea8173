"""Who looks after a group of ours: seen by those who do, decided by its owner and the admins."""

from collections.abc import Awaitable, Callable

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Trouble
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import groups
from fediverse_support.moderation import teams
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.cared_for import person_named
from fediverse_support.web.pages.places import cared_for, decides, owned
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """Who looks after the group."""
    return await _page(visit, await cared_for(visit), Form({}))


async def _page(visit: Visit, group: Group, form: Form, refusal: Trouble | None = None) -> Response:
    return visit.render(
        "group/moderators.html",
        refusal.status if refusal else 200,
        actor=group.actor,
        people=await groups.moderators(visit.db, group.actor.id),
        owner=await groups.owner(visit.db, group.actor.id),
        decides=await decides(visit, group.actor),
        form=form,
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.MEMBER, limit="60 per hour")
async def name(visit: Visit, form: Form) -> Response:
    """Let somebody look after the group."""

    async def deed(group: Actor) -> None:
        person = await person_named(visit, form.line("person"))
        await teams.name(visit.db, visit.services.site, group, person, visit.account, clock.now())

    return await _done(visit, form, deed)


@deed(Access.MEMBER, limit="60 per hour")
async def dismiss(visit: Visit, form: Form) -> Response:
    """Let somebody look after the group no longer."""

    async def deed(group: Actor) -> None:
        known = await groups.moderators(visit.db, group.id)
        person = next((one for one in known if str(one.id) == form.line("person")), None)
        if person is None:
            raise Conflict("This person does not look after the group.")
        await teams.dismiss(visit.db, visit.services.site, group, person, visit.account, clock.now())

    return await _done(visit, Form({}), deed)


async def _done(visit: Visit, form: Form, deed: Callable[[Actor], Awaitable[None]]) -> Response:
    group = await owned(visit)
    try:
        async with visit.db.transaction():
            await deed(group.actor)
    except (Malformed, Conflict, Forbidden) as refusal:
        return await _page(visit, group, form, refusal)
    return RedirectResponse(f"{address_of(group.actor)}/moderators", 303)


ROUTES: list[Route] = [
    Route("/groups/{name}/moderators", show),
    Route("/groups/{name}/moderators", name, methods=["POST"]),
    Route("/groups/{name}/moderators/dismiss", dismiss, methods=["POST"]),
]

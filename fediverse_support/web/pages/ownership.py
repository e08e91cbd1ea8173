"""Handing a group over: the owner offers it, another moderator accepts or declines, an admin can name one."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.groups import ownership
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing, Trouble
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import groups, lives
from fediverse_support.moderation import deeds
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.cared_for import person_named
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import cared_for
from fediverse_support.web.rendering import N_, address_of
from fediverse_support.web.security import Access, Visit, deed, page

_NOT_YOURS = N_("Only the owner of the group and the admins of this community decide about this.")


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """Who owns the group, and what waits for an answer; for those who look after it."""
    return await _page(visit, await cared_for(visit))


async def _page(visit: Visit, group: Group, refusal: Trouble | None = None) -> Response:
    team = await groups.moderators(visit.db, group.actor.id)
    owner_id = await groups.owner(visit.db, group.actor.id)
    offered = await lives.handover(visit.db, group.actor.id)
    return visit.render(
        "group/owner.html",
        refusal.status if refusal else 200,
        group=group,
        owner=_among(team, owner_id),
        offered_to=_among(team, offered.to_id if offered else None),
        is_owner=owner_id is not None and owner_id == visit.viewer.actor_id,
        is_admin=_is_admin(visit),
        others=[person for person in team if person.is_local and person.id != owner_id],
        message=visit.text(refusal.message) if refusal else "",
    )


def _among(team: list[Actor], actor_id: int | None) -> Actor | None:
    return next((person for person in team if person.id == actor_id), None)


def _is_admin(visit: Visit) -> bool:
    return visit.account.role in ("owner", "admin")


@deed(Access.MEMBER, limit="30 per hour")
async def change(visit: Visit, form: Form) -> Response:
    """Offer the group, take the offer back, answer it, or (admins) name the owner."""
    group = await cared_for(visit)
    what = form.line("deed")
    try:
        async with visit.db.transaction():
            await _change(visit, group, what, form)
            await deeds.record(
                visit.db, visit.account, f"{what} group", group.actor.name, form.line("person"), clock.now()
            )
    except (Malformed, Conflict, Forbidden) as refusal:
        return await _page(visit, group, refusal)
    return RedirectResponse(f"{address_of(group.actor)}/owner", 303)


async def _change(visit: Visit, group: Group, what: str, form: Form) -> None:
    db, owner_id = visit.db, await groups.owner(visit.db, group.actor.id)
    match what:
        case "accept" | "decline":
            await ownership.answer(db, group, await own_actor(visit), accepts=what == "accept")
        case "offer" | "keep":
            if owner_id is None or owner_id != visit.viewer.actor_id:
                raise Forbidden(_NOT_YOURS)
            if what == "keep":
                await ownership.take_back(db, group)
            else:
                person = await _moderator(visit, group, form)
                await ownership.offer(db, group, owner_id, person, clock.now())
        case "assign":
            if not _is_admin(visit):
                raise Forbidden(_NOT_YOURS)
            person = await person_named(visit, form.line("person"))
            await ownership.assign(db, visit.services.site, group, person)
        case _:
            raise Malformed("Please use the buttons on the page.")


async def _moderator(visit: Visit, group: Group, form: Form) -> Actor:
    team = await groups.moderators(visit.db, group.actor.id)
    found = next((person for person in team if str(person.id) == form.line("person")), None)
    if found is None:
        raise Missing
    return found


ROUTES: list[Route] = [
    Route("/groups/{name}/owner", show),
    Route("/groups/{name}/owner", change, methods=["POST"]),
]

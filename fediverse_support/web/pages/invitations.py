"""Invitations: made, listed and taken back by who looks after a group; accepted by who was invited.

The page of a link changes nothing: a program that looks at links before people do must not use one up.
"""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community import visibility
from fediverse_support.community.joining import invitations, joining, servers
from fediverse_support.community.joining.invitations import Made, Terms
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Trouble
from fediverse_support.core.models import Group
from fediverse_support.database import actors
from fediverse_support.database.invitations import Invitation
from fediverse_support.moderation import deeds
from fediverse_support.web import doors, forms
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.joining import NOTHING, REFUSALS, sent
from fediverse_support.web.pages.places import cared_for
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page

GONE = 410
USUAL = Form({"days": str(invitations.USUAL_DAYS), "uses": "1"})


@page(Access.ANYONE)
async def show(visit: Visit) -> Response:
    """What the link leads to, and the button to accept."""
    invitation, group = await invitations.found(visit.db, visit.request.path_params["code"])
    return await _invited_page(visit, invitation, group, NOTHING)


async def _invited_page(
    visit: Visit, invitation: Invitation, group: Group, form: Form, refusal: Trouble | None = None
) -> Response:
    person = None if visit.viewer.is_guest else await own_actor(visit)
    door = await joining.door(visit.db, group, person, clock.now())
    if door.standing == "member":
        return RedirectResponse(address_of(group.actor), 303)
    if why := invitations.ended(invitation, clock.now()):
        # Who may not know of the group does not learn its name from a link that leads nowhere any more.
        is_known = visibility.may_know(visit.viewer, group)
        known = group.actor if is_known else None
        return visit.render(
            "group/invitation_ended.html",
            GONE,
            actor=known,
            message=visit.text(joining.no_longer(why).message),
        )
    return visit.render(
        "group/invited.html",
        refusal.status if refusal else 200,
        group=group,
        actor=group.actor,
        door=door,
        doors=[visit.text(line) for line in doors.in_words(group)],
        expires_at=invitation.expires_at,
        form=form,
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.MEMBER, limit="60 per hour")
async def accept(visit: Visit, form: Form) -> Response:
    """Join by a link."""
    code = visit.request.path_params["code"]
    member = await own_actor(visit)
    try:
        async with visit.db.transaction():
            group = await joining.accept_invitation(
                visit.db, visit.services.site, member, code, sent(form), clock.now()
            )
    except REFUSALS as refusal:
        invitation, group = await invitations.found(visit.db, code)
        return await _invited_page(visit, invitation, group, form, refusal)
    return RedirectResponse(address_of(group.actor), 303)


@page(Access.MEMBER)
async def show_all(visit: Visit) -> Response:
    """The invitations of a group, and the form for another."""
    return await _list_page(visit, await cared_for(visit), USUAL)


async def _list_page(
    visit: Visit, group: Group, form: Form, refusal: Trouble | None = None, made: Made | None = None
) -> Response:
    now = clock.now()
    invited = await actors.by_handle(visit.db, *_parts(made)) if made and made.invitation.handle else None
    warning = await servers.warning_about(visit.db, invited, group) if invited else None
    return visit.render(
        "group/invitations.html",
        refusal.status if refusal else 200,
        group=group,
        lines=[
            (line, invitations.ended(line.invitation, now))
            for line in await invitations.of_group(visit.db, group)
        ],
        federates=visibility.federates(group),
        # A server that is asked for its handle does not say that there is such a group; its link is fetched
        # with a signature, which shows who asks.
        is_hidden=visibility.is_hidden(group),
        made=made,
        link=f"{visit.services.site.origin}/invitations/{made.code}" if made and made.code else "",
        warning=warning,
        most_days=invitations.MOST_DAYS,
        most_uses=invitations.MOST_USES,
        form=form,
        message=visit.text(refusal.message) if refusal else "",
    )


def _parts(made: Made) -> tuple[str, str]:
    name, _, host = str(made.invitation.handle).partition("@")
    return name, host


@deed(Access.MEMBER, limit="60 per hour")
async def make(visit: Visit, form: Form) -> Response:
    """Make an invitation. The link is on the page that answers, and nowhere after it."""
    group = await cared_for(visit)
    try:
        async with visit.db.transaction():
            made = await invitations.make(
                visit.db, visit.services.site, group, await own_actor(visit), _terms(form), clock.now()
            )
            about = f"{group.actor.name}: {made.invitation.handle or 'a link'}"
            await deeds.record(
                visit.db, visit.account, "invite", about, "", clock.now(), group_id=group.actor.id
            )
    except (Malformed, Conflict) as refusal:
        return await _list_page(visit, group, form, refusal)
    return await _list_page(visit, group, USUAL, made=made)


def _terms(form: Form) -> Terms:
    is_link = form.line("kind") == "link"
    if not is_link and not form.line("handle"):
        raise Malformed("Write the handle like this: name@their.server.")
    return Terms(
        handle="" if is_link else form.line("handle"),
        days=_small(form.line("days")),
        uses=_small(form.line("uses") or "1"),
        note=form.line("note"),
    )


def _small(text: str) -> int:
    """A number that somebody typed, 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) < 6 else 0


@deed(Access.MEMBER)
async def revoke(visit: Visit, form: Form) -> Response:
    """Take an invitation back; who came by it stays."""
    group = await cared_for(visit)
    async with visit.db.transaction():
        await invitations.revoke(
            visit.db,
            group,
            forms.number_in(form.line("invitation")) or 0,
            clock.now(),
        )
    return RedirectResponse(f"{address_of(group.actor)}/invitations", 303)


POST = ["POST"]
ROUTES: list[Route] = [
    Route("/invitations/{code}", show),
    Route("/invitations/{code}", accept, methods=POST),
    Route("/groups/{name}/invitations", show_all),
    Route("/groups/{name}/invitations", make, methods=POST),
    Route("/groups/{name}/invitations/revoke", revoke, methods=POST),
]

"""Coming to an event: saying so, being let in, and the file for one's own calendar."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.posts import coming_elsewhere, guests
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Post
from fediverse_support.database import actors, events
from fediverse_support.protocol.calendars import calendar
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.asides import EventView, event_view
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.threads import post_at
from fediverse_support.web.rendering import PRIVATE
from fediverse_support.web.security import Access, Visit, deed, page


async def _seen(visit: Visit) -> tuple[Post, EventView]:
    """The event that the path names, as the visitor may see it. Raises `Missing` or `Gone`."""
    post = await post_at(visit.db, visit.viewer, visit.request.path_params["id"])
    event = await events.of_post(visit.db, post.id)
    organiser = await actors.by_id(visit.db, post.author_id)
    if event is None or organiser is None:
        raise Missing
    me = visit.viewer.actor_id
    state = await events.state_of(visit.db, post.id, me) if me is not None else None
    return post, event_view(visit, post, event, state, is_ours=organiser.is_local)


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def answer(visit: Visit, form: Form) -> Response:
    """Say that one would like to come, or cannot."""
    post, view = await _seen(visit)
    person, site = await own_actor(visit), visit.services.site
    comes, now = form.line("answer") == "yes", clock.now()
    async with visit.db.transaction():
        if not view.is_ours and comes:
            await coming_elsewhere.ask(visit.db, site, person, post.id, now)
        elif not view.is_ours:
            await coming_elsewhere.stay_away(visit.db, site, person, post.id, now)
        elif comes:
            await guests.ask(visit.db, site, person, post.id, f"{person.uri}#comes", now)
        else:
            await guests.stay_away(visit.db, person, post.id)
    return RedirectResponse(f"/posts/{post.public_id}", 303)


@page(Access.MEMBER)
async def show_guests(visit: Visit) -> Response:
    """Who would like to come: for the organiser and who looks after the group."""
    post, view = await _seen(visit)
    if not view.may_look_after:
        raise Missing
    return visit.render(
        "thread/guests.html", post=post, event=view, guests=await events.guests(visit.db, post.id)
    )


@deed(Access.MEMBER, limit="200 per 10 minutes")
async def decide(visit: Visit, form: Form) -> Response:
    """Say yes or no to somebody who would like to come."""
    post, view = await _seen(visit)
    wanted = form.line("guest")
    asked = await events.guests(visit.db, post.id)
    guest = next((one.actor for one in asked if one.actor.uri == wanted), None)
    if not view.may_look_after or guest is None:
        raise Missing
    async with visit.db.transaction():
        if form.line("decision") == "yes":
            await guests.let_in(visit.db, visit.services.site, post.id, guest.id, clock.now())
        else:
            await guests.decline(visit.db, visit.services.site, post.id, guest.id)
    return RedirectResponse(f"/posts/{post.public_id}/guests", 303)


@page(Access.ANYONE)
async def download(visit: Visit) -> Response:
    """The event as a file for a calendar; with the way in for who was let in."""
    post, view = await _seen(visit)
    site = visit.services.site
    body = calendar(
        post, view.event, domain=site.domain, page=site.post(post.public_id), join_link=view.join_link
    )
    headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="event.ics"'}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


ROUTES = [
    Route("/posts/{id}/come", answer, methods=["POST"]),
    Route("/posts/{id}/guests", show_guests),
    Route("/posts/{id}/guests", decide, methods=["POST"]),
    Route("/posts/{id}/event.ics", download),
]

"""Calling people together in a group, and changing or calling off what one has called to."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.posts import hosting, judging
from fediverse_support.community.posts.events import NewEvent
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing, Trouble
from fediverse_support.core.events import Event
from fediverse_support.core.local_times import is_time_zone, time_zones
from fediverse_support.core.models import Actor, Group, Post
from fediverse_support.database import actors, events
from fediverse_support.web import moments
from fediverse_support.web.forms import Form
from fediverse_support.web.pages import holding
from fediverse_support.web.pages.beginning import begin, form_page
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import known_group, may_enter
from fediverse_support.web.pages.threads import post_at
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page


@page(Access.MEMBER)
async def show_call(visit: Visit) -> Response:
    """The form for a new event."""
    actor, group = await known_group(visit)
    if not may_enter(visit, group):
        return RedirectResponse(f"{address_of(actor)}/join", 303)
    zone = await events.last_time_zone(visit.db, actor.id) or "UTC"
    return await _call_page(visit, actor, group, Form({"time_zone": zone}))


async def _call_page(
    visit: Visit, actor: Actor, group: Group | None, form: Form, trouble: Trouble | None = None
) -> Response:
    return await form_page(
        visit, "group/event_new.html", actor, group, form, trouble, post=None, time_zones=time_zones()
    )


@deed(Access.MEMBER, limit="20 per 10 minutes")
async def call(visit: Visit, form: Form) -> Response:
    """Start a thread with an event."""
    actor, group = await known_group(visit)
    try:
        return await begin(visit, actor, form, event_of(form))
    except (Malformed, Forbidden, Conflict) as refusal:
        return await _call_page(visit, actor, group, form, refusal)


def event_of(form: Form, *, needs_title: bool = True) -> NewEvent:
    """The event that a form describes. Raises `Malformed`."""
    if needs_title and not form.line("title"):
        raise Malformed("An event needs a title.")
    zone, most = form.line("time_zone"), form.line("most_people")
    if most and not (most.isascii() and most.isdecimal() and len(most) < 6):
        raise Malformed("The number of people goes from 1 to 10,000.")
    return NewEvent(
        starts_at=moments.read_moment(form.line("starts"), zone),
        ends_at=moments.read_moment(form.line("ends"), zone),
        time_zone=zone,
        place=form.line("where"),
        join_link=form.line("join_link"),
        joining="approval" if form.line("joining") == "approval" else "open",
        most_people=int(most) if most else None,
    )


async def own_event(visit: Visit) -> tuple[Post, Event]:
    """The visitor's own event that the path names. To everybody else there is none."""
    post = await post_at(visit.db, visit.viewer, visit.request.path_params["id"])
    event = await events.of_post(visit.db, post.id)
    if event is None or post.author_id != visit.account.actor_id:
        raise Missing
    return post, event


@page(Access.MEMBER)
async def show_change(visit: Visit) -> Response:
    """The form to change when and where it is."""
    post, event = await own_event(visit)
    zone = event.time_zone if is_time_zone(event.time_zone) else "UTC"
    fields = {
        "starts": moments.written(event.starts_at, zone),
        "ends": moments.written(event.ends_at or event.starts_at, zone),
        "time_zone": zone,
        "where": event.place,
        "join_link": event.join_link,
        "joining": event.joining,
        "most_people": str(event.most_people or ""),
    }
    return await _change_page(visit, post, Form(fields))


async def _change_page(visit: Visit, post: Post, form: Form, trouble: Trouble | None = None) -> Response:
    actor = await actors.by_id(visit.db, post.group_id) if post.group_id else None
    if actor is None:
        raise Missing
    return visit.render(
        "group/event_new.html",
        trouble.status if trouble else 200,
        actor=actor,
        post=post,
        form=form,
        time_zones=time_zones(),
        choices=None,
        asked=None,
        message=holding.told(visit, trouble),
    )


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def change(visit: Visit, form: Form) -> Response:
    """Change when and where it is; everybody is told."""
    post, _ = await own_event(visit)
    organiser = await own_actor(visit)
    try:
        async with judging.on_record(visit.db):
            new = event_of(form, needs_title=False)
            await hosting.change(
                visit.db,
                visit.services.site,
                organiser,
                post.id,
                new,
                clock.now(),
                policy=visit.services.policy(),
            )
    except (Malformed, Conflict, judging.NotTaken) as refusal:
        return await _change_page(visit, post, form, refusal)
    return RedirectResponse(f"/posts/{post.public_id}", 303)


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def cancel(visit: Visit, form: Form) -> Response:
    """Call it off, or on again; everybody is told."""
    post, _ = await own_event(visit)
    organiser = await own_actor(visit)
    off = form.line("do") != "again"
    async with visit.db.transaction():
        await hosting.set_cancelled(visit.db, visit.services.site, organiser, post.id, off, clock.now())
    return RedirectResponse(f"/posts/{post.public_id}", 303)


ROUTES = [
    Route("/groups/{name}/event", show_call),
    Route("/groups/{name}/event", call, methods=["POST"]),
    Route("/posts/{id}/event", show_change),
    Route("/posts/{id}/event", change, methods=["POST"]),
    Route("/posts/{id}/cancel", cancel, methods=["POST"]),
]

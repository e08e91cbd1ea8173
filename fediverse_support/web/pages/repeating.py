"""Threads that repeat in a group, for who looks after it."""

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.posts import repeating
from fediverse_support.community.posts.repeating import Schedule, Wish
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing, Trouble
from fediverse_support.core.local_times import is_time_zone, time_zones
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import actors, events
from fediverse_support.database import repeating as stored
from fediverse_support.database.repeating import Repeating
from fediverse_support.web import moments
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import cared_for
from fediverse_support.web.rendering import N_, address_of
from fediverse_support.web.security import Access, Visit, deed, page

WHY: dict[str, str] = {
    "": "",
    "by a moderator": N_("It rests."),
    "author": N_("It rests, because who set it up does not look after this group any more."),
    "refused": N_("It rests, because the group did not take it the last time. Look at the text once more."),
}


class Line(msgspec.Struct, frozen=True):
    """One repeating thread, in words. `number` names it in the address of its page."""

    thread: Repeating
    number: str
    author: Actor | None
    how_often: str
    next_time: str
    why_paused: str


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """What repeats in this group, and when it is written next."""
    group = await cared_for(visit)
    lines = [await _line(visit, thread) for thread in await stored.of_group(visit.db, group.actor.id)]
    return visit.render("group/repeating.html", group=group, lines=lines)


async def _line(visit: Visit, thread: Repeating) -> Line:
    return Line(
        thread=thread,
        number=str(thread.id),
        author=await actors.by_id(visit.db, thread.author_id),
        how_often=_how_often(visit, thread),
        next_time=moments.said(thread.next_at, thread.time_zone, visit.language),
        why_paused=visit.text(WHY[thread.why_paused]),
    )


def _how_often(visit: Visit, thread: Repeating) -> str:
    at, zone = thread.at_time.strftime("%H:%M"), thread.time_zone.replace("_", " ")
    match thread.frequency:
        case "weekly":
            day = moments.weekdays(visit.language)[thread.weekday or 0]
            line = visit.text(N_("Every week on %(day)s at %(time)s (%(zone)s)"))
            return line % {"day": day, "time": at, "zone": zone}
        case "monthly":
            line = visit.text(N_("Every month on day %(day)s at %(time)s (%(zone)s)"))
            return line % {"day": thread.day_of_month, "time": at, "zone": zone}
        case _:
            line = visit.text(N_("Every day at %(time)s (%(zone)s)"))
            return line % {"time": at, "zone": zone}


@page(Access.MEMBER)
async def show_new(visit: Visit) -> Response:
    """The form for another one."""
    group = await cared_for(visit)
    fields = {
        "title": "Check-in, {date}",
        "frequency": "weekly",
        "weekday": "0",
        "at_time": "09:00",
        "time_zone": await _usual_time_zone(visit, group),
    }
    return _form_page(visit, group, None, Form(fields))


async def _usual_time_zone(visit: Visit, group: Group) -> str:
    """The time zone of what repeats already, or of the last event: most likely it is meant again."""
    threads = await stored.of_group(visit.db, group.actor.id)
    if threads:
        return threads[-1].time_zone
    return await events.last_time_zone(visit.db, group.actor.id) or "UTC"


@page(Access.MEMBER)
async def show_one(visit: Visit) -> Response:
    """The form to change one."""
    group = await cared_for(visit)
    thread = await _thread(visit, group)
    fields = {
        "title": thread.title,
        "source": thread.source,
        "content_warning": thread.content_warning,
        "frequency": thread.frequency,
        "weekday": str(thread.weekday or 0),
        "day_of_month": str(thread.day_of_month or ""),
        "at_time": thread.at_time.strftime("%H:%M"),
        "time_zone": thread.time_zone,
    }
    return _form_page(visit, group, thread, Form(fields))


def _form_page(
    visit: Visit, group: Group, thread: Repeating | None, form: Form, trouble: Trouble | None = None
) -> Response:
    zone = form.line("time_zone")
    return visit.render(
        "group/repeating_edit.html",
        trouble.status if trouble else 200,
        group=group,
        thread=thread,
        form=form,
        zone=zone if is_time_zone(zone) else "UTC",
        time_zones=time_zones(),
        weekdays=moments.weekdays(visit.language),
        message=visit.text(trouble.message) if trouble else "",
    )


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def save(visit: Visit, form: Form) -> Response:
    """Set one up, or change it."""
    group = await cared_for(visit)
    thread = await _thread(visit, group) if "number" in visit.request.path_params else None
    moderator, now = await own_actor(visit), clock.now()
    try:
        wish = _wish(visit, form)
        async with visit.db.transaction():
            if thread is None:
                await repeating.set_up(visit.db, group.actor, moderator, wish, now)
            else:
                await repeating.change(visit.db, group.actor, thread.id, moderator, wish, now)
    except (Malformed, Conflict) as refusal:
        return _form_page(visit, group, thread, form, refusal)
    return RedirectResponse(f"{address_of(group.actor)}/repeating", 303)


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def rest(visit: Visit, form: Form) -> Response:
    """Let one rest, write it again, or delete it for good."""
    group = await cared_for(visit)
    thread = await _thread(visit, group)
    moderator = await own_actor(visit)
    async with visit.db.transaction():
        match form.line("do"):
            case "rest":
                await repeating.pause(visit.db, group.actor, thread.id)
            case "again":
                await repeating.resume(visit.db, group.actor, thread.id, moderator, clock.now())
            case "delete":
                await repeating.remove(visit.db, group.actor, thread.id)
            case _:
                raise Malformed("Please use the buttons on the page.")
    return RedirectResponse(f"{address_of(group.actor)}/repeating", 303)


async def _thread(visit: Visit, group: Group) -> Repeating:
    wanted = str(visit.request.path_params["number"])
    threads = await stored.of_group(visit.db, group.actor.id)
    found = next((thread for thread in threads if str(thread.id) == wanted), None)
    if found is None:
        raise Missing
    return found


def _wish(visit: Visit, form: Form) -> Wish:
    frequency = form.line("frequency")
    if frequency not in ("daily", "weekly", "monthly"):
        raise Malformed("Please choose how often.")
    return Wish(
        title=form.line("title"),
        source=form.text("source"),
        content_warning=form.line("content_warning"),
        language=visit.language,
        schedule=Schedule(
            frequency=msgspec.convert(frequency, stored.Frequency),
            at_time=moments.read_time(form.line("at_time")),
            time_zone=form.line("time_zone"),
            weekday=_number(form.line("weekday")),
            day_of_month=_number(form.line("day_of_month")),
        ),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else None


ROUTES = [
    Route("/groups/{name}/repeating", show),
    Route("/groups/{name}/repeating/new", show_new),
    Route("/groups/{name}/repeating/new", save, methods=["POST"]),
    Route("/groups/{name}/repeating/{number}", show_one),
    Route("/groups/{name}/repeating/{number}", save, methods=["POST"]),
    Route("/groups/{name}/repeating/{number}/rest", rest, methods=["POST"]),
]

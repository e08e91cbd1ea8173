"""Joining a group and leaving it: what one agrees to, what became of one's request, and what was left.

/groups/{name}/join          the door: rules, questions, the state of one's request
/groups/{name}/join/answer   an answer to what the moderators asked back
/groups/{name}/leave         leave, or take a request back; then /groups/{name}/left
"""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.groups import groups
from fediverse_support.community.joining import join_answers, joining, joining_elsewhere, memberships
from fediverse_support.community.joining.joining import Sent
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing, Trouble
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import follows, join_messages, join_requests
from fediverse_support.database import groups as stored_groups
from fediverse_support.web import doors
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import known_group, our_group
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page

NOTHING = Form({})
REFUSALS = (Malformed, Conflict, Forbidden)


@page(Access.ANYONE)
async def show(visit: Visit) -> Response:
    """What one agrees to, or what became of one's request."""
    actor, group = await _door(visit)
    if group is not None:
        return await door_page(visit, group, NOTHING)
    return await _elsewhere(visit, actor)


async def door_page(visit: Visit, group: Group, form: Form, refusal: Trouble | None = None) -> Response:
    """The door of one of our groups, with what somebody has filled in already."""
    person = None if visit.viewer.is_guest else await own_actor(visit)
    door = await joining.door(visit.db, group, person, clock.now())
    return visit.render(
        "group/join.html",
        refusal.status if refusal else 200,
        group=group,
        actor=group.actor,
        door=door,
        doors=[visit.text(line) for line in doors.in_words(group)],
        is_closed=group.joining == "invite" and not door.waits_for_nobody,
        moderators=await groups.moderators(visit.db, group),
        mark=joining.mark_of(door.questions),
        kept_days=join_answers.KEPT.days,
        form=form,
        message=visit.text(refusal.message) if refusal else "",
    )


async def _elsewhere(
    visit: Visit, actor: Actor, form: Form = NOTHING, refusal: Trouble | None = None
) -> Response:
    number = visit.viewer.actor_id
    follow = await follows.between(visit.db, number, actor.id) if number else None
    last = await join_requests.latest_of(visit.db, actor.id, number) if number else None
    if last is not None and last.emptied_at is not None:
        last = None
    return visit.render(
        "group/join_elsewhere.html",
        refusal.status if refusal else 200,
        actor=actor,
        standing=follow.state if follow else "",
        last=last,
        messages=await join_messages.of(visit.db, [last.id]) if last else [],
        kept_days=join_answers.KEPT.days,
        form=form,
        message=visit.text(refusal.message) if refusal else "",
    )


async def _door(visit: Visit) -> tuple[Actor, Group | None]:
    """The group of the path, also for who may not know of it any more but is owed a reason."""
    try:
        return await known_group(visit)
    except Missing:
        group = await stored_groups.by_name(visit.db, str(visit.request.path_params["name"]))
        number = visit.viewer.actor_id
        if group is None or number is None or group.actor.state != "active":
            raise
        last = await join_requests.latest_of(visit.db, group.actor.id, number)
        if last is None or last.state not in ("declined", "removed") or last.emptied_at is not None:
            raise
        return group.actor, group


def sent(form: Form) -> Sent:
    """What the page of the door sends back."""
    version = form.line("rules_version") or "0"
    return Sent(
        answers=tuple(
            form.text(f"answer_{place}")
            for place in range(joining.MOST_QUESTIONS)
            if f"answer_{place}" in form.fields
        ),
        agrees=form.ticked("agrees"),
        rules_version=int(version) if version.isdecimal() and len(version) < 9 else -1,
        questions=form.line("questions"),
    )


@deed(Access.MEMBER, limit="60 per hour")
async def join(visit: Visit, form: Form) -> Response:
    """Become a member of a group, or ask to; a group elsewhere is asked over the wire."""
    actor, group = await known_group(visit)
    member, site = await own_actor(visit), visit.services.site
    if group is None:
        async with visit.db.transaction():
            await memberships.join_elsewhere(visit.db, site, member, actor)
        return RedirectResponse(address_of(actor), 303)
    try:
        async with visit.db.transaction():
            standing = await joining.ask(visit.db, site, member, group, sent(form), clock.now())
    except REFUSALS as refusal:
        return await door_page(visit, await our_group(visit), form, refusal)
    return RedirectResponse(address_of(actor) + ("" if standing == "member" else "/join"), 303)


@deed(Access.MEMBER, limit="30 per hour")
async def answer(visit: Visit, form: Form) -> Response:
    """Answer what the moderators asked back; a group elsewhere gets a letter."""
    actor, group = await known_group(visit)
    member, words = await own_actor(visit), form.text("answer")
    try:
        async with visit.db.transaction():
            if group is None:
                site = visit.services.site
                await joining_elsewhere.answer(visit.db, site, member, actor, words, clock.now())
            else:
                await join_answers.answer(visit.db, group, member, words, clock.now())
    except REFUSALS as refusal:
        if group is None:
            return await _elsewhere(visit, actor, form, refusal)
        return await door_page(visit, group, form, refusal)
    return RedirectResponse(f"{address_of(actor)}/join", 303)


@deed(Access.MEMBER)
async def leave(visit: Visit, form: Form) -> Response:
    """Leave a group, or take a request back."""
    actor, _ = await known_group(visit)
    member = await own_actor(visit)
    was = await follows.between(visit.db, member.id, actor.id)
    async with visit.db.transaction():
        await memberships.leave(visit.db, visit.services.site, member, actor, clock.now())
    what = "?what=request" if was is not None and was.state == "pending" else ""
    return RedirectResponse(f"{address_of(actor)}/left{what}", 303)


@page(Access.MEMBER)
async def left(visit: Visit) -> Response:
    """What it means to have left. Of a group that one may not know of it says what it says of none."""
    try:
        actor, group = await known_group(visit)
    except Missing:
        actor, group = None, None
    is_request = visit.request.query_params.get("what") == "request"
    return visit.render("group/left.html", actor=actor, group=group, is_request=is_request)


POST = ["POST"]
ROUTES: list[Route] = [
    Route("/groups/{name}/join", show),
    Route("/groups/{name}/join", join, methods=POST),
    Route("/groups/{name}/join/answer", answer, methods=POST),
    Route("/groups/{name}/leave", leave, methods=POST),
    Route("/groups/{name}/left", left),
]

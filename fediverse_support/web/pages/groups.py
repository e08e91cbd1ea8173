"""A group, here or on another server: read it, join it, leave it, follow it from elsewhere."""

from datetime import datetime
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from fediverse_support.community import groups, memberships, threads, visibility
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, follows, read_marks
from fediverse_support.network import webfinger
from fediverse_support.network.budget import FetchBudget
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.places import known_group, looks_after
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page

LOOK_UP_SECONDS = 5.0


@page(Access.ANYONE)
async def show(visit: Visit) -> Response:
    """What a group is for, who looks after it, and its threads."""
    actor, group = await known_group(visit)
    may_see = group is None or visibility.may_see_group(visit.viewer, group)
    before = visit.request.query_params.get("before", "")
    found = (
        await threads.of_group(visit.db, visit.viewer, actor, before) if may_see else threads.Page([], None)
    )
    shown = found.threads
    news: set[int] = set()
    if visit.viewer.account and shown:
        marks = await read_marks.of(visit.db, visit.account.id, [line.post.id for line in shown])
        news = {line.post.id for line in shown if _is_new(line.post.active_at, marks.get(line.post.id))}
    return visit.render(
        "group.html",
        actor=actor,
        group=group,
        may_see=may_see,
        moderators=await groups.moderators(visit.db, group) if group else [],
        threads=shown,
        older=found.next,
        news=news,
        membership=await _membership(visit, actor),
        may_write=group is None or group.speaking != "moderators" or looks_after(visit, actor),
        federates=group is not None and visibility.federates(group),
        asking=await follows.pending_for(visit.db, actor.id) if group and looks_after(visit, actor) else [],
    )


async def _membership(visit: Visit, actor: Actor) -> str:
    """`accepted`, `pending`, or nothing."""
    if visit.viewer.actor_id is None:
        return ""
    if actor.id in visit.viewer.member_of:
        return "accepted"
    follow = await follows.between(visit.db, visit.viewer.actor_id, actor.id)
    return follow.state if follow else ""


def _is_new(active_at: datetime, read_at: datetime | None) -> bool:
    return read_at is None or read_at < active_at


@deed(Access.MEMBER, limit="60 per hour")
async def join(visit: Visit, form: Form) -> Response:
    """Become a member of a group, or ask to; a group elsewhere is asked over the wire."""
    actor, group = await known_group(visit)
    member = await own_actor(visit)
    async with visit.db.transaction():
        if group is None:
            await memberships.join_elsewhere(visit.db, visit.services.site, member, actor)
        else:
            await memberships.join(visit.db, visit.services.site, member, group, clock.now())
    return RedirectResponse(address_of(actor), 303)


@deed(Access.MEMBER)
async def leave(visit: Visit, form: Form) -> Response:
    """Leave a group, or take a request back."""
    actor, _ = await known_group(visit)
    member = await own_actor(visit)
    async with visit.db.transaction():
        await memberships.leave(visit.db, visit.services.site, member, actor, clock.now())
    return RedirectResponse(address_of(actor), 303)


@deed(Access.MEMBER)
async def answer_request(visit: Visit, form: Form) -> Response:
    """Let someone into a group who has asked, or decline; for those who look after it."""
    actor, _ = await known_group(visit)
    if not looks_after(visit, actor):
        raise Missing
    number = form.line("actor")
    asking = await follows.pending_for(visit.db, actor.id)
    follower = next((person for person in asking if str(person.id) == number), None)
    if follower is None:
        raise Missing
    async with visit.db.transaction():
        if form.line("decision") == "approve":
            await memberships.let_in(visit.db, visit.services.site, follower, actor, clock.now())
        else:
            await memberships.decline(visit.db, visit.services.site, follower, actor)
    return RedirectResponse(address_of(actor), 303)


@deed(Access.ANYONE, connection="session", limit="20 per 10 minutes", is_harmless=True)
async def follow_from_elsewhere(visit: Visit, form: Form) -> Response:
    """Send a visitor to their own server, which will ask them to confirm.

    A redirect from a form to another site is stopped by our own `form-action 'self'`, so this is a page that
    moves on by itself and shows where to.
    """
    services = visit.services
    name = visit.request.path_params["name"]
    handle = webfinger.parse_handle(form.line("handle"), services.site.gate)
    if handle.host == services.site.domain:
        raise Malformed("You have an account here. Sign in, and join the group on its page.")
    budget = FetchBudget(fetches=3, hosts=3, seconds=LOOK_UP_SECONDS)
    try:
        template = await webfinger.subscribe_template(services.documents, handle, budget)
    except Missing as missing:
        raise Malformed(missing.message) from None
    return visit.render("leaving.html", url=template.replace("{uri}", quote(services.site.group(name), "")))


async def own_actor(visit: Visit) -> Actor:
    """The actor of who is signed in."""
    actor = await actors.by_id(visit.db, visit.account.actor_id)
    if actor is None:
        raise Missing
    return actor

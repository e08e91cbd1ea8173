"""A group, here or on another server: read it, follow it from elsewhere. Joining it is in `joining.py`."""

from datetime import datetime
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from fediverse_support.community import visibility
from fediverse_support.community.joining import bans, joining
from fediverse_support.community.reading import threads
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import actors, follows, join_requests, lives, read_marks, surroundings
from fediverse_support.database.blocks import Block
from fediverse_support.database.surroundings import Surroundings
from fediverse_support.database.threads import Shown
from fediverse_support.moderation import rights
from fediverse_support.network import webfinger
from fediverse_support.network.budget import FetchBudget
from fediverse_support.web import doors
from fediverse_support.web.forms import Form
from fediverse_support.web.pages import agreeing, notices
from fediverse_support.web.pages.places import is_cut_off, known_group, looks_after
from fediverse_support.web.pages.tagging import offered_in
from fediverse_support.web.security import Access, Visit, deed, page

LOOK_UP_SECONDS = 5.0
MOST_PINNED = 10
MOST_NEXT_DOOR = 3


class Neighbour(msgspec.Struct, frozen=True):
    """A group next door and its latest open threads."""

    actor: Actor
    threads: list[Shown]


@page(Access.ANYONE)
async def show(visit: Visit) -> Response:
    """What a group is for, its doors, who looks after it, and its threads.

    Who may not read a group of ours sees its doors, how one joins, and nothing else.
    """
    actor, group = await known_group(visit)
    membership = await _membership(visit, actor)
    shown: dict[str, object] = {
        "actor": actor,
        "group": group,
        "membership": membership,
        "may_see": group is None or visibility.may_see_group(visit.viewer, group),
        "doors": [visit.text(line) for line in doors.in_words(group)] if group else [],
        "doors_short": visit.text(doors.in_short(group)) if group else "",
        "federates": group is not None and visibility.federates(group),
        "card_title": actor.display_name if group and doors.is_open(group) else "",
    }
    shown["cares"] = rights.looks_after(visit.viewer, actor)
    shown["stay_away"] = await _stay_away(visit, actor)
    shown["is_cut_off"] = await is_cut_off(visit, actor)
    shown["asking"] = (
        await join_requests.count_waiting(visit.db, actor.id) if looks_after(visit, actor) else 0
    )
    shown["is_offered"] = looks_after(visit, actor) and await _is_offered(visit, actor)
    shown["joins_at_once"] = group is not None and group.joining == "open" and not joining.must_agree(group)
    shown["joins_as_keeper"] = group is not None and actor.id in visit.viewer.moderates
    if shown["may_see"]:
        shown |= await _inside(visit, actor, group, membership)
    if shown["is_cut_off"]:
        shown["may_write"] = False
    return visit.render("group.html", 200, **shown)


async def _is_offered(visit: Visit, actor: Actor) -> bool:
    """Whether the owner of the group has offered it to the visitor, and waits for an answer."""
    offered = await lives.handover(visit.db, actor.id)
    return offered is not None and offered.to_id == visit.viewer.actor_id


async def _stay_away(visit: Visit, actor: Actor) -> Block | None:
    """That the moderators of a group, here or elsewhere, have asked the visitor not to come for now.

    Who is in a group of ours was not: a ban ends the membership.
    """
    if visit.viewer.account is None or (actor.is_local and actor.id in visit.viewer.member_of):
        return None
    member = visit.services.site.person(visit.viewer.account.name)
    return await bans.current(visit.db, member, actor.uri, clock.now())


async def _inside(visit: Visit, actor: Actor, group: Group | None, membership: str) -> dict[str, object]:
    """What only who may read the group sees of it."""
    before = visit.request.query_params.get("before", "")
    tag = visit.request.query_params.get("tag", "").lower()[:100]
    found = await threads.of_group(visit.db, visit.viewer, actor, before, tag=tag)
    pinned = [] if before or tag else await surroundings.pinned(visit.db, visit.viewer, actor.id, MOST_PINNED)
    on_top = {shown.post.id for shown in pinned}
    around = await surroundings.of(visit.db, actor.id) if group else Surroundings([], [])
    return {
        "threads": [shown for shown in found.threads if shown.post.id not in on_top],
        "pinned": pinned,
        "older": found.next,
        "tag": tag,
        "offered": await offered_in(visit, group),
        "news": await _news(visit, [*pinned, *found.threads]),
        "moderators": around.moderators,
        "next_door": await _next_door(visit, around),
        "entry": await notices.at_the_door(visit, group),
        "asked": await agreeing.asked_of(visit, group) if membership == "accepted" else None,
        "may_write": _may_write(visit, actor, group, membership),
    }


async def _news(visit: Visit, shown: list[Shown]) -> set[int]:
    """Which of these threads have something that the visitor has not read."""
    if visit.viewer.account is None or not shown:
        return set()
    marks = await read_marks.of(visit.db, visit.account.id, [line.post.id for line in shown])
    return {line.post.id for line in shown if _is_new(line.post.active_at, marks.get(line.post.id))}


async def _next_door(visit: Visit, around: Surroundings) -> list[Neighbour]:
    """The sister groups that the visitor may know of, each with its latest open threads."""
    known = [
        sister.actor
        for sister in around.sisters
        if sister.group is None or visibility.may_know(visit.viewer, sister.group)
    ]
    if not known:
        return []
    latest = await surroundings.open_threads(
        visit.db, visit.viewer, [one.id for one in known], MOST_NEXT_DOOR
    )
    return [Neighbour(one, latest.get(one.id, [])) for one in known]


def _may_write(visit: Visit, actor: Actor, group: Group | None, membership: str) -> bool:
    """Whether a button to write makes sense. The group's own rules are asked when the post is sent."""
    if actor.moved_to or membership != "accepted":
        return False
    if group is None:
        return True
    return group.life == "running" and (group.speaking != "moderators" or looks_after(visit, actor))


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

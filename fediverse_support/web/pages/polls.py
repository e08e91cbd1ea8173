"""Asking a group with a poll, and answering one."""

from datetime import timedelta

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.posts import voting
from fediverse_support.community.posts.polls import MOST_ANSWERS, NewPoll
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Trouble
from fediverse_support.core.models import Actor, Group
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.beginning import begin, form_page
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import known_group, may_enter
from fediverse_support.web.pages.threads import post_at
from fediverse_support.web.rendering import N_, address_of
from fediverse_support.web.security import Access, Visit, deed, page

DURATIONS: dict[int, str] = {
    1: N_("one hour"),
    6: N_("six hours"),
    24: N_("one day"),
    72: N_("three days"),
    168: N_("one week"),
    336: N_("two weeks"),
    720: N_("thirty days"),
}
"""How long a poll is open, in hours."""
_USUAL = "72"
MOST_ANSWERS_ELSEWHERE = 20


@page(Access.MEMBER)
async def show_ask(visit: Visit) -> Response:
    """The form for a new poll."""
    actor, group = await known_group(visit)
    if not may_enter(visit, group):
        return RedirectResponse(f"{address_of(actor)}/join", 303)
    return await _ask_page(visit, actor, group, Form({"hours": _USUAL, "hides_totals": "1"}))


async def _ask_page(
    visit: Visit, actor: Actor, group: Group | None, form: Form, trouble: Trouble | None = None
) -> Response:
    return await form_page(
        visit,
        "group/poll_new.html",
        actor,
        group,
        form,
        trouble,
        answers=[form.line(f"answer_{number}") for number in range(1, MOST_ANSWERS + 1)],
        durations={str(hours): visit.text(name) for hours, name in DURATIONS.items()},
    )


@deed(Access.MEMBER, limit="20 per 10 minutes")
async def ask(visit: Visit, form: Form) -> Response:
    """Start a thread with a poll."""
    actor, group = await known_group(visit)
    try:
        return await begin(visit, actor, form, poll_of(form))
    except (Malformed, Forbidden, Conflict) as refusal:
        return await _ask_page(visit, actor, group, form, refusal)


def poll_of(form: Form) -> NewPoll:
    """The poll that a form describes. Raises `Malformed`."""
    hours = form.line("hours")
    if hours not in {str(number) for number in DURATIONS}:
        raise Malformed("Please choose how long the poll is open.")
    if not form.line("title"):
        raise Malformed("A poll needs a question.")
    return NewPoll(
        answers=tuple(form.line(f"answer_{number}") for number in range(1, MOST_ANSWERS + 1)),
        ends_after=timedelta(hours=int(hours)),
        is_multiple=form.line("kind") == "several",
        hides_totals=form.ticked("hides_totals"),
    )


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def vote(visit: Visit, form: Form) -> Response:
    """Answer a poll, for good."""
    post = await post_at(visit.db, visit.viewer, visit.request.path_params["id"])
    voter = await own_actor(visit)
    async with visit.db.transaction():
        await voting.vote(visit.db, visit.services.site, voter, post.id, _chosen(form), clock.now())
    return RedirectResponse(f"/posts/{post.public_id}", 303)


def _chosen(form: Form) -> list[int]:
    """The positions that were chosen: one as `choice`, several as a box for each."""
    boxes = [number for number in range(MOST_ANSWERS_ELSEWHERE) if form.ticked(f"choice_{number}")]
    one = form.line("choice")
    return [*boxes, *([int(one)] if one.isdecimal() and len(one) < 4 else [])]


ROUTES = [
    Route("/groups/{name}/poll", show_ask),
    Route("/groups/{name}/poll", ask, methods=["POST"]),
    Route("/posts/{id}/vote", vote, methods=["POST"]),
]

"""For who looks after a group: who would like to join, what they are asked, and ending a membership.

To everybody else none of these pages exists.
"""

from collections.abc import Mapping, Sequence

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.joining import admitting, join_answers, joining, memberships, servers
from fediverse_support.community.joining.servers import Warning
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing, Trouble
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import actors, join_requests
from fediverse_support.database.join_requests import Asker
from fediverse_support.moderation import deeds
from fediverse_support.web import forms
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import cared_for
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page


class Kept(msgspec.Struct, frozen=True):
    """Words that were refused, and the request whose form they stand in."""

    request_id: int = 0
    decision: str = ""
    words: str = ""


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """Who waits, with what they wrote; and what was decided lately."""
    group = await cared_for(visit)
    return await _page(visit, group, Kept())


async def _page(visit: Visit, group: Group, kept: Kept, refusal: Trouble | None = None) -> Response:
    query = visit.request.query_params
    askers = await admitting.waiting(visit.db, group, _number(query.get("after", "")))
    done = await join_requests.of_group(visit.db, group.actor.id, _number(query.get("done", "")))
    return visit.render(
        "group/requests.html",
        refusal.status if refusal else 200,
        group=group,
        askers=askers,
        more=askers[-1].request.id if len(askers) == admitting.PAGE else None,
        warnings=await _warnings(visit, group, askers),
        decided=await admitting.decided(visit.db, group, clock.now()),
        done=done,
        kept=kept,
        kept_days=join_answers.KEPT.days,
        message=visit.text(refusal.message) if refusal else "",
    )


async def _warnings(visit: Visit, group: Group, askers: Sequence[Asker]) -> Mapping[int, Warning]:
    """What to know of the servers of those who come from elsewhere, by the number of who asks."""
    strangers = [asker.actor for asker in askers if not asker.actor.is_local]
    if not strangers:
        return {}
    found = await servers.warnings_about(visit.db, strangers, group)
    return {actor.id: warning for actor, warning in zip(strangers, found, strict=True)}


@deed(Access.MEMBER)
async def decide(visit: Visit, form: Form) -> Response:
    """Let somebody in, decline with a note, ask something back, or take a refusal back."""
    group = await cared_for(visit)
    number = await _request_of(visit, group, form)
    decision, words = form.line("decision"), form.text("words")
    try:
        async with visit.db.transaction():
            await _decide(visit, group, number, decision, words)
    except (Malformed, Conflict, Forbidden) as refusal:
        return await _page(visit, group, Kept(number, decision, words), refusal)
    return RedirectResponse(f"{address_of(group.actor)}/requests?done={number}", 303)


async def _decide(visit: Visit, group: Group, number: int, decision: str, words: str) -> None:
    db, site, now, by = visit.db, visit.services.site, clock.now(), await own_actor(visit)
    if decision == "approve":
        person = await admitting.approve(db, site, group, number, by, now)
        await _record(visit, group, "approve join request", person)
    elif decision == "decline":
        person = await admitting.decline(db, site, group, number, by, words, now)
        await _record(visit, group, "decline join request", person)
    elif decision == "ask":
        await admitting.ask_back(db, site, group, number, by, words, now)
    elif decision == "reopen":
        person = await admitting.reopen(db, group, number)
        await _record(visit, group, "reopen join request", person)
    else:
        raise Malformed("Please use one of the buttons of the page.")


async def _record(visit: Visit, group: Group, deed: str, person: Actor) -> None:
    """On the record without the note: that is deleted after thirty days, and the record is not."""
    about = f"{group.actor.name}: {person.handle}"
    await deeds.record(visit.db, visit.account, deed, about, "", clock.now(), group_id=group.actor.id)


async def _request_of(visit: Visit, group: Group, form: Form) -> int:
    """The number of the request, given as such or by who asks. Raises `Missing`."""
    if form.line("request"):
        return _number(form.line("request"))
    request = await join_requests.open_of(visit.db, group.actor.id, _number(form.line("actor")))
    if request is None:
        raise Missing
    return request.id


@deed(Access.MEMBER)
async def remove(visit: Visit, form: Form) -> Response:
    """End somebody's membership, with a reason that they are told."""
    group = await cared_for(visit)
    person = await actors.by_id(visit.db, _number(form.line("actor")))
    if person is None:
        raise Missing
    async with visit.db.transaction():
        await memberships.remove(
            visit.db,
            visit.services.site,
            person,
            group,
            await own_actor(visit),
            form.text("reason"),
            clock.now(),
        )
        await _record(visit, group, "remove member", person)
    return RedirectResponse(form.path("place", f"{address_of(group.actor)}/requests"), 303)


@page(Access.MEMBER)
async def show_questions(visit: Visit) -> Response:
    """The form for what who asks to join is asked."""
    group = await cared_for(visit)
    return _questions_page(visit, group, list(group.join_questions))


def _questions_page(
    visit: Visit, group: Group, questions: list[str], refusal: Trouble | None = None
) -> Response:
    return visit.render(
        "group/questions.html",
        refusal.status if refusal else 200,
        group=group,
        questions=questions + [""] * (joining.MOST_QUESTIONS - len(questions)),
        longest=joining.LONGEST_QUESTION,
        is_saved=visit.request.query_params.get("done") == "saved",
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.MEMBER)
async def set_questions(visit: Visit, form: Form) -> Response:
    """Change what who asks to join is asked."""
    group = await cared_for(visit)
    given = [form.line(f"question_{place}") for place in range(joining.MOST_QUESTIONS)]
    try:
        async with visit.db.transaction():
            await joining.set_questions(visit.db, group, given)
            await deeds.record(
                visit.db,
                visit.account,
                "change join questions",
                group.actor.name,
                "",
                clock.now(),
                group_id=group.actor.id,
            )
    except Malformed as refusal:
        return _questions_page(visit, group, given, refusal)
    return RedirectResponse(f"{address_of(group.actor)}/questions?done=saved", 303)


def _number(text: str) -> int:
    """A number of ours, 0 for anything else."""
    return forms.number_in(text) or 0


POST = ["POST"]
ROUTES: list[Route] = [
    Route("/groups/{name}/requests", show),
    Route("/groups/{name}/requests", decide, methods=POST),
    Route("/groups/{name}/remove", remove, methods=POST),
    Route("/groups/{name}/questions", show_questions),
    Route("/groups/{name}/questions", set_questions, methods=POST),
]

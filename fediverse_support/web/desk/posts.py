"""Hidden posts, and one post with what was decided about it."""

from datetime import datetime

import msgspec
from starlette.responses import RedirectResponse, Response

from fediverse_support.community.reading import threads as reading
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, decisions, threads
from fediverse_support.database import holds as stored
from fediverse_support.database.decisions import Decided, Wanted
from fediverse_support.moderation import posts
from fediverse_support.web.desk import arrival_words, rule_words
from fediverse_support.web.desk.overview import number_in
from fediverse_support.web.forms import Form
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 100
OF_THE_AUTHOR = 10


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, in words, with the number under which it is explained."""

    id: int
    what: str
    outcome: str
    reason: str
    at: datetime


@page(Access.STAFF)
async def hidden(visit: Visit) -> Response:
    """Every post that is hidden, the newest first. What is held is in `holds.py`."""
    return visit.render("desk/posts.html", posts=await threads.hidden(visit.db, AT_ONCE))


@page(Access.STAFF)
async def show(visit: Visit) -> Response:
    """One post, what was decided about it, and what can be done."""
    post, writer = await _post(visit)
    about = await decisions.about_object(visit.db, post.uri)
    seen = {line.id for line in about}
    theirs = await decisions.traffic(visit.db, Wanted(actor=writer.uri, limit=OF_THE_AUTHOR))
    return visit.render(
        "desk/post.html",
        post=post,
        writer=writer,
        about=_told(visit, about),
        theirs=_told(visit, [line for line in theirs if line.id not in seen]),
        hold_id=await stored.open_of(visit.db, post.id),
    )


def _told(visit: Visit, lines: list[Decided]) -> list[Decision]:
    outcomes = rule_words.OUTCOMES
    return [
        Decision(
            id=line.id,
            what=arrival_words.kind_of(visit, line.activity_type),
            outcome=visit.text(outcomes.get(line.outcome, line.outcome)),
            reason=line.reason,
            at=line.decided_at,
        )
        for line in lines
    ]


@deed(Access.STAFF)
async def change(visit: Visit, form: Form) -> Response:
    """Hide a post, or show it."""
    changes = {"hide": posts.hide, "show": posts.show}
    change = changes.get(form.line("deed"))
    if change is None:
        raise Malformed("Please use the buttons on the page.")
    async with visit.db.transaction():
        post, _ = await _post(visit)
        await change(
            visit.db, visit.services.site, post, visit.account, form.line("reason")[:500], clock.now()
        )
    return RedirectResponse(f"/desk/posts/{post.id}", 303)


async def _post(visit: Visit) -> tuple[Post, Actor]:
    post = await reading.visible_by_number(visit.db, visit.viewer, number_in(visit))
    writer = await actors.by_id(visit.db, post.author_id)
    if writer is None:
        raise Missing
    return post, writer

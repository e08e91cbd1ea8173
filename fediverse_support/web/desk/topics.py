"""The tree of topics, tended by the admins."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.community.house import topics
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.moderation import deeds
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

_UNKNOWN = N_("Please use the buttons on the page.")


@page(Access.ADMIN)
async def show(visit: Visit) -> Response:
    """The tree with everything that can be done to it."""
    return await _page(visit, Form({}))


async def _page(visit: Visit, form: Form, status: int = 200, message: str = "") -> Response:
    branches = await topics.tree(visit.db)
    return visit.render(
        "desk/topics.html",
        status,
        branches=branches,
        form=form,
        message=visit.text(message),
        deepest=topics.DEEPEST,
    )


@deed(Access.ADMIN)
async def change(visit: Visit, form: Form) -> Response:
    """Add, rename, move or remove one topic."""
    what = form.line("deed")
    try:
        async with visit.db.transaction():
            await _change(visit, form, what)
            about = form.line("slug") or form.line("name")
            await deeds.record(visit.db, visit.account, f"{what} topic", about[:200], "", clock.now())
    except (Malformed, Conflict, Missing) as trouble:
        return await _page(visit, form, trouble.status, trouble.message)
    return RedirectResponse("/desk/topics", 303)


async def _change(visit: Visit, form: Form, what: str) -> None:
    db, name, description = visit.db, form.line("name"), form.line("description")
    if what == "add":
        await topics.add(db, name, description=description, below=form.line("below"))
        return
    topic = await topics.by_slug(db, form.line("slug"))
    match what:
        case "rename":
            await topics.describe(db, topic, name, description=description)
        case "up" | "down":
            await topics.shift(db, topic, -1 if what == "up" else 1)
        case "move":
            await topics.move(db, topic, form.line("below"))
        case "remove":
            await topics.remove(db, topic)
        case _:
            raise Malformed(_UNKNOWN)

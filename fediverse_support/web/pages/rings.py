"""When a member's devices ring, and what can be read on them while they are locked."""

from datetime import time

from starlette.responses import Response
from starlette.routing import Route

from fediverse_support.community.notifying import quiet
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Trouble
from fediverse_support.core.local_times import time_zones
from fediverse_support.database import push
from fediverse_support.web.forms import Form
from fediverse_support.web.moments import read_time
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

EVENING, MORNING = time(22), time(7)
"""What the form offers to who has chosen nothing."""


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """The form as it is now."""
    return await _page(visit)


async def _page(
    visit: Visit, form: Form | None = None, done: str = "", trouble: Trouble | None = None
) -> Response:
    wishes = await push.wishes_of(visit.db, visit.account.id)
    if form is None:
        is_quiet = wishes.quiet_from is not None
        form = Form(
            {
                "words": "some" if wishes.shows_words else "none",
                "is_quiet": "yes" if is_quiet else "",
                "begin": f"{wishes.quiet_from or EVENING:%H:%M}",
                "end": f"{wishes.quiet_until or MORNING:%H:%M}",
                "time_zone": wishes.time_zone,
            }
        )
    return visit.render(
        "rings.html",
        trouble.status if trouble else 200,
        form=form,
        time_zones=time_zones(),
        done=done,
        message=visit.text(trouble.message) if trouble else "",
    )


@deed(Access.MEMBER)
async def choose(visit: Visit, form: Form) -> Response:
    """Keep what was chosen."""
    try:
        hours = (
            (read_time(form.line("begin")), read_time(form.line("end"))) if form.ticked("is_quiet") else None
        )
        await quiet.choose(
            visit.db,
            visit.account.id,
            shows_words=form.line("words") == "some",
            quiet=hours,
            time_zone=form.line("time_zone"),
            now=clock.now(),
        )
    except Malformed as trouble:
        return await _page(visit, form, trouble=trouble)
    return await _page(visit, done=visit.text(N_("Saved. This holds for all of your apps.")))


ROUTES: list[Route] = [
    Route("/you/rings", show),
    Route("/you/rings", choose, methods=["POST"]),
]

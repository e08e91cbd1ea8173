"""Which servers we send to, and whether they answer."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.database import hosts
from fediverse_support.moderation import deeds
from fediverse_support.web.forms import Form
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 100


@page(Access.STAFF)
async def show_hosts(visit: Visit) -> Response:
    """Which servers we send to, what waits for them, and which do not answer."""
    return visit.render("desk/hosts.html", hosts=await hosts.queues(visit.db, AT_ONCE))


@deed(Access.STAFF)
async def retry_host(visit: Visit, form: Form) -> Response:
    """Call a server now, whatever its circuit says."""
    name, now = form.line("host"), clock.now()
    async with visit.db.transaction():
        if await hosts.retry(visit.db, name, now) is None:
            raise Missing
        await deeds.record(visit.db, visit.account, "retry host", name, "", now)
    return RedirectResponse("/desk/hosts", 303)

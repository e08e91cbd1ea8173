"""What was said under a tag, in groups and outside of them, as far as the visitor may see it.

Hashtags in posts outside of groups lead here, also those that were sent to other servers.
"""

from starlette.responses import Response
from starlette.routing import Route

from fediverse_support.core.errors import Missing
from fediverse_support.database import threads
from fediverse_support.web.forms import number_in
from fediverse_support.web.security import Access, Visit, page

AT_ONCE = 30
LONGEST = 100


@page(Access.ANYONE)
async def show(visit: Visit) -> Response:
    """The beginnings of threads that have the tag, the newest first. A tag that nobody used has none."""
    tag = str(visit.request.path_params["tag"]).lower()
    if len(tag) > LONGEST or not tag.replace("_", "").isalnum():
        raise Missing
    before = number_in(visit.request.query_params.get("before", ""))
    found = await threads.tagged(visit.db, visit.viewer, tag, before, AT_ONCE + 1)
    shown = found[:AT_ONCE]
    return visit.render(
        "tagged.html", tag=tag, found=shown, older=shown[-1].post.id if len(found) > AT_ONCE else None
    )


ROUTES: list[Route] = [Route("/tags/{tag}", show)]

"""For who looks after a group: what it keeps at the top."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Missing
from fediverse_support.database import groups, posts
from fediverse_support.moderation import threads
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.cared_for import cared_for_group
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 100


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """What the group keeps at the top, each with a button to let it sink."""
    group = await cared_for_group(visit)
    pinned = await groups.pinned(visit.db, visit.viewer, group.id, AT_ONCE)
    return visit.render("group/pins.html", actor=group, pinned=pinned)


@deed(Access.MEMBER)
async def unpin(visit: Visit, form: Form) -> Response:
    """Let a post sink again."""
    group = await cared_for_group(visit)
    async with visit.db.transaction():
        post = await posts.by_public_id(visit.db, form.line("post"))
        if post is None or post.group_id != group.id:
            raise Missing
        if post.uri not in await groups.pinned_uris(visit.db, group.id):
            raise Conflict("This post is not kept at the top any more.")
        await threads.unpin(visit.db, visit.services.site, post, visit.account, "", clock.now())
    return RedirectResponse(f"{address_of(group)}/pins", 303)


ROUTES: list[Route] = [
    Route("/groups/{name}/pins", show),
    Route("/groups/{name}/pins", unpin, methods=["POST"]),
]

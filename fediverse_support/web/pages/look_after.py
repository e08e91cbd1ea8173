"""For who looks after a group, here or elsewhere: what can be done about one post.

To everybody else these pages do not exist.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing, Trouble
from fediverse_support.core.models import Account, Actor, Post
from fediverse_support.database import actors, deeds, groups, holds, locks
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import posts, rights, threads
from fediverse_support.protocol.site import Site
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.threads import post_at
from fediverse_support.web.security import Access, Visit, deed, page

Change = Callable[[Connection, Site, Post, Account, str, datetime], Awaitable[None]]

CHANGES: dict[str, Change] = {
    "hide": posts.hide,
    "show": posts.show,
    "lock": threads.lock,
    "unlock": threads.unlock,
    "pin": threads.pin,
    "unpin": threads.unpin,
}
LONGEST_REASON = 500


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """One post and what can be done about it."""
    return await _page(visit, *await _cared_for(visit))


async def _page(visit: Visit, post: Post, group: Actor, refusal: Trouble | None = None) -> Response:
    writer = await actors.by_id(visit.db, post.author_id)
    if writer is None:
        raise Missing
    why = await deeds.why_hidden(visit.db, [post.uri])
    return visit.render(
        "look_after.html",
        refusal.status if refusal else 200,
        post=post,
        group=group,
        writer=writer,
        why=why.get(post.uri, "") if post.state == "hidden" else "",
        hold_id=await holds.open_of(visit.db, post.id) if group.is_local else None,
        is_pinned=post.uri in await groups.pinned_uris(visit.db, group.id),
        is_below_lock=await locks.is_below_lock(visit.db, post.id),
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.MEMBER, limit="200 per 10 minutes")
async def change(visit: Visit, form: Form) -> Response:
    """Hide or show, lock or open, pin or let sink."""
    post, _ = await _cared_for(visit)
    chosen = CHANGES.get(form.line("deed"))
    if chosen is None:
        raise Malformed("Please use the buttons on the page.")
    reason = form.line("reason")[:LONGEST_REASON]
    try:
        async with visit.db.transaction():
            post, _ = await _cared_for(visit)
            _check_reason(form, reason)
            await chosen(visit.db, visit.services.site, post, visit.account, reason, clock.now())
    except (Conflict, Malformed) as refusal:
        return await _page(visit, *await _cared_for(visit), refusal)
    return RedirectResponse(f"/posts/{post.public_id}/look-after", 303)


def _check_reason(form: Form, reason: str) -> None:
    if form.line("deed") == "hide" and not reason:
        raise Malformed("Please say why, so that the author can read it.")


async def _cared_for(visit: Visit) -> tuple[Post, Actor]:
    """The post that the path names with its group, for who looks after it; raises `Missing` for others."""
    post = await post_at(visit.db, visit.viewer, visit.request.path_params["id"])
    group = await actors.by_id(visit.db, post.group_id) if post.group_id else None
    if group is None or not rights.looks_after(visit.viewer, group):
        raise Missing
    return post, group


ROUTES: list[Route] = [
    Route("/posts/{id}/look-after", show),
    Route("/posts/{id}/look-after", change, methods=["POST"]),
]

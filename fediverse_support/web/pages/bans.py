"""For who looks after a group: who is asked to stay away, until when and why, and how that is lifted."""

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Trouble
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, blocks
from fediverse_support.database.blocks import Block
from fediverse_support.moderation import bans
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.cared_for import cared_for_group, last_moment, person_named
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 200


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A ban with the person and the moderator, as far as we know them."""

    block: Block
    person: Actor | None
    by: Actor | None


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """Who is asked to stay away, and the form to ask somebody."""
    group = await cared_for_group(visit)
    return await _page(visit, group, Form({"person": visit.request.query_params.get("person", "")[:300]}))


async def _page(visit: Visit, group: Actor, form: Form, refusal: Trouble | None = None) -> Response:
    found = await blocks.from_target(visit.db, group.uri, clock.now(), AT_ONCE) if group.is_local else []
    return visit.render(
        "group/bans.html",
        refusal.status if refusal else 200,
        actor=group,
        lines=await lines_of(visit, found),
        form=form,
        message=visit.text(refusal.message) if refusal else "",
    )


async def lines_of(visit: Visit, found: list[Block]) -> list[Line]:
    """Bans as a page shows them."""
    named = [uri for block in found for uri in (block.blocked_uri, block.blocker_uri)]
    known = {actor.uri: actor for actor in await actors.by_uris(visit.db, named)}
    return [
        Line(block=block, person=known.get(block.blocked_uri), by=known.get(block.blocker_uri))
        for block in found
    ]


def decided_in(form: Form) -> bans.Decision:
    """What the form says. Raises `Malformed` for a day that is none."""
    return bans.Decision(
        reason=form.line("reason")[:1000],
        until=last_moment(form, "until"),
        hides_posts=form.ticked("hides"),
    )


@deed(Access.MEMBER, limit="60 per hour")
async def ban(visit: Visit, form: Form) -> Response:
    """Ask somebody to stay away from the group."""
    group = await cared_for_group(visit)
    site, now = visit.services.site, clock.now()
    try:
        person = await person_named(visit, form.line("person"))
        async with visit.db.transaction():
            await bans.ban(visit.db, site, group, person, visit.account, decided_in(form), now)
    except (Malformed, Conflict) as refusal:
        return await _page(visit, group, form, refusal)
    return RedirectResponse(f"{address_of(group)}/bans", 303)


@deed(Access.MEMBER)
async def lift(visit: Visit, form: Form) -> Response:
    """Let somebody come again."""
    group = await cared_for_group(visit)
    async with visit.db.transaction():
        await bans.lift(
            visit.db,
            visit.services.site,
            group,
            form.line("person"),
            visit.account,
            clock.now(),
            restores=form.ticked("restores"),
        )
    return RedirectResponse(f"{address_of(group)}/bans", 303)


ROUTES: list[Route] = [
    Route("/groups/{name}/bans", show),
    Route("/groups/{name}/bans", ban, methods=["POST"]),
    Route("/groups/{name}/bans/lift", lift, methods=["POST"]),
]

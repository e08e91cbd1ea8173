"""A member asks the moderators to look at a post; the moderators of its group read that, and close it."""

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.house import house_rules
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing, Trouble
from fediverse_support.core.markup import excerpt
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, groups, posts, reports, rules
from fediverse_support.database.reports import Report
from fediverse_support.moderation import cases
from fediverse_support.moderation import reports as moderation
from fediverse_support.web import forms
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.cared_for import cared_for_group
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.threads import post_at
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 100
MOST_SHOWN = 5


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A report with those of its posts that the moderator may see, and who reported, if we know them."""

    report: Report
    reporter: Actor | None
    posts: list[tuple[Post, str]]


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """The form: what is wrong, which rule it is about, and who is told."""
    return await _page(visit, Form({}))


async def _page(visit: Visit, form: Form, refusal: Trouble | None = None) -> Response:
    post, group, writer = await _reported(visit)
    return visit.render(
        "report.html",
        refusal.status if refusal else 200,
        post=post,
        group=group,
        writer=writer,
        rules=await _rules(visit, group),
        other=_other_server(visit, group, writer),
        reason=form.text("reason"),
        chosen=form.line("rule"),
        tells=form.ticked("tell"),
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.MEMBER, limit="20 per hour")
async def report(visit: Visit, form: Form) -> Response:
    """Put it before the moderators."""
    post, group, _ = await _reported(visit)
    known = await _rules(visit, group)
    words = moderation.Words(
        reason=form.text("reason"),
        rule=form.line("rule") if form.line("rule") in known else "",
        tells_other_server=form.ticked("tell"),
    )
    try:
        async with visit.db.transaction():
            reporter = await own_actor(visit)
            await moderation.file(visit.db, visit.services.site, post, reporter, words, clock.now())
    except (Malformed, Conflict) as refusal:
        return await _page(visit, form, refusal)
    return visit.render("reported.html", post=post, group=group, tells=words.tells_other_server)


async def _reported(visit: Visit) -> tuple[Post, Actor | None, Actor]:
    """The post that the path names, if the visitor may see it (L9), its group and its author."""
    post = await post_at(visit.db, visit.viewer, visit.request.path_params["id"])
    group = await actors.by_id(visit.db, post.group_id) if post.group_id else None
    writer = await actors.by_id(visit.db, post.author_id)
    if writer is None or post.state == "deleted" or writer.id == visit.account.actor_id:
        raise Missing
    return post, group, writer


async def _rules(visit: Visit, group: Actor | None) -> list[str]:
    """What the group asks of its members, then what holds everywhere here."""
    house = [rule.title for rule in await house_rules.in_force(visit.db)]
    ours = await groups.by_actor(visit.db, group.id) if group is not None else None
    if ours is None or not ours.rules_version:
        return house
    own = [rule.title for rule in await rules.of_version(visit.db, ours.actor.id, ours.rules_version)]
    return list(dict.fromkeys([*own, *house]))


def _other_server(visit: Visit, group: Actor | None, writer: Actor) -> str:
    """The server that could be told, too: the author's, else the group's; empty if there is none."""
    elsewhere = [actor for actor in (writer, group) if actor is not None and not actor.is_local]
    return elsewhere[0].host if elsewhere else ""


@page(Access.MEMBER)
async def waiting(visit: Visit) -> Response:
    """The reports about a group that nobody has closed."""
    group = await cared_for_group(visit)
    found = await reports.of_group(visit.db, group.id, visit.account.actor_id, AT_ONCE)
    return visit.render("group/reports.html", actor=group, cases=[await _case(visit, one) for one in found])


async def _case(visit: Visit, one: Report) -> Case:
    shown = []
    for uri in one.object_uris[:MOST_SHOWN]:
        post = await posts.by_uri(visit.db, uri)
        if post is not None and await posts.seen_by(visit.db, visit.viewer, post.id) is not None:
            shown.append((post, excerpt(post.content_html, 200)))
    return Case(report=one, reporter=await actors.by_uri(visit.db, one.reporter_uri), posts=shown)


@deed(Access.MEMBER)
async def close(visit: Visit, form: Form) -> Response:
    """Put a report away, with a word on what was done."""
    group = await cared_for_group(visit)
    number = forms.number_in(form.line("report"))
    if number is None:
        raise Missing
    async with visit.db.transaction():
        await cases.close_report(
            visit.db, number, visit.account, form.line("note")[:500], clock.now(), group_id=group.id
        )
    return RedirectResponse(f"{address_of(group)}/reports", 303)


ROUTES: list[Route] = [
    Route("/posts/{id}/report", show),
    Route("/posts/{id}/report", report, methods=["POST"]),
    Route("/groups/{name}/reports", waiting),
    Route("/groups/{name}/reports", close, methods=["POST"]),
]

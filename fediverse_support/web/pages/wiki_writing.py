"""Writing the wiki of a group: new pages, changes, going back to what was, taking a page away."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.groups import wiki
from fediverse_support.core import clock
from fediverse_support.core.comparing import around_changes, lines
from fediverse_support.core.errors import Conflict, Malformed, Missing, TooMany, Trouble
from fediverse_support.core.models import Actor, Group
from fediverse_support.core.slugs import is_slug
from fediverse_support.database import drafts, places
from fediverse_support.database import wiki as stored
from fediverse_support.database.wiki import Page
from fediverse_support.moderation import deeds
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import looks_after
from fediverse_support.web.pages.wiki import (
    compare,
    history,
    index,
    number_in,
    readable_group,
    revision,
    show,
    wiki_of,
)
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

FASTER = N_(
    "Somebody else has changed this page in the meantime. Nothing of yours was lost: below you see what is "
    "different. Put both together in the box, then save."
)


async def _editor(visit: Visit) -> tuple[Group, Actor]:
    """The group and the visitor, who may write its wiki. Raises `Missing` or `Forbidden`."""
    group = await readable_group(visit)
    author = await own_actor(visit)
    standing = await places.standing(visit.db, group.actor, author, clock.now())
    wiki.check_may_edit(group, standing, is_staff=visit.viewer.is_staff)
    return group, author


async def _page(visit: Visit, group: Group) -> Page | None:
    """The page that the path names, None if it is still to be written. Raises `Missing` for a deleted one."""
    slug = str(visit.request.path_params["slug"])
    if not is_slug(slug):
        raise Missing
    found = await stored.by_slug(visit.db, group.actor.id, slug)
    if found is not None and found.deleted_at:
        raise Missing
    return found


@page(Access.MEMBER)
async def show_edit(visit: Visit) -> Response:
    """The form for a page, with the draft that was left on top of the revision in `?on=`."""
    group, _ = await _editor(visit)
    found = await _page(visit, group)
    number = found.number if found else 0
    asked = number_in(visit, "on")
    draft = await drafts.at(visit.db, visit.account.id, _place(visit, asked if asked is not None else number))
    if draft is None:
        title = visit.request.query_params.get("title", "")[: wiki.LONGEST_TITLE]
        fields = {"title": found.title, "source": found.source} if found else {"title": title}
        return _edit_page(visit, group, found, Form(fields), number)
    fields = {"title": draft.title, "source": draft.source}
    on = asked if asked is not None else number
    return _edit_page(visit, group, found, Form(fields), on, is_draft=True)


def _edit_page(
    visit: Visit,
    group: Group,
    found: Page | None,
    form: Form,
    on: int,
    trouble: Trouble | None = None,
    is_draft: bool = False,
) -> Response:
    """The form. What others wrote since revision `on` is shown beside what is in it."""
    number = found.number if found else 0
    compared = None
    if found and on != number:
        compared = around_changes(lines(found.source, form.text("source").strip()))
    message = FASTER if on != number and found else trouble.message if trouble else ""
    return visit.render(
        "group/wiki_edit.html",
        trouble.status if trouble else 200,
        group=group,
        wiki_page=found,
        title=form.line("title"),
        source=form.text("source"),
        why=form.line("why"),
        number=number,
        place=_place(visit, number),
        compared=compared,
        message=visit.text(message),
        is_draft=is_draft,
    )


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def edit(visit: Visit, form: Form) -> Response:
    """Save a page: a new one, or a revision of one that is there."""
    group, author = await _editor(visit)
    on = int(given) if (given := form.line("on")).isdecimal() and len(given) < 10 else 0
    words = wiki.Words(title=form.line("title"), source=form.text("source"), why=form.line("why"))
    slug = str(visit.request.path_params["slug"])
    try:
        async with visit.db.transaction():
            saved = await _saved(visit, group, author, slug, on, words)
            await drafts.remove(visit.db, visit.account.id, form.path("place"))
    except (Malformed, Conflict, TooMany) as refusal:
        found = await _page(visit, group)
        return _edit_page(visit, group, found, form, on, refusal)
    return RedirectResponse(wiki_of(group, saved.slug), 303)


async def _saved(visit: Visit, group: Group, author: Actor, slug: str, on: int, words: wiki.Words) -> Page:
    if on == 0:
        return await wiki.create(visit.db, group, author, words, clock.now())
    return await wiki.edit(visit.db, group, slug, on, author, words, clock.now())


def _place(visit: Visit, on: int) -> str:
    """Where a draft is kept: what was written on top of another revision is another draft."""
    return f"{visit.request.url.path}?on={on}"


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def roll_back(visit: Visit, form: Form) -> Response:
    """Let a page say again what it once said."""
    group, author = await _editor(visit)
    slug, number = str(visit.request.path_params["slug"]), int(visit.request.path_params["number"])
    async with visit.db.transaction():
        await wiki.roll_back(visit.db, group, slug, number, author, form.line("why"), clock.now())
    return RedirectResponse(wiki_of(group, slug), 303)


async def _cared_for(visit: Visit) -> tuple[Group, str]:
    group = await readable_group(visit)
    if not looks_after(visit, group.actor):
        raise Missing
    return group, str(visit.request.path_params["slug"])


@deed(Access.MEMBER)
async def delete(visit: Visit, form: Form) -> Response:
    """Take a page away; the list of pages offers to bring it back."""
    group, slug = await _cared_for(visit)
    now = clock.now()
    async with visit.db.transaction():
        await wiki.delete(visit.db, group, slug, now)
        about, number = f"{group.actor.name}/{slug}", group.actor.id
        await deeds.record(visit.db, visit.account, "delete wiki page", about, "", now, group_id=number)
    return RedirectResponse(wiki_of(group), 303)


@deed(Access.MEMBER)
async def restore(visit: Visit, form: Form) -> Response:
    """Bring a page back."""
    group, slug = await _cared_for(visit)
    about = f"{group.actor.name}/{slug}"
    async with visit.db.transaction():
        await wiki.restore(visit.db, group, slug)
        now, number = clock.now(), group.actor.id
        await deeds.record(visit.db, visit.account, "restore wiki page", about, "", now, group_id=number)
    return RedirectResponse(wiki_of(group, slug), 303)


@deed(Access.MEMBER)
async def choose_editors(visit: Visit, form: Form) -> Response:
    """Say who writes the wiki: those who look after the group, or its members too."""
    group = await readable_group(visit)
    if not looks_after(visit, group.actor):
        raise Missing
    async with visit.db.transaction():
        await wiki.choose_editors(visit.db, group, form.line("editors"))
    return RedirectResponse(wiki_of(group), 303)


_POST = ["POST"]
_PAGE = "/groups/{name}/wiki/{slug}"

ROUTES = [
    Route("/groups/{name}/wiki", index),
    Route("/groups/{name}/wiki", choose_editors, methods=_POST),
    Route(_PAGE, show),
    Route(f"{_PAGE}/edit", show_edit),
    Route(f"{_PAGE}/edit", edit, methods=_POST),
    Route(f"{_PAGE}/history", history),
    Route(f"{_PAGE}/history/{{number:int}}", revision),
    Route(f"{_PAGE}/history/{{number:int}}", roll_back, methods=_POST),
    Route(f"{_PAGE}/compare", compare),
    Route(f"{_PAGE}/delete", delete, methods=_POST),
    Route(f"{_PAGE}/restore", restore, methods=_POST),
]

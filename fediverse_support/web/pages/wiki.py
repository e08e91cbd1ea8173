"""The wiki of a group: reading it, and everything that it ever said. Writing it is in `wiki_writing.py`."""

from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from fediverse_support.community import visibility
from fediverse_support.community.groups import wiki
from fediverse_support.core import clock
from fediverse_support.core.comparing import around_changes, lines
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Group
from fediverse_support.core.slugs import is_slug, slug_of
from fediverse_support.database import actors, places
from fediverse_support.web.pages.places import looks_after, our_group
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, page


async def readable_group(visit: Visit) -> Group:
    """Our group that the path names, for who may see its threads. To everybody else it has no wiki (L3)."""
    group = await our_group(visit)
    if not visibility.may_see_group(visit.viewer, group):
        raise Missing
    return group


async def may_edit(visit: Visit, group: Group) -> bool:
    """Whether the visitor may write the wiki of `group`."""
    if visit.viewer.actor_id is None:
        return False
    author = await actors.by_id(visit.db, visit.viewer.actor_id)
    if author is None:
        return False
    standing = await places.standing(visit.db, group.actor, author, clock.now())
    return wiki.may_edit(group, standing, is_staff=visit.viewer.is_staff)


def wiki_of(group: Group, slug: str = "") -> str:
    """The path of a group's wiki, or of a page in it."""
    base = f"{address_of(group.actor)}/wiki"
    return f"{base}/{slug}" if slug else base


def number_in(visit: Visit, name: str) -> int | None:
    """A revision's number in the query, None if there is none."""
    given = visit.request.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None


def _slug(visit: Visit) -> str:
    return str(visit.request.path_params["slug"])


@page(Access.ANYONE)
async def index(visit: Visit) -> Response:
    """The pages of a wiki; with `?title=` the way to the page of that title, to write it."""
    group = await readable_group(visit)
    is_editor = await may_edit(visit, group)
    title = " ".join(visit.request.query_params.get("title", "").split())
    if title and is_editor:
        return RedirectResponse(
            f"{wiki_of(group, slug_of(title))}/edit?title={quote(title[:400], safe='')}", 303
        )
    is_moderator = looks_after(visit, group.actor)
    found = await wiki.pages(visit.db, group, even_deleted=is_moderator)
    return visit.render(
        "group/wiki.html",
        group=group,
        pages=[line for line in found if not line.is_deleted],
        deleted=[line for line in found if line.is_deleted],
        may_edit=is_editor,
        may_restore=is_moderator and group.life == "running",
    )


@page(Access.ANYONE)
async def show(visit: Visit) -> Response:
    """A page. The address made of its present title leads to it, too; who may write it may begin it."""
    group = await readable_group(visit)
    slug = _slug(visit)
    is_editor = await may_edit(visit, group)
    try:
        found = await wiki.page_at(visit.db, group, slug, even_deleted=True)
    except Missing:
        elsewhere = await wiki.renamed(visit.db, group, slug) if is_slug(slug) else None
        if elsewhere is not None:
            return RedirectResponse(wiki_of(group, elsewhere), 303)
        if is_editor and is_slug(slug):
            return visit.render("group/wiki_absent.html", 404, group=group, slug=slug)
        raise
    if found.deleted_at:
        raise Missing
    return visit.render(
        "group/wiki_page.html",
        group=group,
        wiki_page=found,
        may_edit=is_editor,
        may_delete=group.life == "running" and looks_after(visit, group.actor),
    )


@page(Access.ANYONE)
async def history(visit: Visit) -> Response:
    """The revisions of a page, and a form to compare two of them."""
    group = await readable_group(visit)
    found = await wiki.page_at(visit.db, group, _slug(visit))
    revisions = await wiki.history(visit.db, found, number_in(visit, "before"))
    older = revisions[-1].number if revisions and revisions[-1].number > 1 else None
    return visit.render(
        "group/wiki_history.html", group=group, wiki_page=found, revisions=revisions, older=older
    )


@page(Access.ANYONE)
async def revision(visit: Visit) -> Response:
    """A page as it was once, and what had changed in it."""
    group = await readable_group(visit)
    found = await wiki.page_at(visit.db, group, _slug(visit))
    shown = await wiki.revision(visit.db, found, int(visit.request.path_params["number"]))
    before = await wiki.revision(visit.db, found, shown.number - 1) if shown.number > 1 else None
    return visit.render(
        "group/wiki_revision.html",
        group=group,
        wiki_page=found,
        revision=shown,
        compared=around_changes(lines(before.source, shown.source)) if before else None,
        may_edit=await may_edit(visit, group),
    )


@page(Access.ANYONE)
async def compare(visit: Visit) -> Response:
    """What has changed from one revision to another."""
    group = await readable_group(visit)
    found = await wiki.page_at(visit.db, group, _slug(visit))
    numbers = [number_in(visit, name) for name in ("from", "to")]
    if None in numbers:
        raise Malformed("Choose two revisions to compare. Go back, please.")
    older, newer = sorted(number for number in numbers if number is not None)
    first, second = [await wiki.revision(visit.db, found, number) for number in (older, newer)]
    return visit.render(
        "group/wiki_compare.html",
        group=group,
        wiki_page=found,
        older=first,
        newer=second,
        compared=around_changes(lines(first.source, second.source)),
    )

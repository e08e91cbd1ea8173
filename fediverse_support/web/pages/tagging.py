"""Tags on pages: those to choose from while writing, those that a thread has, and the page to change them."""

from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.groups import tags
from fediverse_support.community.joining import speaking
from fediverse_support.core.errors import Conflict, Malformed, Trouble
from fediverse_support.core.models import Group, OfferedTag
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.places import cared_for, known_group
from fediverse_support.web.rendering import N_, address_of
from fediverse_support.web.security import Access, Visit, deed, page

FASTER = N_(
    "Somebody else has changed the tags in the meantime. Nothing was saved: look at them again, and change "
    "what still needs it."
)
TONES = {
    "plain": N_("plain"),
    "leaf": N_("green"),
    "clay": N_("brown"),
    "sky": N_("blue"),
    "dusk": N_("violet"),
}
EMPTY_ROWS = 3


async def offered_in(visit: Visit, group: Group | None) -> dict[str, OfferedTag]:
    """The tags of a group of ours by their hashtag, in its own order; none of a group elsewhere."""
    if group is None or not group.offers_tags:
        return {}
    return {tag.name: tag for tag in await tags.offered(visit.db, group.actor)}


def chosen_in(form: Form) -> tuple[str, ...]:
    """The tags that were ticked in a form; whether the group offers them is asked when the post is stored."""
    ticked = (name.removeprefix("tag_") for name in form.fields if name.startswith("tag_"))
    return tuple(name for name in ticked if name)


@page(Access.ANYONE)
async def tagged(visit: Visit) -> Response:
    """Where the hashtags of posts lead: to the threads of the group that have this one."""
    actor, _ = await known_group(visit)
    tag = str(visit.request.path_params["tag"])
    return RedirectResponse(f"{address_of(actor)}?tag={quote(tag.lower()[:100], safe='')}", 303)


@page(Access.MEMBER)
async def show_edit(visit: Visit) -> Response:
    """The form for the tags of a group."""
    group = await cared_for(visit)
    speaking.check_running(group)
    return _edit_page(visit, group, await tags.offered(visit.db, group.actor))


def _edit_page(
    visit: Visit, group: Group, rows: list[OfferedTag], trouble: Trouble | None = None
) -> Response:
    empty = min(EMPTY_ROWS, tags.MOST_OFFERED - len(rows))
    return visit.render(
        "group/tags.html",
        trouble.status if trouble else 200,
        group=group,
        rows=[*rows, *[OfferedTag(name="", label="")] * max(0, empty)],
        number_of_tags=len(rows),
        tones={name: visit.text(label) for name, label in TONES.items()},
        message=visit.text(trouble.message) if trouble else "",
    )


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def edit(visit: Visit, form: Form) -> Response:
    """Let a group offer the tags in the form; a row without a label is taken away."""
    group = await cared_for(visit)
    rows = _rows(form)
    try:
        async with visit.db.transaction():
            await _check_base(visit, group, form)
            await tags.offer(visit.db, visit.services.site, group, rows)
    except (Malformed, Conflict) as refusal:
        return _edit_page(visit, group, rows, refusal)
    return RedirectResponse(address_of(group.actor), 303)


async def _check_base(visit: Visit, group: Group, form: Form) -> None:
    """Raise `Conflict` if the group offers other tags than those that the form was made from."""
    now = " ".join(tag.name for tag in await tags.offered(visit.db, group.actor))
    if form.line("before") != now:
        raise Conflict(FASTER)


def _rows(form: Form) -> list[OfferedTag]:
    """The rows of the form in the order that its numbers say; a tone that there is not becomes plain."""
    found: list[tuple[float, OfferedTag]] = []
    for number in range(1, tags.MOST_OFFERED + EMPTY_ROWS + 1):
        label = form.line(f"label_{number}")
        if not label:
            continue
        place = form.line(f"place_{number}")
        tone = next((name for name in tags.TONES if name == form.line(f"tone_{number}")), tags.TONES[0])
        tag = OfferedTag(name=form.line(f"name_{number}"), label=label, tone=tone)
        found.append((int(place) if place.isdecimal() and len(place) < 4 else number, tag))
    return [tag for _, tag in sorted(found, key=lambda pair: pair[0])]


ROUTES = [
    Route("/groups/{name}/tagged/{tag}", tagged),
    Route("/groups/{name}/tags", show_edit),
    Route("/groups/{name}/tags", edit, methods=["POST"]),
]

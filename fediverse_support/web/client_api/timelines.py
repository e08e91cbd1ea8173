"""Home, public, tags, lists: `/api/v1/timelines/*` (mastodon-api.md §2.1, §5.2, §5.8)."""

from typing import Any

from starlette.routing import Route

from fediverse_support.community.reading import timelines as reading
from fediverse_support.core.errors import Malformed
from fediverse_support.database import timelines
from fediverse_support.database.client_statuses import Page
from fediverse_support.database.filters import Context
from fediverse_support.database.timeline_parts import Part
from fediverse_support.database.timelines import Tagged
from fediverse_support.web.client_api.calls import Answer, Call, Who, call
from fediverse_support.web.client_api.entities import statuses
from fediverse_support.web.client_api.paging import Window, linked, window

MOST_TAGS = 10


@call("read:statuses")
async def home(one: Call) -> Answer:
    """What the viewer and those whom they follow have said, and what begins in their groups."""
    asked = window(one)
    page = await reading.home(one.db, one.viewer, part_of(asked))
    return await answered(one, page, asked, hiding="home")


@call("read:statuses", who=Who.ANYONE)
async def public(one: Call) -> Answer:
    """Open threads: with `local` those of this community, with `remote` those of all others."""
    asked, params = window(one), one.params
    only_media = bool(params.flag("only_media"))
    if params.flag("local"):
        page = await timelines.of_here(one.db, one.viewer, part_of(asked), only_media=only_media)
    else:
        page = await timelines.of_everybody(
            one.db,
            one.viewer,
            part_of(asked),
            only_media=only_media,
            only_elsewhere=bool(params.flag("remote")),
        )
    return await answered(one, page, asked)


@call("read:statuses", who=Who.ANYONE)
async def tag(one: Call) -> Answer:
    """What was said under a hashtag, or under others too, with or without yet others."""
    asked, params = window(one), one.params
    wanted = Tagged(
        any=_tags([one.path_text("tag"), *params.texts("any")]),
        all=_tags(params.texts("all")),
        none=_tags(params.texts("none")),
        only_media=bool(params.flag("only_media")),
        only_elsewhere=bool(params.flag("remote")),
        only_here=bool(params.flag("local")),
    )
    page = await timelines.of_tags(one.db, one.viewer, wanted, part_of(asked))
    return await answered(one, page, asked)


@call("read:lists")
async def of_list(one: Call) -> Answer:
    """One of the viewer's lists: a group is one of them."""
    asked = window(one)
    page = await reading.of_list(one.db, one.viewer, one.path_id(), part_of(asked))
    return await answered(one, page, asked, hiding="home")


@call("read:statuses", who=Who.ANYONE)
async def nothing(one: Call) -> list[Any]:
    """What there is not here: statuses by a link in the news, and the old timeline of direct messages."""
    return []


def part_of(asked: Window) -> Part:
    """The part of a list that is asked for."""
    return Part(limit=asked.limit, max_id=asked.max_id, after=asked.after, is_upward=asked.is_upward)


async def answered(one: Call, page: Page, asked: Window, hiding: Context | None = None) -> Answer:
    """A page of a timeline with its links, which count what a filter has hidden too."""
    shown = await statuses.written(one.services, one.db, one.viewer, page, hiding)
    return linked(one, shown, [row.entry_id for row in page.statuses], asked)


def _tags(names: list[str]) -> list[str]:
    if len(names) > MOST_TAGS:
        raise Malformed(f"At most {MOST_TAGS} hashtags at once.")
    return list(dict.fromkeys(name.strip().removeprefix("#").lower() for name in names if name.strip()))


ROUTES: list[Route] = [
    Route("/api/v1/timelines/home", home),
    Route("/api/v1/timelines/public", public),
    Route("/api/v1/timelines/tag/{tag}", tag),
    Route("/api/v1/timelines/list/{id}", of_list),
    Route("/api/v1/timelines/link", nothing),
]

"""The list of groups, by what somebody needs."""

import msgspec
from starlette.responses import Response

from fediverse_support.community.house import directories
from fediverse_support.community.house.directories import LONGEST_SEARCH
from fediverse_support.core import clock
from fediverse_support.core.markup.plain import plain_text, shortened
from fediverse_support.core.models import Group
from fediverse_support.database.directory import Topic
from fediverse_support.web import doors
from fediverse_support.web.security import Access, Visit, page

LONGEST_LINE = 200


class Card(msgspec.Struct, frozen=True):
    """A group as a list shows it: what it is for in one line, its doors in a few words."""

    group: Group
    line: str
    doors: str


class Shelf(msgspec.Struct, frozen=True):
    """A topic and the groups in it."""

    topic: Topic
    depth: int
    cards: list[Card]


@page(Access.ANYONE)
async def show(visit: Visit) -> Response:
    """Every group that the visitor may know of, under its topics; fewer for who looks for a word."""
    words = " ".join(visit.request.query_params.get("q", "")[:LONGEST_SEARCH].split())
    found = await directories.of(visit.db, visit.viewer, visit.services.site.domain, clock.now(), words)
    return visit.render(
        "directory.html",
        words=words,
        shelves=[Shelf(shelf.topic, shelf.depth, cards(visit, shelf.groups)) for shelf in found.shelves],
        others=cards(visit, found.others),
        archived=cards(visit, found.archived),
        is_empty=found.is_empty,
    )


def cards(visit: Visit, groups: list[Group]) -> list[Card]:
    """These groups as a list shows them."""
    return [Card(group, first_line(group), visit.text(doors.in_short(group))) for group in groups]


def first_line(group: Group) -> str:
    """What a group is for: the first line of its description, as plain text."""
    return shortened(plain_text(group.actor.summary_html).partition("\n")[0], LONGEST_LINE)

"""What stands in the timelines of somebody's apps, newest first.

Home is what the viewer and those whom they follow have said and boosted, what begins in their groups, and
what begins anywhere in the open under a tag that they follow. A thread in a group stands there once, as the
group's boost, and its answers do not. Answers are there if they
are to somebody followed. What is for named people is in conversations only.

Lists: those that one keeps, each group that one is in (all that is said there), and what the server makes of
one's groups (`reading_lists.py`).
"""

from collections.abc import Awaitable, Callable

import msgspec

from fediverse_support.community.reading import reading_lists
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Viewer
from fediverse_support.database import home_timelines, timelines
from fediverse_support.database import reading_lists as stored_lists
from fediverse_support.database.client_statuses import Page
from fediverse_support.database.pool import Connection
from fediverse_support.database.timeline_parts import Part

_MOST_ROUNDS = 20
Read = Callable[[Part, int], Awaitable[Page]]


async def home(db: Connection, viewer: Viewer, part: Part) -> Page:
    """A part of the viewer's Home: one statement, unless most of what is looked at does not belong there."""

    async def read(part: Part, look_at: int) -> Page:
        return await home_timelines.of_home(db, viewer, part, look_at)

    return await _filled(read, part)


async def of_list(db: Connection, viewer: Viewer, list_id: int, part: Part) -> Page:
    """A part of one of the viewer's lists. Raises `Missing` for one that is not theirs."""
    if viewer.actor_id is None:
        raise Missing
    if list_id in viewer.member_of or list_id in viewer.moderates:
        return await timelines.of_groups(db, viewer, [list_id], part)
    if list_id in (reading_lists.NEEDS_A_REPLY, reading_lists.MY_GROUPS):
        groups = sorted({*viewer.member_of, *viewer.moderates})
        is_waiting = list_id == reading_lists.NEEDS_A_REPLY
        return await timelines.of_groups(db, viewer, groups, part, only_unanswered=is_waiting)

    async def read(part: Part, look_at: int) -> Page:
        return await home_timelines.of_list(db, viewer, list_id, part, look_at)

    page = await _filled(read, part)
    if not page.statuses and await stored_lists.by_id(db, viewer.actor_id, list_id) is None:
        raise Missing
    return page


async def _filled(read: Read, part: Part) -> Page:
    """Read on until the page is full or there is nothing more to look at."""
    look_at = 2 * part.limit + 40
    whole = Page()
    for _ in range(_MOST_ROUNDS):
        page = await read(part, look_at)
        whole = _joined(whole, page, part)
        if page.scanned < look_at or len(whole.statuses) >= part.limit:
            break
        look_at = min(2 * look_at, 1_000)
        part = msgspec.structs.replace(
            part,
            max_id=part.max_id if part.is_upward else page.edge,
            after=page.edge if part.is_upward else part.after,
        )
    return whole


def _joined(whole: Page, page: Page, part: Part) -> Page:
    if not whole.statuses:
        return page
    both = (*page.statuses, *whole.statuses) if part.is_upward else (*whole.statuses, *page.statuses)
    nearest = both[-part.limit :] if part.is_upward else both[: part.limit]
    return Page(
        statuses=nearest,
        accounts=whole.accounts | page.accounts,
        mentioned=tuple({row.id: row for row in (*whole.mentioned, *page.mentioned)}.values()),
    )

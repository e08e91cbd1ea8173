"""One status, several, the thread around one, who liked and boosted it (mastodon-api.md §2.1)."""

from collections.abc import Sequence

from starlette.routing import Route

from fediverse_support.core.errors import Missing
from fediverse_support.database import client_statuses, responses, timelines
from fediverse_support.database.client_statuses import StatusRow
from fediverse_support.database.responses import Deed
from fediverse_support.web.client_api.calls import Answer, Call, Who, call
from fediverse_support.web.client_api.entities import accounts, statuses
from fediverse_support.web.client_api.entities.accounts import Json
from fediverse_support.web.client_api.paging import Window, linked, window
from fediverse_support.web.client_api.timelines import part_of

MOST_AT_ONCE = 20
LONGEST_THREAD = 4_096
ABOVE_FOR_GUESTS, BELOW_FOR_GUESTS, DEEPEST_FOR_GUESTS = 40, 60, 20


@call("read:statuses", who=Who.ANYONE)
async def show(one: Call) -> Json:
    """One post or boost."""
    return await statuses.one(one.services, one.db, one.viewer, one.path_id())


@call("read:statuses", who=Who.ANYONE)
async def several(one: Call) -> list[Json]:
    """Some of them by their numbers; what there is not is left out."""
    ids = one.params.ids("id")[:MOST_AT_ONCE]
    return await statuses.shown(one.services, one.db, one.viewer, ids)


@call("read:statuses", who=Who.ANYONE)
async def context(one: Call) -> dict[str, list[Json]]:
    """What a post answers and what answers it, as far as the viewer may see it.

    An answer to what is not to be seen stands below the beginning of the thread, so that apps can place it.
    """
    is_guest = one.viewer.actor_id is None
    highest = ABOVE_FOR_GUESTS if is_guest else LONGEST_THREAD
    page = await timelines.around(one.db, one.viewer, one.path_id(), LONGEST_THREAD, highest)
    rows = {row.id: row for row in page.statuses}
    if page.edge not in rows:
        raise Missing
    above = _above(rows, page.edge)[-highest:]
    below = _below(rows, page.edge)
    if is_guest:
        below = [(row, depth) for row, depth in below if depth <= DEEPEST_FOR_GUESTS][:BELOW_FOR_GUESTS]
    made = {item["id"]: item for item in await statuses.rendered(one.services, one.db, one.viewer, page)}
    return {
        "ancestors": [_placed(made, rows, row) for row in above],
        "descendants": [_placed(made, rows, row) for row, _ in below],
    }


@call("read:statuses", who=Who.ANYONE)
async def favourited_by(one: Call) -> Answer:
    """Who liked a post: for people here, not for everybody who passes by."""
    row = await _seen(one)
    asked = window(one, 40, 80)
    found = (
        await responses.likes(one.db, row.uri, one.viewer.apart_from, part_of(asked))
        if one.viewer.actor_id is not None
        else []
    )
    return await people(one, found, asked)


@call("read:statuses", who=Who.ANYONE)
async def reblogged_by(one: Call) -> Answer:
    """Who boosted a post."""
    row = await _seen(one)
    asked = window(one, 40, 80)
    found = await responses.boosts(one.db, row.id, one.viewer.apart_from, part_of(asked))
    return await people(one, found, asked)


async def people(one: Call, found: Sequence[Deed], asked: Window) -> Answer:
    """A page of the accounts of who did something."""
    shown = await accounts.shown(one.services, one.db, one.viewer, [deed.actor_id for deed in found])
    numbers = [deed.id for deed in found]
    return linked(one, shown, numbers, asked, prev="since_id", always_next=False)


async def _seen(one: Call) -> StatusRow:
    page = await client_statuses.by_ids(one.db, one.viewer, [one.path_id()])
    if not page.statuses:
        raise Missing
    return page.statuses[0]


def _parent(rows: dict[int, StatusRow], row: StatusRow) -> int | None:
    """What a post stands below: what it answers, or the beginning of its thread; None for that itself."""
    if row.parent_id in rows:
        return row.parent_id
    return row.root_id if row.root_id in rows and row.root_id != row.id else None


def _above(rows: dict[int, StatusRow], number: int) -> list[StatusRow]:
    """What stands above a post, the beginning of the thread first."""
    found: list[StatusRow] = []
    seen = {number}
    at = _parent(rows, rows[number])
    while at is not None and at not in seen:
        seen.add(at)
        found.append(rows[at])
        at = _parent(rows, rows[at])
    return found[::-1]


def _below(rows: dict[int, StatusRow], number: int) -> list[tuple[StatusRow, int]]:
    """What stands below a post, each with how deep, every answer behind what it answers."""
    answers: dict[int, list[StatusRow]] = {}
    for row in sorted(rows.values(), key=lambda row: (row.published_at, row.id), reverse=True):
        if (parent := _parent(rows, row)) is not None:
            answers.setdefault(parent, []).append(row)
    found: list[tuple[StatusRow, int]] = []
    waiting = [(row, 1) for row in answers.pop(number, [])]
    while waiting:
        row, depth = waiting.pop()
        found.append((row, depth))
        waiting.extend((answer, depth + 1) for answer in answers.pop(row.id, []))
    return found


def _placed(made: dict[str, Json], rows: dict[int, StatusRow], row: StatusRow) -> Json:
    status = made[str(row.id)]
    parent = _parent(rows, row)
    if parent is None or parent == row.parent_id:
        return status
    return status | {
        "in_reply_to_id": str(parent),
        "in_reply_to_account_id": str(rows[parent].author_id),
    }


ROUTES: list[Route] = [
    Route("/api/v1/statuses", several),
    Route("/api/v1/statuses/{id}", show),
    Route("/api/v1/statuses/{id}/context", context),
    Route("/api/v1/statuses/{id}/favourited_by", favourited_by),
    Route("/api/v1/statuses/{id}/reblogged_by", reblogged_by),
]

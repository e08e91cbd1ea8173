"""Pages of lists by the numbers of what stands in them, and the Link header that leads from one to the next.

    max_id     what is older than this           newest first
    since_id   what is newer than this           newest first; there may be a gap
    min_id     what is just newer than this      the oldest of them, given newest first all the same

Apps take the cursors out of the header by reading digits, some follow only the first link: `next` goes first.
An empty page has none, because some fetch on while there is one (mastodon-api.md §5.2).
"""

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from fediverse_support.web.client_api.calls import Answer, Call
from fediverse_support.web.client_api.parameters import LARGEST_NUMBER, as_id

_CURSORS = ("max_id", "min_id", "since_id")


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list is asked for. Both ends are left out of it; `max_id` is never None in SQL terms:
    without one it is the largest number there is, `after` the smallest.

    `is_upward`: the page is the part just above `after`, and not the newest below `max_id`.
    """

    limit: int
    max_id: int = LARGEST_NUMBER
    after: int = 0
    is_upward: bool = False


def window(call: Call, usual: int = 20, most: int = 40) -> Window:
    """The part of a list that `call` asks for. A cursor that is no number of ours is as if it were not there;
    one that is larger than any means the end of all numbers. Raises `Malformed` for a limit that is none."""
    params = call.params
    least = _cursor(params.maybe("min_id"))
    since = _cursor(params.maybe("since_id"))
    newest = _cursor(params.maybe("max_id"))
    return Window(
        limit=params.number("limit", usual, 1, most),
        max_id=LARGEST_NUMBER if newest is None else newest,
        after=max(least or 0, since or 0),
        is_upward=least is not None,
    )


def linked(
    call: Call,
    items: Any,
    numbers: Sequence[int],
    window: Window,
    *,
    prev: Literal["min_id", "since_id"] = "min_id",
    always_next: bool = True,
) -> Answer:
    """The page with its Link header. `numbers` are those of the rows looked at, newest first, of which some
    may have been left out of `items`. `always_next`: timelines say `next` as long as there was anything,
    other lists only when the page was full."""
    if not numbers:
        return Answer(items)
    here = _address(call)
    links = []
    if always_next or len(numbers) >= window.limit:
        links.append(f'<{here}max_id={numbers[-1]}>; rel="next"')
    links.append(f'<{here}{prev}={numbers[0]}>; rel="prev"')
    return Answer(items, headers={"Link": ", ".join(links)})


def offset_linked(call: Call, items: Sequence[Any], offset: int, limit: int) -> Answer:
    """A page of a list that is paged by offset."""
    links = []
    if len(items) >= limit:
        links.append(f'<{_address(call, "offset")}offset={offset + limit}>; rel="next"')
    if offset > 0:
        links.append(f'<{_address(call, "offset")}offset={max(0, offset - limit)}>; rel="prev"')
    return Answer(items, headers={"Link": ", ".join(links)} if links else {})


def _cursor(text: str | None) -> int | None:
    if not text or not (text.isascii() and text.isdecimal()):
        return None
    return LARGEST_NUMBER if as_id(text) is None else int(text)


def _address(call: Call, *replaced: str) -> str:
    """The same address up to where another cursor goes; all other parameters of the caller stay."""
    kept = [
        (key, value)
        for key, value in call.request.query_params.multi_items()
        if key not in (*_CURSORS, *replaced, "access_token")
    ]
    query = f"{urlencode(kept)}&" if kept else ""
    return f"{call.site.origin}{call.request.scope['path']}?{query}"

"""Polls: what was chosen so far, and choosing."""

from typing import Any

from starlette.routing import Route

from fediverse_support.community.posts import reacting, voting
from fediverse_support.core.errors import Malformed
from fediverse_support.web.client_api.calls import Call, Who, call
from fediverse_support.web.client_api.entities import polls
from fediverse_support.web.client_api.wishes import myself


@call("read:statuses", who=Who.ANYONE)
async def show(one: Call) -> Any:
    """A poll; its number is that of its post."""
    return await polls.one(one.db, one.viewer, one.path_id())


@call("write:statuses", limit="60 per 10 minutes")
async def vote(one: Call) -> Any:
    """Choose answers by their positions, for good."""
    post = await reacting.post_for(one.db, one.viewer, one.path_id())
    async with one.db.transaction():
        voter = await myself(one, one.db)
        await voting.vote(one.db, one.site, voter, post.id, _choices(one), one.now)
    return await polls.one(one.db, one.viewer, post.id)


def _choices(one: Call) -> list[int]:
    given = one.params.texts("choices")
    if not all(text.isascii() and text.isdecimal() and len(text) <= 3 for text in given):
        raise Malformed("Validation failed: Choice is not an answer of this poll")
    return [int(text) for text in given]


ROUTES = [
    Route("/api/v1/polls/{id}", show),
    Route("/api/v1/polls/{id}/votes", vote, methods=["POST"]),
]

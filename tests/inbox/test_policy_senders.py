"""Who sends, and how they stand here: in one look (database/senders.py)."""

from datetime import timedelta
from typing import Any

from fediverse_support.core.identifiers import new_id
from fediverse_support.database import senders
from fediverse_support.database.pool import acquire
from fediverse_support.database.senders import Surroundings


async def look(world: Any, uri: str, *, addressed: tuple[str, ...] = (), **more: Any) -> Surroundings:
    async with acquire(world.pool) as db:
        given: dict[str, Any] = {"author_uri": "", "in_reply_to": None, "now": world.clock()}
        return await senders.look(db, uri=uri, addressed=addressed, **(given | more))


async def test_of_a_stranger_nothing_is_known_and_it_costs_one_round_trip(world: Any) -> None:
    before = world.round_trips()
    found = await look(world, "https://nobody.example/users/x", addressed=("https://nobody.example/g",))
    assert world.round_trips() - before <= 1
    assert found == Surroundings(moderator_is_here=False)

"""What a change of the ladder would end, found out by doing it and taking it back at once.

So what is said beforehand is what happens: no second reckoning could differ from the first.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from fediverse_support.community.joining import severing
from fediverse_support.community.joining.severing import Preview
from fediverse_support.database.pool import Connection
from fediverse_support.moderation.settling import Settled

T = TypeVar("T")


class Foretold(msgspec.Struct, frozen=True):
    """What a change comes to, and which follows would end because of it."""

    settled: Settled
    ends: Preview

    @property
    def severs(self) -> bool:
        """Whether anybody would lose anything."""
        return bool(self.ends.members or self.ends.followers)


async def foretold(
    db: Connection, deed: Callable[[], Awaitable[T]], settled: Callable[[T], Settled]
) -> tuple[T, Foretold]:
    """Do `deed` in a transaction that is taken back; what it gave, and what it would end.

    Raises what `deed` raises. Nothing of it stays, whatever happens.
    """
    transaction = db.transaction()
    await transaction.start()
    try:
        given = await deed()
    finally:
        await transaction.rollback()
    came_to = settled(given)
    return given, Foretold(came_to, await severing.preview(db, came_to.newly_blocked))


async def of_change(db: Connection, deed: Callable[[], Awaitable[Settled]]) -> Foretold:
    """The same for a deed that gives what was settled and nothing else."""
    _, found = await foretold(db, deed, lambda settled: settled)
    return found

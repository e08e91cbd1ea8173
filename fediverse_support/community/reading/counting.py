"""How much everybody has written and who follows whom, counted beforehand for the lists of apps.

Beside each of forty posts stands its author with three counts. Counting then would cost more than the page,
and keeping counts with every post and follow would make these wait for each other. So a worker counts, each
minute, for whom there is news; what stands beside a post may be a minute old. Where an account itself is
shown it is counted at once.
"""

from datetime import datetime, timedelta

from fediverse_support.core.identifiers import id_at
from fediverse_support.database import actor_counts
from fediverse_support.database.pool import Connection

LATELY = timedelta(minutes=3)
"""Who wrote or boosted so lately is counted again: longer than the time between two rounds."""
STALE = timedelta(hours=6)
"""Who was counted so long ago is counted again: what was taken back is news of nobody."""


async def count_some(db: Connection, now: datetime, most: int = 500) -> bool:
    """Count for up to so many actors; whether there may be more. Safe to run twice."""
    found = await actor_counts.with_news(db, id_at(now - LATELY), now - LATELY, now - STALE, most)
    if found:
        await actor_counts.count(db, found, now)
    return len(found) == most

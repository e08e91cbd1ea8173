"""The keys that we know, in memory: the hot path of the inbox asks the database once in five minutes."""

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from fediverse_support.database import keys
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.protocol.signatures.keys import PublicKey, load_public

MOST_KEYS = 10_000
KEPT_SECONDS = 300.0
REFETCH_AFTER = timedelta(minutes=5)
"""What we know of a key and its owner is asked for again only if it is older than this (rotation, O13)."""


class KnownKey(msgspec.Struct, frozen=True):
    """A loaded key, and when it was last fetched from its owner's server."""

    key: PublicKey
    owner_state: str
    fetched_at: datetime


class KnownKeys:
    """Looks keys up by id. An entry is never older than five minutes; `forget` drops one at once."""

    def __init__(self, pool: Pool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, KnownKey]] = OrderedDict()

    async def get(self, key_id: str) -> KnownKey | None:
        """The key with this id, if its owner is known to us."""
        kept = self._kept.get(key_id)
        if kept is not None and self._clock() - kept[0] < KEPT_SECONDS:
            return kept[1]
        async with acquire(self._pool) as db:
            row = await keys.by_id(db, key_id)
        if row is None:
            self._kept.pop(key_id, None)
            return None
        known = KnownKey(load_public(row.id, row.actor_uri, row.public_key), row.actor_state, row.fetched_at)
        self._kept[key_id] = (self._clock(), known)
        if len(self._kept) > MOST_KEYS:
            self._kept.popitem(last=False)
        return known

    def forget(self, key_id: str) -> None:
        """Read this key from the database the next time."""
        self._kept.pop(key_id, None)

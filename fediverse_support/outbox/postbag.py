"""What a worker needs for its next turns, read in few statements: deliveries, letters, keys."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from fediverse_support.database import deliveries
from fediverse_support.database.deliveries import Letter
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.keyring import Keyring
from fediverse_support.outbox.turns import Parcel

KEPT = 256
"""Letters kept in memory. Activities are under 64 KiB, so this is 16 MiB at the very most."""


class Postbag:
    """Packs parcels; an activity that goes to many hosts is read from the database once."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._kept: OrderedDict[int, tuple[Letter, bytes]] = OrderedDict()

    async def pack(
        self, db: Connection, now: datetime, rooms: Sequence[tuple[str, int]]
    ) -> dict[str, list[Parcel]]:
        """What is due for each (host, at most so many), by host, in order.

        Raises `Misconfigured` when a key cannot be opened.
        """
        rows = await deliveries.due_of_hosts(db, now, rooms)
        letters = await self._letters(db, {due.activity_id for due in rows})
        keys = await self._keyring.of_activities(db, {(due.actor_id, due.activity_id) for due in rows})
        packed: defaultdict[str, list[Parcel]] = defaultdict(list)
        for due in rows:
            letter, body = letters[due.activity_id]
            packed[due.host].append(Parcel(due, letter, body, keys.get((due.actor_id, due.activity_id))))
        return packed

    async def _letters(self, db: Connection, wanted: Iterable[int]) -> dict[int, tuple[Letter, bytes]]:
        found: dict[int, tuple[Letter, bytes]] = {}
        missing: list[int] = []
        for activity_id in wanted:
            if (kept := self._kept.get(activity_id)) is None:
                missing.append(activity_id)
            else:
                self._kept.move_to_end(activity_id)
                found[activity_id] = kept
        for letter in await deliveries.letters(db, missing) if missing else ():
            found[letter.id] = self._kept[letter.id] = (letter, letter.body.encode())
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found

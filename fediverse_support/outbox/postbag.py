"""What a worker needs for its next turns, read in few statements: deliveries, letters, keys."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from fediverse_support.database import deliveries, follows
from fediverse_support.database.deliveries import Due, Letter
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.keyring import Keyring
from fediverse_support.outbox.turns import Parcel
from fediverse_support.protocol import json_gate, synchronisation

KEPT = 256
"""Letters kept in memory. Activities are under 64 KiB, so this is 16 MiB at the very most."""


class _Kept(msgspec.Struct, frozen=True):
    """A letter, what goes over the wire of it, and the followers collection that alone it is for, if any."""

    letter: Letter
    body: bytes
    collection: str | None


class Postbag:
    """Packs parcels; an activity that goes to many hosts is read from the database once."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    async def pack(
        self, db: Connection, now: datetime, rooms: Sequence[tuple[str, int]]
    ) -> dict[str, list[Parcel]]:
        """What is due for each (host, at most so many), by host, in order.

        Raises `Misconfigured` when a key cannot be opened.
        """
        rows = await deliveries.due_of_hosts(db, now, rooms)
        letters = await self._letters(db, {due.activity_id for due in rows})
        keys = await self._keyring.of_activities(db, {(due.actor_id, due.activity_id) for due in rows})
        headers = await _synchronisations(db, rows, letters)
        packed: defaultdict[str, list[Parcel]] = defaultdict(list)
        for due in rows:
            kept = letters[due.activity_id]
            key = keys.get((due.actor_id, due.activity_id))
            packed[due.host].append(
                Parcel(due, kept.letter, kept.body, key, headers.get(due.id), kept.collection is not None)
            )
        return packed

    async def _letters(self, db: Connection, wanted: Iterable[int]) -> dict[int, _Kept]:
        found: dict[int, _Kept] = {}
        missing: list[int] = []
        for activity_id in wanted:
            if (kept := self._kept.get(activity_id)) is None:
                missing.append(activity_id)
            else:
                self._kept.move_to_end(activity_id)
                found[activity_id] = kept
        for letter in await deliveries.letters(db, missing) if missing else ():
            found[letter.id] = self._kept[letter.id] = _opened(letter)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found


def _opened(letter: Letter) -> _Kept:
    body = letter.body.encode()
    document = json_gate.read(body, json_gate.FETCHED)
    return _Kept(letter, body, synchronisation.collection_of(document))


async def _synchronisations(
    db: Connection, rows: Sequence[Due], letters: Mapping[int, _Kept]
) -> dict[int, str]:
    """The header of FEP-8fcf for each delivery of something that is for followers only, by its number."""
    private = [due for due in rows if letters[due.activity_id].collection is not None]
    if not private:
        return {}
    found = await follows.on_servers(db, sorted({(due.actor_id, due.host) for due in private}))
    return {
        due.id: synchronisation.for_receiver(str(letters[due.activity_id].collection), uris)
        for due in private
        if (uris := found[due.actor_id, due.host])
    }

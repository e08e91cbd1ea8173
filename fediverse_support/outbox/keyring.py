"""The private keys of our own actors, opened once and kept.

Opening a key costs more than signing with it. What is delivered is signed with the key that its actor had
when the activity was made: so the announcement of a new key goes out under the old one, and nothing that
comes after it does (`community/groups/rotation.py`).
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable

from fediverse_support.core.errors import Missing
from fediverse_support.core.identifiers import id_at
from fediverse_support.core.sealing import Seal
from fediverse_support.database import actors, keys
from fediverse_support.database.keys import SigningKey
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.signatures.keys import PrivateKey, load_private
from fediverse_support.protocol.site import Site

KEPT = 1024
KEPT_SECONDS = 300.0
Made = tuple[int, int]
"""An actor of ours and an activity that it made, by their numbers."""


class Keyring:
    """Opens RSA keys from `actor_keys` with the seal, and keeps the last used ones."""

    def __init__(self, seal: Seal, site: Site, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seal = seal
        self._site = site
        self._monotonic = monotonic
        self._kept: OrderedDict[int, tuple[float, PrivateKey]] = OrderedDict()
        self._by_id: OrderedDict[str, PrivateKey] = OrderedDict()

    async def of(self, db: Connection, actor_id: int) -> PrivateKey:
        """The key that one of our actors signs requests with.

        Raises `Missing` when it has none, `Misconfigured` when the seal is not the one it was closed with.
        """
        kept = self._kept.get(actor_id)
        if kept is not None and self._monotonic() - kept[0] < KEPT_SECONDS:
            self._kept.move_to_end(actor_id)
            return kept[1]
        key = await self._open(db, actor_id)
        self._kept[actor_id] = (self._monotonic(), key)
        self._kept.move_to_end(actor_id)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return key

    async def of_activities(self, db: Connection, made: Collection[Made]) -> dict[Made, PrivateKey]:
        """The key that each activity is signed with; those whose actor has none are left out.

        One small query, so that a rotation counts at once in every worker; a key that was opened before is
        not read again. Raises `Misconfigured` as `of`.
        """
        rows = await keys.signing(db, sorted({actor_id for actor_id, _ in made}))
        wanted = {one: key_id for one in made if (key_id := in_force(rows, *one)) is not None}
        opened = await self._open_all(db, set(wanted.values()))
        return {one: opened[key_id] for one, key_id in wanted.items() if key_id in opened}

    async def instance(self, db: Connection) -> PrivateKey:
        """The key of the instance actor, which signs our look-ups. Raises as `of`."""
        actor = await actors.by_uri(db, self._site.instance_actor)
        if actor is None:
            raise Missing("This server has no instance actor yet.")
        return await self.of(db, actor.id)

    def forget(self, actor_id: int) -> None:
        """Read this actor's key again next time: it was rotated."""
        self._kept.pop(actor_id, None)

    async def _open(self, db: Connection, actor_id: int) -> PrivateKey:
        for key_id, algorithm, sealed in await keys.private_of_actor(db, actor_id):
            if algorithm == "rsa":
                return load_private(key_id, self._seal.open(sealed, keys.PURPOSE).decode("ascii"))
        raise Missing("This actor has no key to sign with.")

    async def _open_all(self, db: Connection, key_ids: Iterable[str]) -> dict[str, PrivateKey]:
        found = {key_id: key for key_id in key_ids if (key := self._by_id.get(key_id)) is not None}
        missing = [key_id for key_id in key_ids if key_id not in found]
        for key_id, sealed in await keys.private_by_ids(db, missing) if missing else ():
            pem = self._seal.open(sealed, keys.PURPOSE).decode("ascii")
            found[key_id] = self._by_id[key_id] = load_private(key_id, pem)
        for key_id in found:
            self._by_id.move_to_end(key_id)
        while len(self._by_id) > KEPT:
            self._by_id.popitem(last=False)
        return found


def in_force(rows: Iterable[SigningKey], actor_id: int, activity_id: int) -> str | None:
    """The id of the key that the actor had when the activity was made: the first not retired by then.

    `rows`: those retired first coming first. Numbers of activities tell the time (`core/identifiers.py`).
    """
    for row in rows:
        is_good = row.retired_at is None or activity_id < id_at(row.retired_at)
        if row.actor_id == actor_id and is_good:
            return row.id
    return None

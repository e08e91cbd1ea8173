"""The private keys of our own actors, opened once and kept for a while.

Opening a key costs more than signing with it. A key is kept for five minutes, so that after a rotation
every worker soon signs with the new one; the old one is still known to peers for longer than that.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from fediverse_support.core.errors import Missing
from fediverse_support.core.sealing import Seal
from fediverse_support.database import actors, keys
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.signatures.keys import PrivateKey, load_private
from fediverse_support.protocol.site import Site

KEPT = 1024
KEPT_SECONDS = 300.0


class Keyring:
    """Opens RSA keys from `actor_keys` with the seal, and keeps the last used ones."""

    def __init__(self, seal: Seal, site: Site, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seal = seal
        self._site = site
        self._monotonic = monotonic
        self._kept: OrderedDict[int, tuple[float, PrivateKey]] = OrderedDict()

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

    async def of_all(self, db: Connection, actor_ids: Iterable[int]) -> dict[int, PrivateKey]:
        """The keys of these actors; those without one are left out."""
        found: dict[int, PrivateKey] = {}
        for actor_id in actor_ids:
            try:
                found[actor_id] = await self.of(db, actor_id)
            except Missing:
                continue
        return found

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

"""Checking, in the worker, the signatures that reception stored with a key we did not know."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from fediverse_support.core import clock
from fediverse_support.core.errors import (
    Gone,
    Malformed,
    Missing,
    Refused,
    RemoteRefused,
    TooMany,
    Unauthenticated,
)
from fediverse_support.database import actors, inbox, keys
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.inbox import reading
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.inbox.known_keys import REFETCH_AFTER, KnownKeys
from fediverse_support.inbox.reception import is_forwarded
from fediverse_support.network.budget import FetchBudget
from fediverse_support.protocol.signatures import storage, verification
from fediverse_support.protocol.signatures.claims import Claim
from fediverse_support.protocol.signatures.keys import load_public
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import Activity


class Verifier:
    """Turns an arrival from *unverified* to *waiting*, or forgets it."""

    def __init__(
        self,
        pool: Pool,
        site: Site,
        known_keys: KnownKeys,
        acquaintance: Acquaintance,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._pool = pool
        self._site = site
        self._keys = known_keys
        self._acquaintance = acquaintance
        self._now = now
        self._our_hosts = frozenset({site.host, site.domain})

    async def verify(self, arrived: Arrived, budget: FetchBudget) -> Arrived | None:
        """The arrival as verified; None if its signature is not good, and then nothing of it is kept.

        Raises `RemoteTrouble` or `TooMany` when the key cannot be had just now. Safe to run twice.
        """
        try:
            forwarded = await self._is_forwarded(arrived, budget)
        except TooMany:
            raise
        except (Refused, Missing, RemoteRefused):
            await self._forget(arrived)
            return None
        if not await self._mark(arrived, forwarded):
            await self._forget(arrived)
            return None
        return msgspec.structs.replace(arrived, state="waiting", forwarded=forwarded, request=None)

    async def _is_forwarded(self, arrived: Arrived, budget: FetchBudget) -> bool:
        request = storage.from_store(arrived.request or b"")
        request = msgspec.structs.replace(request, body=arrived.body)
        claim = verification.read(request, self._our_hosts, arrived.received_at)
        activity = reading.at_the_door(arrived.body, self._site.gate)
        owner = await self._owner_if_signed(claim)
        if owner is None:
            await self._check_patience(claim, activity)
            try:
                await self._acquaintance.meet_signer(claim.key_id, activity.actor, budget)
            except Gone:
                return await self._farewell(activity)
            self._keys.forget(claim.key_id)
            owner = await self._owner_if_signed(claim)
        if owner is None:
            raise Unauthenticated("The signature does not fit the key that its owner publishes.")
        return is_forwarded(activity, owner)

    async def _check_patience(self, claim: Claim, activity: Activity) -> None:
        """Raise `Unauthenticated` if the signer was asked for its keys a moment ago (O13)."""
        if not self._site.gate.same_origin(claim.key_id, activity.actor):
            return
        async with acquire(self._pool) as db:
            known = await actors.by_uri(db, activity.actor)
        if known and known.fetched_at and self._now() - known.fetched_at < REFETCH_AFTER:
            raise Unauthenticated("The signature does not fit the key that its owner has just published.")

    async def _owner_if_signed(self, claim: Claim) -> str | None:
        async with acquire(self._pool) as db:
            row = await keys.by_id(db, claim.key_id)
        if row is None or row.actor_state != "active":
            return None
        try:
            verification.check(claim, load_public(row.id, row.actor_uri, row.public_key))
        except (Unauthenticated, Malformed):
            return None
        return row.actor_uri

    async def _farewell(self, activity: Activity) -> bool:
        """The signer is gone, which proves its own deletion (SWICG); False: not forwarded."""
        async with acquire(self._pool) as db:
            known = await actors.by_uri(db, activity.actor)
        if activity.type == "Delete" and activity.object_id == activity.actor and known is not None:
            return False
        raise Gone("The signer was deleted.")

    async def _mark(self, arrived: Arrived, forwarded: bool) -> bool:
        async with acquire(self._pool) as db:
            return await inbox.verified(db, arrived.id, forwarded)

    async def _forget(self, arrived: Arrived) -> None:
        async with acquire(self._pool) as db:
            await inbox.delete(db, arrived.id)

"""The guards, in their one order. What passes them all is on disk before `receive` returns.

Raises, for the web layer to turn into statuses (federation notes 3.3 and 8.4; never 410, which would tell
PieFed and Misskey that this whole server is gone): `TooLarge` 413, `WrongType` 415, `Malformed` 400,
`Forbidden` 403 for a blocked domain, `Unauthenticated` 401, `TooMany` 429, `Unavailable` 503.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

import msgspec

from fediverse_support.core import clock
from fediverse_support.core.errors import (
    Forbidden,
    Malformed,
    TooLarge,
    TooMany,
    Unauthenticated,
    WrongType,
)
from fediverse_support.core.identifiers import new_id
from fediverse_support.database import actors, inbox
from fediverse_support.database.inbox import Arrived, State
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.inbox import reading
from fediverse_support.inbox.committing import Committer
from fediverse_support.inbox.known_keys import REFETCH_AFTER, KnownKey, KnownKeys
from fediverse_support.inbox.limits import HostRates
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol import synchronisation
from fediverse_support.protocol.signatures import storage, verification
from fediverse_support.protocol.signatures.claims import Claim
from fediverse_support.protocol.signatures.requests import SignedRequest
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import Activity

LARGEST_BODY = 1_048_576
MOST_UNVERIFIED = 200
"""How many arrivals of one host may wait for keys at the same time."""

_ACTIVITY_TYPES = ("application/activity+json", "application/ld+json")


class Reception:
    """The door of the inbox. `policy` gives the policy in force; `on_stored` is called after each commit."""

    def __init__(
        self,
        pool: Pool,
        site: Site,
        policy: Callable[[], Policy],
        known_keys: KnownKeys,
        rates: HostRates,
        now: Callable[[], datetime] = clock.now,
        on_stored: Callable[[], None] | None = None,
    ) -> None:
        self._pool = pool
        self._site = site
        self._policy = policy
        self._keys = known_keys
        self._rates = rates
        self._now = now
        self._committer = Committer(pool, on_stored=on_stored)
        self._our_hosts = frozenset({site.host, site.domain})

    async def receive(self, request: SignedRequest) -> State:
        """Take in one request; the state it was stored in. Safe to run twice: the id is stored once."""
        now = self._now()
        _check_size(request.body)
        _check_type(request)
        activity = reading.at_the_door(request.body, self._site.gate)
        self._check_domains(activity)
        claim = verification.read(request, self._our_hosts, now)
        host = self._site.gate.host(self._site.gate.check(claim.key_id))
        if self._policy().ladder.blocks(host):
            raise Forbidden("This community does not exchange anything with your server.")
        known = await self._keys.get(claim.key_id)
        if known is not None and self._is_verified(claim, known, now):
            state: State = "waiting"
            forwarded = is_forwarded(activity, known.key.owner)
            self._rates.take(host)
        else:
            state, forwarded = "unverified", False
            self._check_signer(activity, claim)
            if known is None and await self._is_farewell_of_a_stranger(activity):
                return "done"
            await self._check_room(host)
        row = _row(activity, host, state, forwarded, request, now)
        told = _synchronisation(request, claim)
        await self._committer.store(msgspec.structs.replace(row, synchronisation=told))
        return state

    def _check_domains(self, activity: Activity) -> None:
        if self._policy().ladder.blocks(self._site.gate.host(activity.actor)):
            raise Forbidden("This community does not exchange anything with your server.")

    def _check_signer(self, activity: Activity, claim: Claim) -> None:
        """Refuse at once what no key could make good: a key of one server, an actor of another (O1)."""
        if not self._site.gate.same_origin(claim.key_id, activity.actor):
            is_forwarded(activity, claim.key_id)

    def _is_verified(self, claim: Claim, known: KnownKey, now: datetime) -> bool:
        """True: the key fits. False: it does not, and is old enough to be asked for again."""
        try:
            verification.check(claim, known.key)
        except Unauthenticated:
            self._keys.forget(claim.key_id)
            if now - known.fetched_at < REFETCH_AFTER:
                raise
            return False
        if known.owner_state == "suspended":
            raise Forbidden("This account may not send anything here.")
        return True

    async def _is_farewell_of_a_stranger(self, activity: Activity) -> bool:
        """Mastodon tells every server when an account goes: whom we never met leaves nothing to do (O13)."""
        if activity.type != "Delete" or activity.object_id != activity.actor:
            return False
        async with acquire(self._pool) as db:
            return await actors.by_uri(db, activity.actor) is None

    async def _check_room(self, host: str) -> None:
        async with acquire(self._pool) as db:
            if await inbox.unverified_of(db, host) >= MOST_UNVERIFIED:
                raise TooMany("Your server's earlier messages are still being checked.", retry_after=120)


def _check_size(body: bytes) -> None:
    if len(body) > LARGEST_BODY:
        raise TooLarge()


def _check_type(request: SignedRequest) -> None:
    # The AS2 profile is not asked for on the way in: the signature tells whose word this is, not the type.
    value = next((value for name, value in request.headers if name == "content-type"), "")
    if value.partition(";")[0].strip().lower() not in _ACTIVITY_TYPES:
        raise WrongType("Send application/activity+json.")


def is_forwarded(activity: Activity, signer: str) -> bool:
    """Whether somebody other than the actor sent this. Only what can be proved or fetched again may come so.

    Mastodon forwards replies with an LD signature, others with a FEP-8b32 proof. The signature is never
    believed (O9): it only tells that this is forwarding and not a forgery, and the object is fetched.
    """
    if activity.actor == signer:
        return False
    if activity.proof is None and not isinstance(activity.raw.get("signature"), dict):
        raise Unauthenticated("The signature is not that of the activity's actor.")
    return True


def _synchronisation(request: SignedRequest, claim: Claim) -> str | None:
    """The header by which servers compare their followers (FEP-8fcf), if it was signed and can be read."""
    name = synchronisation.HEADER.lower()
    if name not in claim.covered:
        return None
    value = next((value for key, value in request.headers if key == name), "")
    try:
        synchronisation.parse(value)
    except Malformed:
        return None
    return value


def _natural_id(activity: Activity, body: bytes) -> str:
    """An id for an activity without one (old Mastodon and Akkoma send Flag so), the same for one body."""
    # Cut, because what is stored has the length of a URL at most; the digest tells long actors apart.
    return f"{activity.actor[:1900]}#{activity.type.lower()[:60]}-{hashlib.sha256(body).hexdigest()[:32]}"


def _row(
    activity: Activity, host: str, state: State, forwarded: bool, request: SignedRequest, now: datetime
) -> Arrived:
    unverified = state == "unverified"
    return Arrived(
        id=new_id(),
        activity_uri=activity.id or _natural_id(activity, request.body),
        actor_uri=activity.actor,
        type=activity.type[:60],
        host=host,
        state=state,
        forwarded=forwarded,
        body=request.body,
        request=storage.to_store(msgspec.structs.replace(request, body=b"")) if unverified else None,
        received_at=now,
    )

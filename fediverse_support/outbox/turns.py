"""One host's turn: its deliveries one after the other, over one connection.

What comes here is in order already: of everything about one object only the earliest (`deliveries_next`).
So a turn need not look at what it serves, and when there is much of it two go at a time; a host far away
could otherwise never catch up.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec
import structlog

from fediverse_support.database.deliveries import Due, Letter, Result, State
from fediverse_support.database.leases import LeasedHost
from fediverse_support.outbox import answers, backoff, circuits
from fediverse_support.outbox.findings import Findings
from fediverse_support.outbox.ledger import Ledger
from fediverse_support.outbox.reports import DeliveryReport, Outcome
from fediverse_support.outbox.sending import Attempt, Sender
from fediverse_support.protocol.signatures.keys import PrivateKey

SECONDS = 20.0
"""After so long no further delivery of a turn begins: with one POST of 30 s it ends within the lease."""

_log = structlog.get_logger(__name__)

WIDTH_WHEN_FULL = 2
WITHDRAWN = "It was withdrawn before it was sent."


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What all turns share. `report` is told of every try and must not wait for anything.

    `still_waits` is asked for the number of a delivery that only members may see.
    """

    sender: Sender
    ledger: Ledger
    now: Callable[[], datetime]
    chance: Callable[[], float]
    report: Callable[[DeliveryReport], None]
    is_stopping: Callable[[], bool]
    still_waits: Callable[[int], Awaitable[bool]]


class Parcel(msgspec.Struct, frozen=True):
    """A delivery with what is delivered, and the key to sign it with if there is one.

    `synchronisation` is what its server is told of our followers there (FEP-8fcf), for what is not public.
    `is_for_members`: it may be taken back until it is sent.
    """

    due: Due
    letter: Letter
    body: bytes
    key: PrivateKey | None
    synchronisation: str | None = None
    is_for_members: bool = False


class Turn:
    """The turn of one leased host with the `parcels` that were due at `seen_at`, at most `room` of them.

    `began` is when the lease began, by the monotonic clock. `waiting_since` is, by the same clock, since when
    the last POST has been under way, and `tries` counts them.
    """

    def __init__(
        self,
        tools: Tools,
        host: LeasedHost,
        parcels: Sequence[Parcel],
        *,
        room: int,
        seen_at: datetime,
        began: float,
    ) -> None:
        self.name = host.name
        self.tries = 0
        self.waiting_since: float | None = None
        self._tools = tools
        self._findings = Findings(host, seen_at)
        self._left = deque(parcels)
        self._is_full = len(parcels) >= room
        self._ends = began + SECONDS

    async def run(self) -> None:
        """Serve what there is and hand the host back, also when cancelled in the middle."""
        try:
            if len(self._left) >= circuits.ROOM:
                async with asyncio.TaskGroup() as group:
                    for _ in range(WIDTH_WHEN_FULL):
                        group.create_task(self._serve())
            else:
                await self._serve()
        finally:
            self._hand_back()

    async def _serve(self) -> None:
        while (parcel := self._next()) is not None:
            due = parcel.due
            if due.is_withdrawn:
                self._tools.ledger.note(_result(due, "refused", error=WITHDRAWN))
                continue
            if parcel.is_for_members and not await self._tools.still_waits(due.id):
                continue
            attempt = await self._try(parcel)
            self._findings.learn(attempt, self._tools.now())
            self._settle(parcel, attempt)

    def _next(self) -> Parcel | None:
        """The next delivery, unless the turn is to end."""
        if not self._left or time.monotonic() > self._ends or self._tools.is_stopping():
            return None
        if circuits.is_paused(self._findings.circuit, self._tools.now()):
            return None
        return self._left.popleft()

    async def _try(self, parcel: Parcel) -> Attempt:
        self.waiting_since = time.monotonic()
        self.tries += 1
        try:
            return await self._tools.sender.send(
                parcel.due.inbox_url, parcel.body, parcel.key, self._findings.styles, parcel.synchronisation
            )
        except Exception as error:  # noqa: BLE001  (one delivery that trips us must not stop the others)
            _log.exception("delivery_failed_here", delivery=parcel.due.id)
            return Attempt(meaning="later", seconds=0.0, error=f"A mistake of ours: {type(error).__name__}")
        finally:
            self.waiting_since = None

    def _settle(self, parcel: Parcel, attempt: Attempt) -> None:
        """Note what the try came to, and tell those who watch."""
        due, now = parcel.due, self._tools.now()
        outcome, due_at = self._verdict(due, attempt, now)
        self._tools.ledger.note(
            Result(
                id=due.id,
                state=_STATES[outcome],
                attempts=due.attempts + 1,
                due_at=due_at,
                status=attempt.status,
                error=attempt.error,
            )
        )
        self._tools.report(_report(parcel, attempt, outcome, now))

    def _verdict(self, due: Due, attempt: Attempt, now: datetime) -> tuple[Outcome, datetime | None]:
        """What the try means for the delivery, and when to try again if so."""
        match attempt.meaning:
            case "delivered" | "refused" | "blocked" | "gone" as final:
                return final, None
            case "unsigned" if due.attempts + 1 >= answers.TRIES_UNSIGNED:
                return "refused", None
        due_at = backoff.next_try(
            due.attempts + 1, now - due.created_at, now, self._tools.chance(), attempt.retry_after
        )
        return ("expired", None) if due_at is None else ("retried", due_at)

    def _hand_back(self) -> None:
        now = self._tools.now()
        self._findings.end(now)
        # After less than a full turn the database says when the next is due: at once, if we were cut off.
        self._tools.ledger.hand_back(self._findings.as_return(has_more=self._is_full, now=now))


_STATES: dict[Outcome, State] = {
    "delivered": "delivered",
    "retried": "waiting",
    "refused": "refused",
    "blocked": "refused",
    "gone": "refused",
    "expired": "expired",
}


def _result(due: Due, state: State, error: str) -> Result:
    return Result(id=due.id, state=state, attempts=due.attempts + 1, error=error)


def _report(parcel: Parcel, attempt: Attempt, outcome: Outcome, now: datetime) -> DeliveryReport:
    due = parcel.due
    return DeliveryReport(
        activity_id=due.activity_id,
        activity_uri=parcel.letter.uri,
        activity_type=parcel.letter.type,
        actor_id=due.actor_id,
        object_uri=due.object_uri,
        host=due.host,
        inbox_url=due.inbox_url,
        outcome=outcome,
        status=attempt.status,
        attempts=due.attempts + 1,
        seconds=attempt.seconds,
        age=(now - due.created_at).total_seconds(),
    )

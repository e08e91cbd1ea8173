"""The circuit of a host: when to stop calling a server that does not answer. Pure.

    closed   all is well: deliveries flow
    resting  it failed a few times (a pause of 1, 2, 4, 8 minutes), or asked to be left alone (`Retry-After`)
    open     it failed five times in a row: one delivery as a probe after 30 minutes, then every hour, after
             a day once a day

What counts as a failure: no connection, no answer in time, a 5xx. However many deliveries fail within one
minute, they count once: they say the same thing. What does not: any other answer, because a server that
says no is alive; it clears the history. So does a verified request from that server (`database/hosts.py`).
After a circuit was open, deliveries resume gently, five at a time and once a second, so that a server that
has just come up is not pushed over again.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

State = Literal["closed", "resting", "open"]

OPENS_AT = 5
WINDOW = timedelta(minutes=1)
FIRST_PAUSE = timedelta(minutes=1)
FIRST_PROBE = timedelta(minutes=30)
EARLY_PROBES = timedelta(hours=1)
EARLY = timedelta(days=1)
LATE_PROBES = timedelta(days=1)
LONGEST_REST = timedelta(days=1)
GENTLE = timedelta(minutes=10)
GENTLE_PACE = timedelta(seconds=1)

ROOM = 32
GENTLE_ROOM = 5
PROBE_ROOM = 1


class Circuit(msgspec.Struct, frozen=True, kw_only=True):
    """What we know of a host's health; the default is a host that never failed."""

    failures: int = 0
    last_failure_at: datetime | None = None
    opened_at: datetime | None = None
    paused_until: datetime | None = None
    recovered_at: datetime | None = None


def after_failure(circuit: Circuit, now: datetime) -> Circuit:
    """The host did not answer, or answered that it is broken."""
    if circuit.failures and circuit.last_failure_at and now - circuit.last_failure_at < WINDOW:
        return circuit
    failures = circuit.failures + 1
    if failures < OPENS_AT:
        pause = FIRST_PAUSE * 2 ** (failures - 1)
        return _failed(circuit, failures, now, None, pause)
    opened_at = circuit.opened_at or now
    return _failed(circuit, failures, now, opened_at, _until_next_probe(opened_at, now))


def after_answer(circuit: Circuit, now: datetime) -> Circuit:
    """The host answered, whatever it said: its history is forgotten, and the circuit closes."""
    if not circuit.failures and circuit.opened_at is None and circuit.paused_until is None:
        return circuit
    recovered_at = now if circuit.opened_at is not None else circuit.recovered_at
    return Circuit(recovered_at=recovered_at)


def after_request_to_wait(circuit: Circuit, now: datetime, seconds: float) -> Circuit:
    """The host asked to be left alone for `seconds` (429 or 503 with `Retry-After`)."""
    until = now + min(timedelta(seconds=min(max(seconds, 1.0), 1e6)), LONGEST_REST)
    return msgspec.structs.replace(circuit, paused_until=max(until, circuit.paused_until or until))


def state(circuit: Circuit, now: datetime) -> State:
    """The word for it, as `deliveries hosts` shows it."""
    if circuit.opened_at is not None:
        return "open"
    return "resting" if is_paused(circuit, now) else "closed"


def is_paused(circuit: Circuit, now: datetime) -> bool:
    """Whether the host is not to be called now."""
    return circuit.paused_until is not None and circuit.paused_until > now


def is_gentle(circuit: Circuit, now: datetime) -> bool:
    """Whether the host has come back only a little while ago."""
    return circuit.recovered_at is not None and now - circuit.recovered_at < GENTLE


def room(circuit: Circuit, now: datetime) -> int:
    """How many deliveries the host gets in one turn."""
    if circuit.opened_at is not None:
        return PROBE_ROOM
    return GENTLE_ROOM if is_gentle(circuit, now) else ROOM


def _until_next_probe(opened_at: datetime, now: datetime) -> timedelta:
    if opened_at == now:
        return FIRST_PROBE
    return EARLY_PROBES if now - opened_at < EARLY else LATE_PROBES


def _failed(
    circuit: Circuit, failures: int, now: datetime, opened_at: datetime | None, pause: timedelta
) -> Circuit:
    return Circuit(
        failures=failures,
        last_failure_at=now,
        opened_at=opened_at,
        paused_until=max(now + pause, circuit.paused_until or now),
        recovered_at=circuit.recovered_at,
    )

"""What a turn learns about its host, from what the host answers."""

from datetime import datetime, timedelta

from fediverse_support.database.leases import LeasedHost, Return
from fediverse_support.outbox import answers, circuits
from fediverse_support.outbox.circuits import Circuit
from fediverse_support.outbox.sending import Attempt
from fediverse_support.protocol.signatures.claims import Style

FAILURES_TO_STOP = 3
"""So many 5xx in a row end a turn. One may be about one delivery: GoToSocial says 500 for an inbox that it
does not know."""

STYLE_KEPT = timedelta(days=7)


def circuit_of(host: LeasedHost) -> Circuit:
    """The circuit that a host was leased with."""
    return Circuit(
        failures=host.failures,
        last_failure_at=host.last_failure_at,
        opened_at=host.opened_at,
        paused_until=host.paused_until,
        recovered_at=host.recovered_at,
    )


class Findings:
    """The circuit and the signature style of one leased host, as they change during its turn."""

    def __init__(self, host: LeasedHost, now: datetime) -> None:
        self._host = host
        self.circuit = circuit_of(host)
        until = host.signature_style_until
        self._remembered = host.signature_style if until is not None and until > now else None
        self._remembered_until = until
        self._failures_in_a_row = 0
        self._has_answered = False
        self._success_at: datetime | None = None
        self._blocked_us_at: datetime | None = None
        self._error: str | None = None

    @property
    def styles(self) -> tuple[Style, ...]:
        """The signature styles to try, in this order."""
        return answers.styles(self._remembered, self._host.software)

    def learn(self, attempt: Attempt, now: datetime) -> None:
        """Draw what there is to draw from one try."""
        if attempt.meaning == "failed":
            self._learn_failure(attempt, now)
        elif attempt.status is not None:
            self._learn_answer(attempt, now)

    def end(self, now: datetime) -> None:
        """The turn is over: a host that said nothing but 5xx has failed, however few they were."""
        if self._failures_in_a_row and not self._has_answered:
            self.circuit = circuits.after_failure(self.circuit, now)

    def as_return(self, *, has_more: bool, now: datetime) -> Return:
        """The host as it is given back; with `has_more` it wants another turn as soon as may be."""
        paused_until = self.circuit.paused_until
        if paused_until is None and circuits.is_gentle(self.circuit, now):
            paused_until = now + circuits.GENTLE_PACE
        return Return(
            name=self._host.name,
            leased_until=self._host.leased_until,
            next_at=now if has_more else None,
            failures=self.circuit.failures,
            last_failure_at=self.circuit.last_failure_at,
            opened_at=self.circuit.opened_at,
            paused_until=paused_until,
            recovered_at=self.circuit.recovered_at,
            last_success_at=self._success_at,
            last_error=self._error,
            signature_style=self._remembered or "cavage",
            signature_style_until=self._remembered_until if self._remembered else None,
            blocked_us_at=self._blocked_us_at,
            has_recovered=self._host.opened_at is not None and self.circuit.opened_at is None,
        )

    def _learn_failure(self, attempt: Attempt, now: datetime) -> None:
        self._error = attempt.error
        self._failures_in_a_row += 1
        if attempt.status is None or self._failures_in_a_row >= FAILURES_TO_STOP:
            self.circuit = circuits.after_failure(self.circuit, now)
        if attempt.retry_after is not None:
            self.circuit = circuits.after_request_to_wait(self.circuit, now, attempt.retry_after)

    def _learn_answer(self, attempt: Attempt, now: datetime) -> None:
        self._has_answered = True
        self._failures_in_a_row = 0
        self.circuit = circuits.after_answer(self.circuit, now)
        if attempt.meaning == "delivered":
            self._success_at, self._error, self._blocked_us_at = now, None, None
            self._remember_style(attempt.style, now)
            return
        self._error = attempt.error
        if attempt.meaning == "blocked":
            self._blocked_us_at = now
        if attempt.retry_after is not None or attempt.status == answers.TOO_MANY:
            wait = answers.REST_UNASKED if attempt.retry_after is None else attempt.retry_after
            self.circuit = circuits.after_request_to_wait(self.circuit, now, wait)

    def _remember_style(self, style: Style | None, now: datetime) -> None:
        # Draft-cavage is what is tried first anyway, so only the other one is worth remembering.
        if style == "rfc9421":
            self._remembered, self._remembered_until = style, now + STYLE_KEPT
        elif self._remembered is not None:
            self._remembered = self._remembered_until = None

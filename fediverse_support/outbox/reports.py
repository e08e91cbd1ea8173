"""What those who watch are told of each try: metrics, the demo's live view, who looks after gone inboxes."""

from typing import Literal

import msgspec

from fediverse_support.core import metrics

Outcome = Literal["delivered", "retried", "refused", "blocked", "gone", "expired"]


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """One try. `seconds` is how long it took, `age` how many seconds ago the delivery was queued."""

    activity_id: int
    activity_uri: str
    activity_type: str
    actor_id: int
    object_uri: str
    host: str
    inbox_url: str
    outcome: Outcome
    status: int | None
    attempts: int
    seconds: float
    age: float


class Tally(msgspec.Struct):
    """What one worker has done since its start."""

    delivered: int = 0
    retried: int = 0
    refused: int = 0
    blocked: int = 0
    gone: int = 0
    expired: int = 0
    seconds: float = 0.0

    def count(self, report: DeliveryReport) -> None:
        """Count one try, here and for Prometheus."""
        setattr(self, report.outcome, getattr(self, report.outcome) + 1)
        self.seconds += report.seconds
        _COUNTERS[report.outcome].inc()
        if report.outcome == "delivered":
            metrics.DELIVERY_AGE.observe(report.age)

    def expire(self, number: int) -> None:
        """Count deliveries that were given up without a last try."""
        self.expired += number
        _COUNTERS["expired"].inc(number)


_OUTCOMES: tuple[Outcome, ...] = ("delivered", "retried", "refused", "blocked", "gone", "expired")
_COUNTERS = {outcome: metrics.DELIVERIES.labels(outcome) for outcome in _OUTCOMES}

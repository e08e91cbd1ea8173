"""How much one host may send us: a token bucket for each, in the memory of this process.

Only what is *proved* to come from a host is taken from its bucket: otherwise anybody could empty it by
naming that host in a signature that nobody checks.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from fediverse_support.core.errors import TooMany

MOST_HOSTS = 10_000


class HostRates:
    """Buckets of `burst` tokens that refill at `rate` tokens a second."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, host: str) -> None:
        """Take one token of `host`; raises `TooMany` when there is none."""
        now = self._clock()
        tokens, filled_at = self._buckets.pop(host, (self._burst, now))
        tokens = min(self._burst, tokens + (now - filled_at) * self._rate)
        if tokens < 1:
            self._buckets[host] = (tokens, now)
            raise TooMany(retry_after=max(1, round((1 - tokens) / self._rate)))
        self._buckets[host] = (tokens - 1, now)
        if len(self._buckets) > MOST_HOSTS:
            self._buckets.popitem(last=False)

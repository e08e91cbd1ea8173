"""How much one cause may make us look up at others.

A thread whose every post names two more, on ever new hosts, would keep us fetching for ever (Mastodon 4.1
had two such holes). So whatever makes us fetch carries a budget along, and all its look-ups draw on it.
"""

import time
from collections.abc import Callable

from fediverse_support.core.errors import Refused

FETCHES = 20
HOSTS = 10
SECONDS = 60.0


class FetchBudget:
    """At most `fetches` requests to at most `hosts` hosts within `seconds`, for one cause.

    Make one for each inbound activity (the defaults) or for each look-up that a member asks for
    (`FetchBudget(seconds=5)`), and hand it on. `clock` counts seconds and never goes back.
    """

    def __init__(
        self,
        fetches: int = FETCHES,
        hosts: int = HOSTS,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._left = fetches
        self._host_limit = hosts
        self._hosts: set[str] = set()
        self._clock = clock
        self._deadline = clock() + seconds
        self.bytes = 0
        """How much has come back so far; each answer has a limit of its own."""

    def take(self, host: str) -> None:
        """Draw one request to `host`. Raises `Refused` when the budget is used up."""
        self._hosts.add(host)
        if self._left < 1 or len(self._hosts) > self._host_limit or self.seconds_left() <= 0:
            raise Refused("This activity asks for too many look-ups.")
        self._left -= 1

    def seconds_left(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self._deadline - self._clock())

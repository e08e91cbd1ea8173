"""Writes down what tries came to: what gathers within a moment goes into one statement.

A result is in memory only from the reply to the next write, some fifty milliseconds. While the database is
away results are kept here, and the turns that made them run out by themselves.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from fediverse_support.database import deliveries, leases
from fediverse_support.database.deliveries import Result
from fediverse_support.database.leases import Return
from fediverse_support.database.pool import Pool, acquire


class Ledger:
    """Gathers results and hosts to be given back until `write` is called."""

    def __init__(self, pool: Pool, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._now = now
        self._results: list[Result] = []
        self._returns: list[Return] = []
        self.has_something = asyncio.Event()

    def note(self, result: Result) -> None:
        """Remember what a try came to."""
        self._results.append(result)
        self.has_something.set()

    def hand_back(self, host: Return) -> None:
        """Remember that a host's turn is over; it is given back after its results are written."""
        self._returns.append(host)
        self.has_something.set()

    async def write(self) -> bool:
        """Write everything down; whether a host that was given back has something due.

        Raises `Unavailable` when the database is away; nothing is forgotten then, and it can be run again.
        """
        self.has_something.clear()
        results, self._results = self._results, []
        returns, self._returns = self._returns, []
        is_due = False
        try:
            async with acquire(self._pool) as db:
                if results:
                    await deliveries.finish(db, results, self._now())
                    results = []
                if returns:
                    is_due = await leases.give_back(db, returns, self._now())
                    returns = []
        finally:
            if results or returns:
                self._results[:0] = results
                self._returns[:0] = returns
                self.has_something.set()
        return is_due

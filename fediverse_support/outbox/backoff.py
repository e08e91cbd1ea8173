"""When a delivery that failed is tried again. Pure: the clock and the chance come in as arguments.

The waits grow from about two and a half minutes to twelve hours, each up to 20 % shorter or longer so that
deliveries that failed together do not come back together: some nineteen tries within seven days. The first
wait is never under two minutes, because PieFed remembers an activity id for 90 seconds *before* it checks
the signature and answers a repeat within that time with 200 and forgets it.
"""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=150)
FACTOR = 3
LONGEST = timedelta(hours=12)
JITTER = 0.2
GIVE_UP = timedelta(days=7)
LONGEST_REQUESTED = timedelta(days=1)
"""How far a peer can put us off with `Retry-After`."""

_STEPS_TO_LONGEST = 10


def next_try(
    attempts: int, age: timedelta, now: datetime, chance: float, retry_after: float | None = None
) -> datetime | None:
    """When to try again after `attempts` tries (at least one), or None: it is over after seven days.

    `age` is that of the delivery, `chance` a number from 0 to 1 for the jitter, `retry_after` the seconds
    that the peer asked for. The last try falls at the end of the seven days, not somewhere before it.
    """
    if age >= GIVE_UP:
        return None
    steps = min(max(attempts, 1) - 1, _STEPS_TO_LONGEST)
    grown: timedelta = FIRST * FACTOR**steps
    wait = min(grown, LONGEST) * (1 + JITTER * (2 * chance - 1))
    if retry_after is not None:
        wait = max(wait, min(timedelta(seconds=min(retry_after, 1e6)), LONGEST_REQUESTED))
    return now + min(wait, GIVE_UP - age)

"""Trying a policy on what has arrived: what would have been decided otherwise."""

from fediverse_support.policy.replay.trying import (
    Change,
    Example,
    Replay,
    Report,
    Severed,
    Tally,
    asks_for_words,
    responsible,
    worded,
)

__all__ = [
    "Change",
    "Example",
    "Replay",
    "Report",
    "Severed",
    "Tally",
    "asks_for_words",
    "responsible",
    "worded",
]

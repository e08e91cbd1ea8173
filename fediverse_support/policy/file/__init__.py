"""A policy as a file: TOML that a moderator can read, and that says the same when it is written again."""

from fediverse_support.policy.file.reading import (
    LARGEST,
    LARGEST_IN_BROWSER,
    MOST_FINDINGS,
    BadFile,
    read,
    read_with_places,
    text_of,
    write,
)

__all__ = [
    "LARGEST",
    "LARGEST_IN_BROWSER",
    "MOST_FINDINGS",
    "BadFile",
    "read",
    "read_with_places",
    "text_of",
    "write",
]

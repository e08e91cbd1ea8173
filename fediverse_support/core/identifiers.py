"""The two kinds of id (architecture, decision 10).

Inside, and in the client API: a 64-bit number that sorts by time, because Mastodon clients page by it.
In every public URL: a random 128-bit id that says nothing about time, order or author.
"""

import itertools
import re
import secrets
import time
from datetime import datetime

_SEQUENCE = itertools.count(secrets.randbelow(1 << 16))

NAME = re.compile(r"[a-z0-9_]{1,30}")
"""A local name: the intersection of what Mastodon, Lemmy, Misskey and Mbin take."""


def new_id() -> int:
    """A 63-bit number: 47 bits of milliseconds, 16 bits that differ within one millisecond."""
    return (time.time_ns() // 1_000_000) << 16 | (next(_SEQUENCE) & 0xFFFF)


def id_at(moment: datetime) -> int:
    """The smallest number that `new_id` gives at `moment`: for asking the index of ids for a time."""
    return int(moment.timestamp() * 1000) << 16


def new_public_id() -> str:
    """128 random bits as 32 lower-case hexadecimal digits (PieFed looks ids up in lower case)."""
    return secrets.token_hex(16)


def is_local_name(name: str) -> bool:
    """Whether `name` may be the name of a person or group here."""
    return NAME.fullmatch(name) is not None

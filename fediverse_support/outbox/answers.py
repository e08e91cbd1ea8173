"""What the answer to a POST means (federation.md §8.3). Pure."""

from typing import Literal

from fediverse_support.protocol.peers import forgets_failed_attempts
from fediverse_support.protocol.signatures.claims import Style

Meaning = Literal["delivered", "later", "unsigned", "refused", "blocked", "gone", "failed"]
"""`delivered` · `later`: alive, ask again · `unsigned`: did not take our signature · `refused`: for good ·
`blocked`: does not want us · `gone`: this inbox is no more · `failed`: the server is in trouble."""

OTHER_STYLE_ON = frozenset({400, 401})
TRIES_UNSIGNED = 4
"""A 401 is believed only after some tries over time: the other side may be just fetching our key."""
REST_UNASKED = 60.0
"""Seconds to leave a host alone that says 429 and not for how long."""

TOO_MANY = 429
_LATER = frozenset({408, 425, TOO_MANY})
_GONE = frozenset({404, 410})
_NOT_IMPLEMENTED = 501


def meaning(status: int) -> Meaning:
    """What a status says about this delivery and about the host."""
    if 200 <= status < 300:
        return "delivered"
    if status == 401:
        return "unsigned"
    if status == 403:
        return "blocked"
    if status in _GONE:
        return "gone"
    # A redirect is not followed with a signed body; it may be a page that says "back soon".
    if status in _LATER or status < 400:
        return "later"
    return "failed" if status >= 500 and status != _NOT_IMPLEMENTED else "refused"


def styles(remembered: Style | None, software: str | None) -> tuple[Style, ...]:
    """The signature styles to try in turn: what worked before, or draft-cavage, which everybody reads."""
    if forgets_failed_attempts(software):
        return ("cavage",)
    return ("rfc9421", "cavage") if remembered == "rfc9421" else ("cavage", "rfc9421")

"""Who is calling, as far as limits need to know, and the limits themselves.

An address is never stored: it becomes a hash with a key that lives in this process for one day, and the
counters live in memory. (Attempts to sign in are also counted by name, in the database, for all processes.)
"""

import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from datetime import date, datetime

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.types import Scope

from fediverse_support.core.errors import TooMany

_UNIX_SOCKET = ""


def address_of(scope: Scope, proxies: Sequence[str]) -> str:
    """The address of the client; `X-Forwarded-For` counts only as far as our own proxies wrote it."""
    client = scope.get("client")
    peer = str(client[0]) if client else _UNIX_SOCKET
    if peer != _UNIX_SOCKET and peer not in proxies:
        return peer
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    hops = [hop.strip() for hop in forwarded.decode("latin-1").split(",") if hop.strip()]
    # From the right: what a client wrote itself stands to the left of what our proxy added.
    return next((hop for hop in reversed(hops) if hop not in proxies), peer)


def network_of(address: str) -> str:
    """The address, or for IPv6 its /64, which is one household and not one machine."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class Limiter:
    """Counts what each client does, in this process, under keys that cannot be turned back into addresses."""

    def __init__(self) -> None:
        self._counters = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._day = date.min
        self._key = b""

    async def spend(self, limit: str, deed: str, client: str, now: datetime) -> None:
        """Count one `deed` by `client`; raises `TooMany` when `limit` ("10 per 15 minutes") is used up."""
        item = parse(limit)
        if not await self._counters.hit(item, deed, self.mark(client, now)):
            raise TooMany(
                "That was very often in a short time. Please wait a little and try again.", item.get_expiry()
            )

    def mark(self, client: str, now: datetime) -> str:
        """What stands for a client's address for a day, and cannot be turned back into it."""
        if now.date() != self._day:
            self._day, self._key = now.date(), secrets.token_bytes(32)
        return hashlib.blake2b(network_of(client).encode(), key=self._key, digest_size=16).hexdigest()

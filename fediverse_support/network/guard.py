"""The guard against requests into private networks (server-side request forgery).

It stands in two places, and both are needed. The resolver checks *every* answer for a name before any
connection, so the refusal has a clear message and one good answer cannot carry a bad one. The socket
factory checks the address of each single connection, so a literal IP (for which aiohttp asks no resolver),
an answer that changes (DNS rebinding), and each hop of a redirect all meet it too.
"""

import socket
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from fediverse_support.network import addresses

HTTPS_PORT = 443
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]
"""What `getaddrinfo` returns and aiohttp hands to a socket factory."""


class AddressRefused(OSError):
    """The guard does not let a request connect to this address."""


class Guard(msgspec.Struct, frozen=True):
    """Which addresses one kind of connection may reach.

    `private_networks` are those that the operator opened for a test network. With `private_only` nothing
    else may be reached: so it is for plain http, which never goes over the public internet.
    """

    private_networks: tuple[addresses.IPNetwork, ...] = ()
    private_only: bool = False

    def check(self, address: str, port: int) -> None:
        """Return if a connection to `address` and `port` is allowed.

        Public addresses are reached by https on its own port only, so no signed request can be turned
        into a talk with somebody's mail server or database. Raises `AddressRefused`.
        """
        if addresses.is_in(address, self.private_networks):
            return
        if self.private_only:
            raise AddressRefused("plain http is only for the private networks of a test network")
        if not addresses.is_public(address):
            raise AddressRefused("the address points into a private network")
        if port != HTTPS_PORT:
            raise AddressRefused("the address is public and the port is not that of https")

    def socket(self, info: AddressInfo) -> socket.socket:
        """A socket for the connection that `info` describes; aiohttp calls this once for each connection.

        Raises `AddressRefused`.
        """
        family, kind, protocol, _, address = info
        self.check(address[0], address[1])
        return socket.socket(family, kind, protocol)


class Resolver(AbstractResolver):
    """Looks names up, and refuses a name of which any answer is refused.

    Names under `.localhost` are loopback by RFC 6761; we answer them ourselves, because the C library of
    many systems does not. They still pass the guard, so they work in test networks only.
    """

    def __init__(self, guard: Guard, lookup: AbstractResolver | None = None) -> None:
        self._guard = guard
        self._lookup = lookup or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`, all of them allowed.

        Raises `AddressRefused`, or `OSError` when the name is not found.
        """
        if host == "localhost" or host.endswith(".localhost"):
            found: Sequence[ResolveResult] = [_loopback(host, port)]
        else:
            found = await self._lookup.resolve(host, port, family)
        for answer in found:
            self._guard.check(answer["host"], port)
        return list(found)

    async def close(self) -> None:
        """Close the look-up below."""
        await self._lookup.close()


def _loopback(host: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host="127.0.0.1",
        port=port,
        family=socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST,
    )

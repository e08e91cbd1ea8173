"""Which IP addresses a request may reach.

Our own table, because `ipaddress.is_global` of Python 3.11 says True for `::127.0.0.1`, for NAT64 and 6to4
forms of loopback, and for all multicast. The rule is the safe way round: IPv4 is public unless the IANA
special-purpose registry names it; IPv6 is *not* public unless it lies in the global unicast block.
"""

import ipaddress
from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # "this network", RFC 791; Linux takes 0.0.0.0 for loopback
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link-local and cloud metadata, RFC 3927
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # IETF protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.31.196.0/24",  # AS112, RFC 7535
        "192.52.193.0/24",  # multicast tunnelling, RFC 7450
        "192.88.99.0/24",  # 6to4 relay anycast, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "192.175.48.0/24",  # AS112, RFC 7534
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, and broadcast, RFC 1112
    )
)
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # IETF protocol assignments with Teredo (RFC 4380) and ORCHID (RFC 7343)
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056: deprecated, and reaches any IPv4 address through a relay
        "2620:4f:8000::/48",  # AS112, RFC 7534
        "3fff::/20",  # documentation, RFC 9637
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: IPAddress | str) -> bool:
    """Whether `address` is an ordinary address of the public internet.

    An IPv4 address inside an IPv6 one is taken out and judged in two forms that lead somewhere: mapped
    (`::ffff:0:0/96`) and the well-known NAT64 prefix, by which IPv6-only machines reach IPv4 servers.
    Every other such form (IPv4-compatible, SIIT, local NAT64, 6to4, Teredo) is refused whatever it holds.
    Raises `ValueError` when a string is not an address.
    """
    found = _embedded_ipv4(_read(address))
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in block for block in _SPECIAL_IPV4)
    return found in _GLOBAL_IPV6 and not any(found in block for block in _SPECIAL_IPV6)


def is_in(address: IPAddress | str, networks: Iterable[IPNetwork]) -> bool:
    """Whether `address`, or the IPv4 address that it maps, lies in one of `networks`."""
    found = _read(address)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return any((mapped or found) in network for network in networks)


def allowed(address: IPAddress | str, private_networks: Iterable[IPNetwork]) -> bool:
    """Whether a request may connect to `address`: it is public, or the operator opened its network."""
    return is_public(address) or is_in(address, private_networks)


def _read(address: IPAddress | str) -> IPAddress:
    return ipaddress.ip_address(address) if isinstance(address, str) else address


def _embedded_ipv4(address: IPAddress) -> IPAddress:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address

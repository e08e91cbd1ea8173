import ipaddress
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_support.network import addresses

MAPPED, NAT64 = ipaddress.ip_network("::ffff:0:0/96"), ipaddress.ip_network("64:ff9b::/96")
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def test_s1_every_address_of_the_corpus_gets_its_verdict(corpora: Path) -> None:
    cases = json.loads((corpora / "ssrf/ips.json").read_text())
    wrong = [case["ip"] for case in cases if addresses.is_public(case["ip"]) != case["allow"]]
    assert len(cases) >= 50
    assert wrong == []


@pytest.mark.parametrize(
    "wrapped",
    [
        "::{}",  # IPv4-compatible
        "::ffff:{}",  # mapped
        "::ffff:0:{}",  # SIIT
        "64:ff9b::{}",  # NAT64
        "64:ff9b:1::{}",  # local NAT64
    ],
)
@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0"])
def test_s1_a_private_address_stays_private_in_any_wrapping(wrapped: str, inner: str) -> None:
    assert not addresses.is_public(wrapped.format(inner))


@given(st.ip_addresses(v=4))
@settings(derandomize=True, max_examples=300)
def test_s1_6to4_and_teredo_are_never_public_whatever_they_hold(inner: ipaddress.IPv4Address) -> None:
    value = int(inner)
    assert not addresses.is_public(ipaddress.IPv6Address(0x2002 << 112 | value << 80))
    assert not addresses.is_public(ipaddress.IPv6Address(0x20010000 << 96 | value ^ 0xFFFFFFFF))


@given(st.ip_addresses(v=4))
@settings(derandomize=True, max_examples=500)
def test_s1_mapped_and_nat64_get_the_verdict_of_the_address_inside(inner: ipaddress.IPv4Address) -> None:
    verdict = addresses.is_public(inner)
    assert addresses.is_public(ipaddress.IPv6Address(0xFFFF << 32 | int(inner))) is verdict
    assert addresses.is_public(ipaddress.IPv6Address(0x64FF9B << 96 | int(inner))) is verdict


@given(st.ip_addresses())
@settings(derandomize=True, max_examples=500)
def test_s1_nothing_is_public_that_python_knows_to_be_private(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if address.is_private or address.is_multicast or address.is_reserved or address.is_loopback:
        assert not addresses.is_public(address) or address in MAPPED or address in NAT64


@given(st.ip_addresses(v=6))
@settings(derandomize=True, max_examples=500)
def test_s1_ipv6_outside_of_global_unicast_is_not_public(address: ipaddress.IPv6Address) -> None:
    if int(address) >> 125 != 1 and address not in MAPPED and address not in NAT64:
        assert not addresses.is_public(address)


def test_an_opened_network_is_allowed_also_as_a_mapped_address() -> None:
    assert addresses.allowed("127.0.0.1", LOOPBACK)
    assert addresses.allowed("::ffff:127.0.0.1", LOOPBACK)
    assert addresses.allowed("1.1.1.1", LOOPBACK)


@pytest.mark.parametrize("address", ["::1", "10.0.0.1", "64:ff9b::127.0.0.1", "::127.0.0.1", "2002:7f00:1::"])
def test_opening_one_network_opens_no_other(address: str) -> None:
    assert not addresses.allowed(address, LOOPBACK)


def test_what_is_not_an_address_is_an_error() -> None:
    with pytest.raises(ValueError, match="IPv4 or IPv6"):
        addresses.is_public("good.example")

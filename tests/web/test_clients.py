"""Whose address counts, and for how long it is remembered."""

from datetime import UTC, datetime, timedelta

import pytest

from fediverse_support.core.errors import TooMany
from fediverse_support.web.clients import Limiter, address_of, network_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def scope(peer: str | None, *forwarded: str):
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"client": (peer, 1) if peer else None, "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.1, 127.0.0.1"], "198.51.100.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["", " , "], "127.0.0.1"),
        (None, ["198.51.100.1"], "198.51.100.1"),
        (None, [], ""),
    ],
)
def test_only_what_our_own_proxy_wrote_is_believed(peer, forwarded, address):
    assert address_of(scope(peer, *forwarded), ["127.0.0.1"]) == address


def test_a_household_with_ipv6_is_one_client():
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert len(network_of("x" * 1000)) == 64


async def test_a_limit_is_for_each_client_and_each_deed():
    limiter = Limiter()
    for _ in range(3):
        await limiter.spend("3 per minute", "join", "192.0.2.1", NOW)
    with pytest.raises(TooMany) as refused:
        await limiter.spend("3 per minute", "join", "192.0.2.1", NOW)
    assert refused.value.retry_after == 60
    await limiter.spend("3 per minute", "join", "192.0.2.2", NOW)
    await limiter.spend("3 per minute", "sign_in", "192.0.2.1", NOW)


async def test_no_address_is_kept_and_tomorrow_it_has_another_mark():
    limiter = Limiter()
    await limiter.spend("3 per minute", "join", "192.0.2.1", NOW)
    kept = repr(vars(limiter._counters.storage))
    assert "192.0.2.1" not in kept
    today = limiter.mark("192.0.2.1", NOW)
    assert limiter.mark("192.0.2.1", NOW) == today
    assert limiter.mark("192.0.2.1", NOW + timedelta(days=1)) != today

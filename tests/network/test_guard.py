import ipaddress
import json
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fediverse_support.core.errors import Refused, RemoteRefused, RemoteTrouble
from fediverse_support.core.settings import Settings
from fediverse_support.network.client import Client
from fediverse_support.network.guard import AddressRefused, Guard, Resolver

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def info(address: str, port: int = 443) -> Any:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
)
def test_s1_no_socket_is_made_for_a_private_address(address: str) -> None:
    with pytest.raises(AddressRefused, match="private network"):
        Guard().socket(info(address))


@pytest.mark.parametrize("port", [22, 25, 80, 5432, 6379, 8443])
def test_s8_a_public_address_is_reached_on_the_https_port_only(port: int) -> None:
    with pytest.raises(AddressRefused, match="port"):
        Guard(LOOPBACK).socket(info("1.1.1.1", port))


def test_s8_plain_http_never_reaches_the_public_internet() -> None:
    with pytest.raises(AddressRefused, match="plain http"):
        Guard(LOOPBACK, private_only=True).socket(info("1.1.1.1", 80))


def test_a_socket_is_made_for_a_public_address_and_for_an_opened_network() -> None:
    Guard().socket(info("1.1.1.1")).close()
    Guard(LOOPBACK).socket(info("127.0.0.1", 3000)).close()


async def test_s2_one_private_answer_among_public_ones_refuses_the_name(make_names: Any) -> None:
    names = make_names(mixed_example=[["1.1.1.1", "127.0.0.1"]])
    with pytest.raises(AddressRefused):
        await Resolver(Guard(), names).resolve("mixed.example", 443)


async def test_names_under_localhost_are_loopback_and_nobody_is_asked(make_names: Any) -> None:
    names = make_names()
    found = await Resolver(Guard(LOOPBACK), names).resolve("garden.localhost", 3000)
    assert [answer["host"] for answer in found] == ["127.0.0.1"]
    assert names.asked == []


async def test_names_under_localhost_are_refused_where_loopback_is_not_opened() -> None:
    with pytest.raises(AddressRefused, match="private network"):
        await Resolver(Guard()).resolve("garden.localhost", 443)


async def test_s1_every_private_address_behind_a_dns_answer_is_refused(
    corpora: Path, open_network: Settings, make_names: Any
) -> None:
    cases = [case["ip"] for case in json.loads((corpora / "ssrf/ips.json").read_text()) if not case["allow"]]
    names = make_names(**{f"n{number}_example": [[ip]] for number, ip in enumerate(cases)})
    async with Client(open_network, lookup=names) as client:
        for number in range(len(cases)):
            with pytest.raises(RemoteRefused, match="private network"):
                await client.get(f"https://n{number}.example/x", accept="*/*")
            with pytest.raises(RemoteRefused, match="private network"):
                await client.post(f"https://n{number}.example/inbox", b"{}", {})
    assert len(names.asked) == 2 * len(cases)


async def test_s1_every_hostile_url_of_the_corpus_is_refused(
    corpora: Path, open_network: Settings, make_names: Any
) -> None:
    cases = json.loads((corpora / "ssrf/urls.json").read_text())
    names = make_names()
    async with Client(open_network, lookup=names) as client:
        for case in cases:
            if case["expect"] == "refuse":
                with pytest.raises((Refused, RemoteRefused)):
                    await client.get(case["url"], accept="*/*")
                with pytest.raises((Refused, RemoteRefused)):
                    await client.post(case["url"], b"{}", {})


async def test_s1_every_hostile_url_behind_a_redirect_is_refused(
    corpora: Path, client: Client, peer: Any, answer: Any
) -> None:
    cases = json.loads((corpora / "ssrf/urls.json").read_text())
    for case in cases:
        if case["expect"] != "refuse" or case["url"].startswith("/relative"):
            continue
        location = case["url"].encode("utf-8").decode("latin-1").replace("\r", "").replace("\n", "")
        peer.answers["/moved"] = answer(302, location=location)
        with pytest.raises(RemoteTrouble):
            await client.get(peer.url("/moved"), accept="*/*", same_origin=False)
    assert set(peer.targets) == {"/moved"}


async def test_s2_an_answer_that_changes_to_a_private_address_is_refused(
    make_peer: Any, answer: Any, make_names: Any, test_network: Settings
) -> None:
    """DNS rebinding, with 127.1.0.0/16 as the internet and the rest of loopback as the private network."""
    settings = msgspec.structs.replace(test_network, outbound_allow_private="127.1.0.0/16")
    internet, inside = make_peer({"/": answer()}), make_peer({"/": answer()})
    await internet.start(address="127.1.0.1")
    await inside.start(address="127.0.0.1")
    names = make_names(rebind_example=[["127.1.0.1"], ["127.0.0.1"]])
    async with Client(settings, lookup=names) as client:
        first = await client.get(internet.url("/", "rebind.example"), accept="*/*")
        assert first.status == 200
        with pytest.raises(RemoteRefused, match="plain http is only for"):
            await client.get(inside.url("/", "rebind.example"), accept="*/*")
    assert inside.connections == 0
    await internet.stop()
    await inside.stop()


async def test_s2_the_socket_guard_holds_without_the_resolver(peer: Any, test_network: Settings) -> None:
    """A literal address asks no resolver, so only the socket factory stands in its way."""
    settings = msgspec.structs.replace(test_network, outbound_allow_private="127.9.0.0/16")
    async with Client(settings) as client:
        with pytest.raises(RemoteRefused, match="plain http is only for"):
            await client.get(f"http://127.0.0.1:{peer.port}/", accept="*/*")
        with pytest.raises(RemoteRefused, match="private network"):
            await client.get(f"https://127.0.0.1:{peer.port}/", accept="*/*")
    assert peer.connections == 0

"""Messages to devices: encrypted for them only, and sent through the guarded client like everything."""

from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Refused, RemoteRefused
from fediverse_support.network import push
from fediverse_support.network.client import Client
from fediverse_support.protocol.urls import OPEN_NETWORK as OPEN_GATE
from tests.network.conftest import OPEN_NETWORK, TEST_NETWORK, reply
from tests.support.push_service import Device, claims_of, decoded, encoded, point_of

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = encoded(point_of(KEY.public_key()))
ENDPOINT = "https://push.example/send/abc"


def device_of(reader: Device, *, is_standard: bool, endpoint: str = ENDPOINT) -> push.Device:
    return push.Device(
        endpoint=endpoint, public_key=reader.point, auth_secret=reader.secret, is_standard=is_standard
    )


def message(reader: Device, text: bytes, *, is_standard: bool) -> push.Sealed:
    device = device_of(reader, is_standard=is_standard)
    return push.sealed(device, text, KEY, OPEN_GATE, "https://garden.example", clock.now())


def test_the_reader_of_these_tests_reads_the_example_of_the_standard() -> None:
    """RFC 8291, section 5 and appendix A."""
    private = ec.derive_private_key(
        int.from_bytes(decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")), ec.SECP256R1()
    )
    device = Device(private, decoded("BTBZMqHH6r4Tts7J_aSIgg"))
    assert device.keys["p256dh"] == (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    body = decoded(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert device.read_standard(body) == b"When I grow up, I want to be a watermelon"


@pytest.mark.parametrize("is_standard", [True, False])
def test_only_the_device_reads_what_is_sent_to_it_and_anybody_sees_from_which_server(
    is_standard: bool,
) -> None:
    reader, text = Device(), "Neues für dich …".encode()
    first, second = (message(reader, text, is_standard=is_standard) for _ in range(2))
    assert reader.read(dict(first.headers), first.body) == text
    assert first.body != second.body
    assert text not in first.body
    with pytest.raises(InvalidTag):
        Device(secret=reader.secret).read(dict(first.headers), first.body)
    with pytest.raises(InvalidTag):
        Device(reader.private, b"t" * 16).read(dict(first.headers), first.body)
    claims = claims_of(dict(first.headers), PUBLIC)
    assert claims["aud"] == "https://push.example"
    assert claims["sub"] == "https://garden.example"
    left = int(str(claims["exp"])) - clock.now().timestamp()
    assert 3600 < left <= timedelta(hours=24).total_seconds()
    assert (first.headers["ttl"], first.headers["urgency"]) == ("172800", "normal")
    assert first.headers["content-encoding"] == ("aes128gcm" if is_standard else "aesgcm")
    longest = message(reader, b"x" * push.LONGEST, is_standard=is_standard)
    assert reader.read(dict(longest.headers), longest.body) == b"x" * push.LONGEST
    assert len(longest.body) < 4096


def test_what_cannot_be_encrypted_is_refused() -> None:
    reader = Device()
    push.check_device(device_of(reader, is_standard=True))
    for point, secret in (
        (reader.point[:-1], reader.secret),
        (b"\x04" + b"\x01" * 64, reader.secret),
        (b"", reader.secret),
        (reader.point, reader.secret[:-1]),
        (reader.point[1:33], reader.secret),
    ):
        with pytest.raises(Malformed):
            push.check_device(
                push.Device(endpoint=ENDPOINT, public_key=point, auth_secret=secret, is_standard=True)
            )
    with pytest.raises(Malformed):
        message(reader, b"x" * (push.LONGEST + 1), is_standard=True)


async def test_an_endpoint_in_a_private_network_is_never_asked(peer) -> None:
    ready = message(Device(), b"hello", is_standard=True)
    async with Client(OPEN_NETWORK) as client:
        for endpoint in (
            f"http://127.0.0.1:{peer.port}/",
            peer.url("/x"),
            "https://127.0.0.1/x",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/x",
            "file:///etc/passwd",
        ):
            with pytest.raises((Refused, RemoteRefused)):
                await push.send(client, endpoint, ready)
    assert peer.asked == []


async def test_a_redirect_is_not_followed(peer, other) -> None:
    peer.answers["/send"] = reply(302, location=other.url("/inside"))
    ready = message(Device(), b"hello", is_standard=False)
    async with Client(TEST_NETWORK) as client:
        answer = await push.send(client, peer.url("/send"), ready)
    assert answer.status == 302
    assert other.asked == []
    assert peer.asked[0].header("crypto-key") == ready.headers["crypto-key"]

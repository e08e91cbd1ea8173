"""Web push: a short message to a device, by way of its push service (RFC 8030).

The push service sees where a message goes and how long it is, never what it says: it is encrypted to the
device. Two codings are in use. Newer applications say that they read RFC 8291 (`aes128gcm`: salt and key
travel in the body); the others read the draft before it (draft-ietf-webpush-encryption-04, `aesgcm`: they
travel in headers, which the applications' own relays pass on). The sender proves which server it is by VAPID
(RFC 8292, and its draft for the older coding).

An endpoint is an address that a stranger gave us: it is asked through the same guarded client as everything.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta

import http_ece
import msgspec
import py_vapid
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fediverse_support.core.errors import Malformed
from fediverse_support.network.client import Client, PostReply
from fediverse_support.protocol.urls import Gate

KEEP_SECONDS = 172_800
"""How long a push service keeps a message for a device that is away."""
LONGEST = 3_000
"""Bytes of a message: push services take 4,096 with everything round it."""
VALID = timedelta(hours=12)
SECONDS = 15.0
POINT_BYTES = 65
SECRET_BYTES = 16


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message goes and what it is encrypted with. `public_key` is an uncompressed point on P-256."""

    endpoint: str
    public_key: bytes
    auth_secret: bytes
    is_standard: bool


class Sealed(msgspec.Struct, frozen=True):
    """A message as it goes over the wire."""

    body: bytes
    headers: Mapping[str, str]


def check_device(device: Device) -> None:
    """Return if a message can be encrypted to this device. Raises `Malformed`."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), device.public_key)
    except ValueError:
        raise Malformed("The key p256dh is not a point on the curve P-256.") from None
    if len(device.public_key) != POINT_BYTES or len(device.auth_secret) != SECRET_BYTES:
        raise Malformed("The keys p256dh and auth must have 65 and 16 bytes.")


def sealed(
    device: Device, message: bytes, key: ec.EllipticCurvePrivateKey, gate: Gate, contact: str, now: datetime
) -> Sealed:
    """`message` encrypted to a device, with the headers that its coding and VAPID want.

    `key` and `contact` say who sends; each message has a key and a salt of its own besides. Raises
    `Malformed` for a message that is too long or an endpoint that is not a URL.
    """
    if len(message) > LONGEST:
        raise Malformed("This is too long for a push.")
    claims = {
        "aud": gate.origin(device.endpoint),
        "exp": int((now + VALID).timestamp()),
        "sub": contact,
    }
    own = ec.generate_private_key(ec.SECP256R1())
    if device.is_standard:
        body = http_ece.encrypt(
            message,
            private_key=own,
            dh=device.public_key,
            auth_secret=device.auth_secret,
            version="aes128gcm",
        )
        return Sealed(body, _headers("aes128gcm", _signed(py_vapid.Vapid02, key, claims)))
    salt = secrets.token_bytes(SECRET_BYTES)
    body = http_ece.encrypt(
        message,
        salt=salt,
        private_key=own,
        dh=device.public_key,
        auth_secret=device.auth_secret,
        version="aesgcm",
    )
    proof = _signed(py_vapid.Vapid01, key, claims, f"dh={_base64(_point(own))}")
    return Sealed(body, {**_headers("aesgcm", proof), "encryption": f"salt={_base64(salt)}"})


async def send(client: Client, endpoint: str, message: Sealed) -> PostReply:
    """Hand a message to the push service. Raises as `Client.post` does; any status may come back."""
    return await client.post(endpoint, message.body, message.headers, SECONDS)


def _headers(coding: str, proof: Mapping[str, str]) -> dict[str, str]:
    return {
        "content-type": "application/octet-stream",
        "content-encoding": coding,
        "ttl": str(KEEP_SECONDS),
        "urgency": "normal",
        **proof,
    }


def _signed(
    scheme: type, key: ec.EllipticCurvePrivateKey, claims: Mapping[str, object], crypto_key: str | None = None
) -> dict[str, str]:
    # What the library calls strict refuses contacts with a port, which servers of a test network have.
    signer = scheme(private_key=key, conf={"no-strict": True})
    signed: Mapping[str, str] = signer.sign(claims, crypto_key=crypto_key)
    return {name.lower(): value for name, value in signed.items()}


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()

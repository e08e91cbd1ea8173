"""A push service on loopback, and a device behind it that reads both codings of web push.

What it decrypts is written down here from RFC 8188 and 8291, and from draft-ietf-webpush-encryption-04 with
draft-ietf-httpbis-encryption-encoding-03, step by step with HMAC: it shares nothing with what encrypts.
"""

import asyncio
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def extract(salt: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt, secret, hashlib.sha256)


def expand(key: bytes, info: bytes, length: int) -> bytes:
    assert length <= 32
    return hmac.digest(key, info + b"\x01", hashlib.sha256)[:length]


class Device:
    """What an application has: a key of its own and a secret that it shares with the sender."""

    def __init__(self, private: ec.EllipticCurvePrivateKey | None = None, secret: bytes = b"s" * 16) -> None:
        self.private = private or ec.generate_private_key(ec.SECP256R1())
        self.secret = secret
        self.point = point_of(self.private.public_key())

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": encoded(self.point), "auth": encoded(self.secret)}

    def shared_with(self, sender: bytes) -> bytes:
        known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        return self.private.exchange(ec.ECDH(), known)

    def read(self, headers: dict[str, str], body: bytes) -> bytes:
        if headers["content-encoding"] == "aes128gcm":
            return self.read_standard(body)
        assert headers["content-encoding"] == "aesgcm"
        salt = decoded(headers["encryption"].removeprefix("salt="))
        parts = dict(part.split("=", 1) for part in headers["crypto-key"].split(";"))
        return self.read_draft(body, salt, decoded(parts["dh"]))

    def read_standard(self, body: bytes) -> bytes:
        """RFC 8188 §2.1 and RFC 8291 §3.4, one record."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        material = expand(
            extract(self.secret, self.shared_with(sender)),
            b"WebPush: info\x00" + self.point + sender,
            32,
        )
        pseudo = extract(salt, material)
        key = expand(pseudo, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = expand(pseudo, b"Content-Encoding: nonce\x00", 12)
        text, mark, padding = AESGCM(key).decrypt(nonce, record, b"").rpartition(b"\x02")
        assert mark
        assert not padding.strip(b"\x00")
        return text

    def read_draft(self, body: bytes, salt: bytes, sender: bytes) -> bytes:
        """draft-ietf-webpush-encryption-04 §4, one record: two bytes say how much padding comes first."""
        context = b"P-256\x00"
        for one in (self.point, sender):
            context += len(one).to_bytes(2) + one
        material = expand(extract(self.secret, self.shared_with(sender)), b"Content-Encoding: auth\x00", 32)
        pseudo = extract(salt, material)
        key = expand(pseudo, b"Content-Encoding: aesgcm\x00" + context, 16)
        nonce = expand(pseudo, b"Content-Encoding: nonce\x00" + context, 12)
        text = AESGCM(key).decrypt(nonce, body, b"")
        padding = int.from_bytes(text[:2])
        assert text[2 : 2 + padding] == b"\x00" * padding
        return text[2 + padding :]


def claims_of(headers: dict[str, str], public_key: str) -> dict[str, object]:
    """What the sender claims, if its proof is by `public_key` (RFC 8292, and the draft before it)."""
    scheme, _, value = headers["authorization"].partition(" ")
    if scheme == "vapid":
        parts = dict(part.strip().split("=", 1) for part in value.split(","))
        token, key = parts["t"], parts["k"]
    else:
        assert scheme == "WebPush"
        token = value
        key = dict(part.split("=", 1) for part in headers["crypto-key"].split(";"))["p256ecdsa"]
    assert key == public_key
    head, claims, signature = token.split(".")
    assert json.loads(decoded(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = decoded(signature)
    known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    known.verify(
        utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:])),
        f"{head}.{claims}".encode(),
        ec.ECDSA(hashes.SHA256()),
    )
    found: dict[str, object] = json.loads(decoded(claims))
    return found


@dataclass
class Pushed:
    """One message as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """Takes what is pushed; answers `statuses` one after the other, then 201."""

    pushed: list[Pushed] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    extra: str = ""
    port: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    def endpoint(self, path: str = "/send/1") -> str:
        return f"http://push.localhost:{self.port}{path}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])
            }
            body = await reader.readexactly(int(headers["content-length"]))
            self.pushed.append(Pushed(head[0].split(" ")[1], headers, body))
            status = self.statuses.pop(0) if self.statuses else 201
            writer.write(
                f"HTTP/1.1 {status} X\r\n{self.extra}content-length: 0\r\nconnection: close\r\n\r\n".encode()
            )
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

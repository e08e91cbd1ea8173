"""Keys, requests signed in ways of our choosing, and the documents of others."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from fediverse_support.protocol.signatures.keys import (
    PrivateKey,
    PublicKey,
    generate_ed25519,
    generate_rsa,
)
from fediverse_support.protocol.signatures.requests import SignedRequest

NOW = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
DATE = "Tue, 01 Sep 2026 10:00:00 GMT"
ALICE = "https://peer.example/users/alice"
HOSTS = frozenset({"group.example"})


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def hosts() -> frozenset[str]:
    return HOSTS


@pytest.fixture(scope="session")
def corpora() -> Path:
    folder = Path(__file__).parents[3] / "../shared/corpora"
    if not folder.is_dir():
        pytest.skip("the shared corpora are not on this machine")
    return folder


@pytest.fixture(scope="session")
def rsa() -> PrivateKey:
    return PrivateKey(f"{ALICE}#main-key", generate_rsa())


@pytest.fixture(scope="session")
def ed25519() -> PrivateKey:
    return PrivateKey(f"{ALICE}#ed25519-key", generate_ed25519())


@pytest.fixture(scope="session")
def public() -> Callable[[PrivateKey], PublicKey]:
    """The public half of one of the keys above."""
    return lambda private: PublicKey(private.key_id, ALICE, private.key.public_key())


class Crafted(msgspec.Struct, frozen=True, kw_only=True):
    """A cavage request built by hand, independently of the code under test; every part may be wrong."""

    covered: str = "(request-target) host date digest"
    method: str = "POST"
    target: str = "/inbox"
    signed_target: str | None = None
    body: bytes = b'{"type":"Like"}'
    changes: dict[str, str | None] = {}
    parameters: dict[str, str | None] = {}
    extra: tuple[tuple[str, str], ...] = ()
    layout: str = '{}="{}"'
    separator: str = ","

    def headers(self) -> dict[str, str]:
        digest = b64encode(sha256(self.body).digest()).decode()
        usual: dict[str, str | None] = {
            "host": "group.example",
            "date": DATE,
            "digest": f"SHA-256={digest}",
            "content-type": "application/activity+json",
        }
        return {name: value for name, value in (usual | self.changes).items() if value is not None}

    def base(self) -> bytes:
        headers = self.headers()
        target = self.signed_target if self.signed_target is not None else self.target
        special = {
            "(request-target)": f"{self.method.lower()} {target}",
            "(created)": self.parameters.get("created"),
            "(expires)": self.parameters.get("expires"),
        }
        lines = [f"{name}: {special.get(name) or headers.get(name, '')}" for name in self.covered.split()]
        return "\n".join(lines).encode()

    def sign(self, key: PrivateKey) -> SignedRequest:
        usual: dict[str, str | None] = {
            "keyId": key.key_id,
            "algorithm": "rsa-sha256",
            "headers": self.covered or None,
            "signature": b64encode(key.sign(self.base())).decode(),
        }
        parameters = {k: v for k, v in (usual | self.parameters).items() if v is not None}
        signature = self.separator.join(self.layout.format(k, v) for k, v in parameters.items())
        headers = (*self.headers().items(), ("signature", signature), *self.extra)
        return SignedRequest(
            self.method, self.target, f"https://group.example{self.target}", headers, self.body
        )


@pytest.fixture(scope="session")
def crafted() -> type[Crafted]:
    return Crafted


@pytest.fixture(scope="session")
def arrived() -> Callable[..., SignedRequest]:
    """The request that a server sees, from what one of the signing functions gave."""

    def build(
        headers: dict[str, str], body: bytes = b"", method: str = "POST", target: str = "/inbox"
    ) -> SignedRequest:
        fields = tuple((name.lower(), value) for name, value in headers.items())
        return SignedRequest(method, target, f"https://group.example{target}", fields, body)

    return build

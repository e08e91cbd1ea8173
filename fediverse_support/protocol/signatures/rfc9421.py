"""RFC 9421 HTTP Message Signatures, as Mastodon, Fedify, WordPress and NodeBB send them.

Reading goes through `http-message-signatures`, made strict: left alone it takes a signature over nothing
but `@method`, up to a day old, and looks at no digest. The library wants the key while it reads; ours may
not be known yet. So it is given an algorithm that checks nothing and only keeps what would have to be
signed, and the key is put to that afterwards (`verification.check`).
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from http_message_signatures import (
    ContentDigest,
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    HTTPSignatureKeyResolver,
    VerifyResult,
)

from fediverse_support.core.errors import Malformed, Unauthenticated
from fediverse_support.protocol.signatures.claims import Claim
from fediverse_support.protocol.signatures.digests import content_digest_header
from fediverse_support.protocol.signatures.keys import PrivateKey
from fediverse_support.protocol.signatures.requests import HeaderIndex, SignedRequest
from fediverse_support.protocol.signatures.windows import require_recent, require_unexpired

LONGEST_HEADER = 4_096
_SIGNATURE_HEADERS = ("signature", "signature-input")
LABEL = "sig1"
TAG = "activitypub"
_GET_REQUIRED = ("@method", "@target-uri")
_POST_REQUIRED = ("@method", "@target-uri", "content-digest")
_ALGORITHM_IDS = {"rsa": "rsa-v1_5-sha256", "ed25519": "ed25519"}
_ALGORITHMS: dict[object, Literal["", "rsa", "ed25519"]] = {
    None: "",
    "rsa-v1_5-sha256": "rsa",
    "ed25519": "ed25519",
}


class _Kept(HTTPSignatureAlgorithm):
    """Keeps the signature and what it must have been made over; the "key" is the list to keep it in."""

    algorithm_id = _ALGORITHM_IDS["rsa"]

    def __init__(self, public_key: list[tuple[bytes, bytes]], private_key: None = None) -> None:
        self._kept = public_key

    def verify(self, signature: bytes, message: bytes) -> None:
        self._kept.append((signature, message))


class _KeptEd25519(_Kept):
    algorithm_id = _ALGORITHM_IDS["ed25519"]


class _Keep(HTTPSignatureKeyResolver):
    """Stands where the library expects a key."""

    def __init__(self) -> None:
        self.kept: list[tuple[bytes, bytes]] = []

    def resolve_public_key(self, key_id: str) -> list[tuple[bytes, bytes]]:
        return self.kept


class _Reader(HTTPMessageVerifier):
    """The library's verifier without its clock: a stored request is read at the time it arrived."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """The window is checked by `read`, with the time that `read` was given."""


class _Message:
    """What the library reads of a request."""

    def __init__(self, request: SignedRequest, written: str) -> None:
        self.method = request.method
        self.url = request.url
        # The library looks at every header it is shown, so it is shown only what the signature names.
        self.headers = _Headers(
            [(n, v) for n, v in request.headers if n in _SIGNATURE_HEADERS or f'"{n}"' in written]
        )


class _Headers:
    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._fields = fields

    def items(self) -> Iterable[tuple[str, str]]:
        return self._fields


def read(
    request: SignedRequest, fields: HeaderIndex, now: float, required: tuple[str, ...] | None = None
) -> Claim:
    """Everything about an RFC 9421 signature that needs no key; `fields` are its headers, `now` in
    Unix seconds.

    `required` are the components that must be covered: by default the method and the target, and the
    digest for all but a GET without a body. Raises `Malformed` and `Unauthenticated`.
    """
    written, signature = fields.one("signature-input"), fields.one("signature")
    if written is None or signature is None:
        raise Unauthenticated("The request is not signed.")
    if len(written) > LONGEST_HEADER or len(signature) > LONGEST_HEADER:
        raise Malformed("The signature header is too long.")
    result, kept = _read(request, written)
    if required is None:
        required = _GET_REQUIRED if request.method in ("GET", "HEAD") and not request.body else _POST_REQUIRED
    if not all(f'"{name}"' in result.covered_components for name in required):
        raise Unauthenticated("The signature must cover the method, the target and the digest.")
    if '"content-digest"' in result.covered_components:
        _require_digest(result.covered_components['"content-digest"'], request.body)
    _require_window(result.parameters, now)
    if result.parameters.get("tag", TAG) != TAG:
        raise Unauthenticated("The signature was made for something else than ActivityPub.")
    return Claim(
        style="rfc9421",
        key_id=str(result.parameters["keyid"]),
        bases=(kept[1],),
        signature=kept[0],
        algorithm=_ALGORITHMS[result.parameters.get("alg")],
        # As they are written, so that a component with parameters (a part of a header) is not the header.
        covered=frozenset(name[1:-1] for name in result.covered_components if name.endswith('"')),
    )


def _read(request: SignedRequest, written: str) -> tuple[VerifyResult, tuple[bytes, bytes]]:
    """What is covered and said, and the signature with what it must have been made over.

    The library sees to it that there is exactly one signature and that all that it covers is there.
    """
    ed25519 = f'alg="{_ALGORITHM_IDS["ed25519"]}"' in written
    keep = _Keep()
    reader = _Reader(signature_algorithm=_KeptEd25519 if ed25519 else _Kept, key_resolver=keep)
    try:
        results = reader.verify(_Message(request, written), max_age=None)
    except (HTTPMessageSignaturesException, ValueError, TypeError, KeyError) as error:
        raise Unauthenticated("The signature cannot be read, or covers what is not there.") from error
    if len(results) != 1 or len(keep.kept) != 1:
        raise Unauthenticated("The request must carry exactly one signature.")
    return results[0], keep.kept[0]


def _require_digest(header: str, body: bytes) -> None:
    """Every digest in `Content-Digest` must be the body's; the library reads what is not the usual one."""
    if header == content_digest_header(body):
        return
    try:
        ContentDigest.verify(header, body)
    except (HTTPMessageSignaturesException, ValueError) as error:
        raise Unauthenticated("The digest does not fit the body.") from error


def _require_window(parameters: dict[str, int | str], now: float) -> None:
    created, expires = parameters.get("created"), parameters.get("expires")
    if not isinstance(created, int):
        raise Unauthenticated("The signature must say when it was created.")
    require_recent(created, now)
    require_unexpired(created, expires if isinstance(expires, int) else None, now)


def sign(
    method: str,
    url: str,
    authority: str,
    content_digest: str | None,
    key: PrivateKey,
    created: int,
    nonce: str,
    headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """`Signature-Input` and `Signature` over method, target, authority and, where given, the digest and
    further `headers` by their names in lower case.

    Written out here because the library costs more than the RSA signature itself; the tests let the
    library verify it.
    """
    values = {"@method": method, "@target-uri": url, "@authority": authority}
    if content_digest is not None:
        values["content-digest"] = content_digest
    values |= headers or {}
    components = " ".join(f'"{name}"' for name in values)
    parameters = (
        f'({components});created={created};keyid="{key.key_id}"'
        f';alg="{_ALGORITHM_IDS[key.algorithm]}";nonce="{nonce}";tag="{TAG}"'
    )
    lines = [f'"{name}": {value}' for name, value in values.items()]
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    signature = b64encode(key.sign(base.encode("ascii"))).decode("ascii")
    return {"Signature-Input": f"{LABEL}={parameters}", "Signature": f"{LABEL}=:{signature}:"}

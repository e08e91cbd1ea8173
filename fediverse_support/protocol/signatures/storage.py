"""A request as bytes, to be verified later: only what its signature needs, and nothing else of it."""

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.signatures import cavage
from fediverse_support.protocol.signatures.requests import SignedRequest, index

_ALWAYS = frozenset(
    {"host", "date", "digest", "content-digest", "content-type", "signature", "signature-input"}
)


def to_store(request: SignedRequest) -> bytes:
    """A request that `verification.read` has taken, as bytes; `from_store` gives it back.

    Cookies and other people's credentials are not kept, even if the signature names them. Raises what
    `read` raises for a request that cannot be read.
    """
    names = _ALWAYS | _covered(request)
    headers = tuple((name, value) for name, value in request.headers if _kept(name, value, names))
    return msgspec.msgpack.encode(msgspec.structs.replace(request, headers=headers))


def from_store(stored: bytes) -> SignedRequest:
    """The request that `to_store` made into `stored`; `Malformed` for anything else."""
    try:
        return msgspec.msgpack.decode(stored, type=SignedRequest)
    except msgspec.DecodeError as error:
        raise Malformed("The stored request cannot be read.") from error


def _covered(request: SignedRequest) -> frozenset[str]:
    fields = index(request)
    written = fields.one("signature-input")
    if written is None:
        return frozenset(cavage.covered(cavage.parse(cavage.credentials(fields))))
    return frozenset(name for name in fields.values if f'"{name}"' in written)


def _kept(name: str, value: str, names: frozenset[str]) -> bool:
    if name == "authorization":
        return value[:10].lower() == "signature "
    return name in names and name != "cookie"

"""Digests that bind a body to a signature: `Digest` (RFC 3230) and `Content-Digest` (RFC 9530)."""

from base64 import b64encode
from hashlib import sha256

from fediverse_support.core.errors import Malformed, Unauthenticated


def sha256_base64(body: bytes) -> str:
    """SHA-256 of `body` in standard base64, 44 characters."""
    return b64encode(sha256(body).digest()).decode("ascii")


def digest_header(body: bytes) -> str:
    """The `Digest` value every peer takes: PieFed, NodeBB and Lemmy compare it as text, name included."""
    return f"SHA-256={sha256_base64(body)}"


def content_digest_header(body: bytes) -> str:
    """The `Content-Digest` value (RFC 9530)."""
    return f"sha-256=:{sha256_base64(body)}:"


def require_digest(header: str, body: bytes) -> None:
    """Check a `Digest` header against the body's bytes as they came in.

    The name may be in either case and stand in a list with other algorithms, but there must be exactly
    one SHA-256 and its value must be exact. Raises `Malformed` or `Unauthenticated`.
    """
    if header == digest_header(body):
        return
    values = [
        value
        for name, equals, value in (part.strip(" \t").partition("=") for part in header.split(","))
        if equals and name.lower() == "sha-256"
    ]
    if len(values) != 1:
        raise Malformed("The Digest header must hold one SHA-256 digest.")
    if values[0] != sha256_base64(body):
        raise Unauthenticated("The digest does not fit the body.")

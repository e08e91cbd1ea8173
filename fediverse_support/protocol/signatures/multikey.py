"""Multikey, how `assertionMethod` spells a public key (FEP-521a, W3C Controlled Identifiers)."""

import base58
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.signatures.keys import PublicKey, bounded

_ED25519_PREFIX = b"\xed\x01"
_RSA_PREFIX = b"\x85\x24"
LONGEST_MULTIBASE = 1_000
"""Characters; RSA-4096 needs about 725. Decoding takes time that grows with the square of the length."""


def encode_base58(data: bytes) -> str:
    """`data` in multibase: `z` and base58btc."""
    return "z" + base58.b58encode(data).decode("ascii")


def decode_base58(text: str, longest: int = LONGEST_MULTIBASE) -> bytes:
    """The bytes of a multibase `z…` string of at most `longest` characters; `Malformed` otherwise."""
    if len(text) > longest or not text.startswith("z"):
        raise Malformed("This is not a base58 multibase string.")
    try:
        data = bytes(base58.b58decode(text[1:]))
    except ValueError as error:
        raise Malformed("This is not a base58 multibase string.") from error
    # The library strips trailing white space: only the one spelling that we would write is right.
    if encode_base58(data) != text:
        raise Malformed("This is not a base58 multibase string.")
    return data


def encode_multikey(key: RSAPublicKey | Ed25519PublicKey) -> str:
    """The `publicKeyMultibase` of `key`: `z6Mk…` for Ed25519."""
    if isinstance(key, Ed25519PublicKey):
        return encode_base58(_ED25519_PREFIX + key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return encode_base58(_RSA_PREFIX + key.public_bytes(Encoding.DER, PublicFormat.PKCS1))


def load_multikey(key_id: str, owner: str, multibase: str) -> PublicKey:
    """A key from another actor's `publicKeyMultibase`, with the same bounds as `keys.load_public`.

    Raises `Malformed`, also for the kinds of key that are not used here (P-256, ML-DSA, …).
    """
    data = decode_base58(multibase)
    try:
        if data.startswith(_ED25519_PREFIX):
            return PublicKey(key_id, owner, Ed25519PublicKey.from_public_bytes(data[2:]))
        if data.startswith(_RSA_PREFIX):
            return PublicKey(key_id, owner, bounded(load_der_public_key(data[2:])))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed("The multikey cannot be read.") from error
    raise Malformed("The multikey is neither Ed25519 nor RSA.")

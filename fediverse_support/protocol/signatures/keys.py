"""Keys: RSA for HTTP signatures, because every server reads it, and Ed25519 for integrity proofs.

A key from outside is untrusted input. Its size bounds what one verification may cost (D13), so nothing
outside the bounds here ever reaches an RSA operation.
"""

from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from fediverse_support.core.errors import Malformed

Algorithm = Literal["rsa", "ed25519"]
"""`rsa` is always RSASSA-PKCS1-v1_5 with SHA-256 here, the one use of RSA that all servers share."""

LONGEST_PEM = 8_192
SMALLEST_RSA = 2_048
LARGEST_RSA = 4_096
LARGEST_EXPONENT = 2**32 - 1
_PADDING = PKCS1v15()
_SHA256 = SHA256()


class PublicKey(msgspec.Struct, frozen=True):
    """A key that `owner` (an actor's URI) signs with; `key` is loaded already and within the bounds."""

    key_id: str
    owner: str
    key: RSAPublicKey | Ed25519PublicKey

    @property
    def algorithm(self) -> Algorithm:
        """What kind of key it is: the only thing that decides how a signature is checked."""
        return "rsa" if isinstance(self.key, RSAPublicKey) else "ed25519"

    def signed(self, signature: bytes, data: bytes) -> bool:
        """Whether this key made `signature` over `data`."""
        try:
            if isinstance(self.key, RSAPublicKey):
                self.key.verify(signature, data, _PADDING, _SHA256)
            else:
                self.key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


class PrivateKey(msgspec.Struct, frozen=True):
    """A key of one of our own actors. `key_id` is the URI under which its public half is published."""

    key_id: str
    key: RSAPrivateKey | Ed25519PrivateKey

    def __post_init__(self) -> None:
        """Refuse a key id that would have to be escaped within a signature header."""
        if not (self.key_id.isascii() and self.key_id.isprintable()) or set(self.key_id) & set(' "\\,'):
            raise Malformed("A key id must be a plain URI.")

    @property
    def algorithm(self) -> Algorithm:
        """What kind of key it is."""
        return "rsa" if isinstance(self.key, RSAPrivateKey) else "ed25519"

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`: 256 bytes for RSA-2048, 64 for Ed25519."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, _PADDING, _SHA256)
        return self.key.sign(data)


def generate_rsa() -> RSAPrivateKey:
    """A new RSA-2048 key; larger ones help no peer and cost every delivery."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=SMALLEST_RSA)


def generate_ed25519() -> Ed25519PrivateKey:
    """A new Ed25519 key."""
    return Ed25519PrivateKey.generate()


def public_pem(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """The public half as SPKI in PEM, what `publicKeyPem` holds."""
    spki = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return spki.decode("ascii")


def public_text(key: PublicKey) -> str:
    """A loaded key as SPKI in PEM: the one form in which keys are stored."""
    return key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def private_pem(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """The key as PKCS #8 in PEM, *not encrypted*: whoever stores it seals it first."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def load_private(key_id: str, pem: str) -> PrivateKey:
    """One of our own keys from what `private_pem` gave; `Malformed` for anything else.

    It must be authentic, as a sealed value is: whether an RSA key is sound is not checked again, which
    would take fifty milliseconds each time.
    """
    try:
        key = load_pem_private_key(pem.encode("ascii"), password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Malformed("The private key cannot be read.") from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise Malformed("The private key is neither RSA nor Ed25519.")
    return PrivateKey(key_id, key)


def load_public(key_id: str, owner: str, pem: str) -> PublicKey:
    """A key from another server's `publicKeyPem`, strictly.

    PKCS #1 (`BEGIN RSA PUBLIC KEY`) is read too, as some older servers publish it. Raises `Malformed` for
    what cannot be read, is longer than `LONGEST_PEM`, or is not a key that `bounded` lets pass.
    """
    if len(pem) > LONGEST_PEM:
        raise Malformed("The public key is too long.")
    try:
        key = load_pem_public_key(pem.strip().encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed("The public key cannot be read.") from error
    return PublicKey(key_id, owner, bounded(key))


def bounded(key: object) -> RSAPublicKey | Ed25519PublicKey:
    """`key` itself, if it is Ed25519, or RSA of 2048 to 4096 bits with an odd exponent of 3 to 2^32.

    Raises `Malformed`. Smaller RSA keys can be broken, larger ones only serve to keep a verifier busy.
    """
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey):
        raise Malformed("The public key is neither RSA nor Ed25519.")
    if not SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
        raise Malformed("An RSA key must have 2048 to 4096 bits.")
    exponent = key.public_numbers().e
    if not 3 <= exponent <= LARGEST_EXPONENT or exponent % 2 == 0:
        raise Malformed("The exponent of the RSA key is out of bounds.")
    return key

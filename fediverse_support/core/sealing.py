"""Secrets at rest: AES-256-GCM with the key in `FS_SECRET_KEY_FILE`, so that a stolen dump signs nothing.

A sealed value is 12 random bytes, then the ciphertext with its tag. The purpose ("actor-key", …) is
authenticated with it, so that a value sealed for one use cannot be opened as another.
"""

import os
import secrets
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fediverse_support.core.errors import Misconfigured

_KEY_BYTES = 32
_NONCE_BYTES = 12


class Seal(msgspec.Struct, frozen=True):
    """The key that seals and opens."""

    key: bytes

    def close(self, value: bytes, purpose: str) -> bytes:
        """Encrypt `value` for `purpose`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, value, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Decrypt what `close` made for the same purpose; raises `Misconfigured` if the key is another."""
        try:
            return AESGCM(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
        except InvalidTag:
            raise Misconfigured(
                "The secret key does not open what is stored in the database. "
                "FS_SECRET_KEY_FILE must be the file that this database was made with."
            ) from None


def load_or_make(path: Path) -> Seal:
    """The key in `path`, made with mode 0600 on the first start. Safe to run at the same time twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return load(path)
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(_KEY_BYTES)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return Seal(key)


def load(path: Path) -> Seal:
    """The key in `path`; raises `Misconfigured` if it is not one."""
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise Misconfigured(f"{path} is not a secret key: it must hold exactly {_KEY_BYTES} bytes.")
    return Seal(key)

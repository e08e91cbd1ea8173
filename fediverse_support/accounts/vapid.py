"""The key by which push services know this server (VAPID, RFC 8292).

There is one, made when it is first asked for and never another: applications compare it, and subscriptions
made with it would be lost. Its private half is sealed with the key in `FS_SECRET_KEY_FILE`.
"""

from base64 import urlsafe_b64encode
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fediverse_support.core.errors import Missing
from fediverse_support.core.sealing import Seal
from fediverse_support.database import server_keys
from fediverse_support.database.pool import Connection
from fediverse_support.database.server_keys import ServerKey

PURPOSE = "vapid"


async def public_key(db: Connection, seal: Seal, now: datetime) -> str:
    """The public key as applications want it: the uncompressed point in base64url without padding.

    One round trip once there is a key; the same in every answer and for ever.
    """
    return (await _kept(db, seal, now)).public_key


async def private_key(db: Connection, seal: Seal, now: datetime) -> ec.EllipticCurvePrivateKey:
    """The key to sign with. Raises `Misconfigured` when the seal is not the one that closed it."""
    kept = await _kept(db, seal, now)
    key = serialization.load_der_private_key(seal.open(kept.private_key, PURPOSE), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


async def _kept(db: Connection, seal: Seal, now: datetime) -> ServerKey:
    kept = await server_keys.of(db, PURPOSE)
    if kept is None:
        await server_keys.keep(db, _made(seal), now)
        kept = await server_keys.of(db, PURPOSE)
    if kept is None:
        raise Missing("There is no key for push.")
    return kept


def _made(seal: Seal) -> ServerKey:
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return ServerKey(
        purpose=PURPOSE,
        public_key=urlsafe_b64encode(point).rstrip(b"=").decode(),
        private_key=seal.close(der, PURPOSE),
    )

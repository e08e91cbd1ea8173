"""The two steps in which a request is authenticated: `read` without a key, `check` with it.

They are apart because an inbox must not wait for another server: a request whose key is not known yet is
kept (`storage`) and checked when the key has come. A claim that was only read proves nothing.
"""

from datetime import datetime

from fediverse_support.core.errors import Malformed, Unauthenticated
from fediverse_support.protocol.signatures import cavage, rfc9421
from fediverse_support.protocol.signatures.claims import Claim
from fediverse_support.protocol.signatures.keys import PublicKey
from fediverse_support.protocol.signatures.requests import SignedRequest, index


def read(request: SignedRequest, our_hosts: frozenset[str], now: datetime) -> Claim:
    """Who the request says it is from, after every check that needs no key (O8).

    Those are: one signature, readable, over the target, the host, the time and the digest; the time
    within an hour of `now`; the host one of `our_hosts` (lower-case authorities); the digest that of the
    body. `now` is when the request arrived, also if it is read again later from the store.
    Raises `Unauthenticated`, or `Malformed` when the headers cannot be read.
    """
    fields = index(request)
    if "signature-input" not in fields.values:
        return cavage.read(request, fields, our_hosts, now.timestamp())
    if (fields.one("authorization") or "")[:10].lower() == "signature ":
        raise Malformed("The request carries two signatures.")
    return rfc9421.read(request, fields, now.timestamp())


def check(claim: Claim, key: PublicKey) -> None:
    """`Unauthenticated` unless `key` is the one the claim names, and made its signature.

    The algorithm is the key's. A sender that names another one is refused, not believed. That `key.owner`
    is the actor of the activity is for the caller to check (O1).
    """
    if claim.key_id != key.key_id:
        raise Unauthenticated("The signature was made with another key.")
    if claim.algorithm not in ("", key.algorithm):
        raise Unauthenticated("The signature names another algorithm than its key has.")
    if not any(key.signed(claim.signature, base) for base in claim.bases):
        raise Unauthenticated("The signature is not valid.")

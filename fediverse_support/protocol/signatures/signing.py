"""Signing our own requests, in either style.

Each function returns all the headers that the signature depends on; the caller sends exactly these, and
the body byte for byte. What is signed and in which order is federation.md §3.1 and §3.4.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.signatures import cavage, rfc9421
from fediverse_support.protocol.signatures.claims import Style
from fediverse_support.protocol.signatures.digests import content_digest_header, digest_header
from fediverse_support.protocol.signatures.keys import PrivateKey
from fediverse_support.protocol.signatures.windows import http_date
from fediverse_support.protocol.synchronisation import HEADER

ACTIVITY_JSON = "application/activity+json"
_URL = re.compile(r"(https?)://([^/?#@\s]++)(/[^?#\s]*+)?(\?[^#\s]*+)?(?:#\S*+)?", re.ASCII)


def sign_post(
    url: str,
    body: bytes,
    key: PrivateKey,
    now: datetime,
    style: Style,
    *,
    synchronisation: str | None = None,
) -> dict[str, str]:
    """Headers for a POST of `body` to `url`: Host, Date, Content-Type, the digest and the signature.

    `synchronisation` is the header of FEP-8fcf (`protocol/synchronisation.py`), signed with the rest. Sign
    again for every attempt: Friendica takes a signature for 300 seconds only. Raises `Malformed` for a URL
    that cannot be signed.
    """
    authority, target = _split(url)
    extra = {} if synchronisation is None else {HEADER.lower(): synchronisation}
    if style == "rfc9421":
        digest = content_digest_header(body)
        shown = {"Host": authority, "Date": http_date(now), "Content-Type": ACTIVITY_JSON}
        signature = _sign_9421("POST", authority, target, url, digest, key, now, extra)
        return shown | {"Content-Digest": digest} | _shown(extra) | signature
    signed = {
        "host": authority,
        "date": http_date(now),
        "digest": digest_header(body),
        "content-type": ACTIVITY_JSON,
        **extra,
    }
    return _shown(signed) | {"Signature": cavage.sign("POST", target, signed, key)}


def sign_get(
    url: str,
    key: PrivateKey,
    now: datetime,
    style: Style,
    *,
    with_query: bool = True,
    with_digest: bool = False,
) -> dict[str, str]:
    """Headers for a GET of `url`: Host, Date and the signature.

    The last two are for cavage only. Without `with_query` the path alone is signed, for the second try at
    a server that answers 401 (as GoToSocial does). `with_digest` adds the digest of no body, which Lemmy
    demands for private communities. Raises `Malformed` for a URL that cannot be signed.
    """
    authority, target = _split(url)
    signed = {"host": authority, "date": http_date(now)}
    if style == "rfc9421":
        return _shown(signed) | _sign_9421("GET", authority, target, url, None, key, now)
    if with_digest:
        signed["digest"] = digest_header(b"")
    if not with_query:
        target = target.partition("?")[0]
    return _shown(signed) | {"Signature": cavage.sign("GET", target, signed, key)}


def _sign_9421(
    method: str,
    authority: str,
    target: str,
    url: str,
    digest: str | None,
    key: PrivateKey,
    now: datetime,
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    uri = f"{url.partition(':')[0]}://{authority}{target}"
    created, nonce = int(now.timestamp()), secrets.token_urlsafe(16)
    return rfc9421.sign(method, uri, authority, digest, key, created, nonce, extra)


def _shown(signed: dict[str, str]) -> dict[str, str]:
    return {name.title(): value for name, value in signed.items()}


def _split(url: str) -> tuple[str, str]:
    """What goes into `Host` (no default port, lower case), and path with query; a fragment is not sent."""
    match = _URL.fullmatch(url)
    if match is None or not url.isascii() or not url.isprintable():
        raise Malformed("This URL cannot be signed for.")
    scheme, authority, path, query = match.groups()
    default = ":443" if scheme == "https" else ":80"
    return authority.lower().removesuffix(default), (path or "/") + (query or "")

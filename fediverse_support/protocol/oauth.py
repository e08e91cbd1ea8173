"""OAuth as far as it needs no database: where a code may be sent, and what proves who asked for it.

RFC 6749 (the framework), RFC 7636 (PKCE), RFC 8252 (applications on a device), RFC 9700 (what goes wrong).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlencode, urlsplit

Mode = Literal["query", "fragment"]
Kind = Literal["site", "device", "here", "shown"]

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""No address: the code is shown, and whoever reads it copies it into the application."""
LONGEST_ADDRESS = 2000

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_NEVER = frozenset(("data", "javascript", "vbscript", "about", "blob", "file", "filesystem", "view-source"))
"""Schemes that would run or show something where a code is to be sent."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def trouble_with(address: str) -> str:
    """What is wrong with an address to which codes are to be sent, in the words apps know; "" for nothing.

    Custom schemes may have any shape: `icecubesapp://` has no host, `com.tapbots.Ivory:/request` one slash.

    >>> trouble_with("icecubesapp://"), trouble_with("javascript:alert(1)")
    ('', 'Redirect URI is forbidden by the server.')
    """
    if len(address) > LONGEST_ADDRESS:
        return "Redirect URI is too long."
    if not _ADDRESS.fullmatch(address):
        return "Redirect URI must be an absolute URI."
    if scheme_of(address) in _NEVER:
        return "Redirect URI is forbidden by the server."
    if "#" in address:
        return "Redirect URI cannot contain a fragment."
    if scheme_of(address) in ("http", "https"):
        return _trouble_on_the_web(address)
    return ""


def _trouble_on_the_web(address: str) -> str:
    wrong = "Redirect URI must be an absolute URI."
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return wrong
    # A name before @ and a \ are how one host is made to look like another.
    is_plain = address[len(parts.scheme) :].startswith("://") and not set(address) & set("@\\")
    return "" if has_host and is_plain else wrong


def scheme_of(address: str) -> str:
    """The scheme, in small letters."""
    return address.partition(":")[0].lower()


def kind_of(address: str) -> Kind:
    """Where a code goes: to a site, to an application by its scheme, to a program here, or to be shown."""
    if address == OUT_OF_BAND:
        return "shown"
    if scheme_of(address) not in ("http", "https"):
        return "device"
    return "here" if host_of(address) in ("localhost", "127.0.0.1", "::1") else "site"


def host_of(address: str) -> str:
    """The host of an address on the web, as it is compared; empty for others."""
    return (urlsplit(address).hostname or "") if scheme_of(address) in ("http", "https") else ""


def sources_of(address: str) -> str:
    """What a page's `form-action` must name for a form to lead to `address`, and on from there.

    Browsers hold the policy against every step that follows. Where an answer goes on the web may send on to
    another origin, so the scheme is named and not the host.
    """
    if address == OUT_OF_BAND:
        return "'self'"
    scheme = scheme_of(address)
    return "'self' https: http:" if scheme == "http" else f"'self' {scheme}:"


def answer_to(address: str, mode: Mode, values: Iterable[tuple[str, str]]) -> str:
    """The address with an answer in it. Nothing else of it changes, not one character.

    >>> answer_to("icecubesapp://", "query", [("code", "x")]), answer_to("https://a.example/?b=c", "query", [("code", "x")])
    ('icecubesapp://?code=x', 'https://a.example/?b=c&code=x')
    """  # noqa: E501
    query = urlencode([*values])
    if mode == "fragment":
        return f"{address}#{query}"
    return f"{address}{'&' if '?' in address else '?'}{query}"


def is_challenge(text: str) -> bool:
    """Whether this can be the SHA-256 of a verifier (PKCE with S256; `plain` proves nothing)."""
    return _CHALLENGE.fullmatch(text) is not None


def proves(verifier: str, challenge: str | None) -> bool:
    """Whether whoever knows `verifier` is who asked with `challenge`. One that nobody asked for is wrong as
    well: it tells that the challenge was taken away on the way (RFC 9700, 2.1.1)."""
    if challenge is None:
        return not verifier
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    found = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(found, challenge)

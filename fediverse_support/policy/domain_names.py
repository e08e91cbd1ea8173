"""Names of domains as people and lists write them, and which of them cannot stand on the ladder."""

import functools
import ipaddress
from collections.abc import Collection
from typing import Literal

from publicsuffixlist import PublicSuffixList

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.urls import OPEN_NETWORK, normal_host

Unfit = Literal["hidden", "own", "suffix", "address", "name"]
"""Why not: only partly named (`ba*.ex*mple`); ours or above ours; a suffix under which anybody may have a
name (`com`, `co.uk`); an IP address; no name at all."""

SENTENCES: dict[Unfit, str] = {
    "hidden": "This name is hidden in part by *, so nobody can tell whose it is.",
    "own": "This is our own domain: it would close this community to itself.",
    "suffix": "Anybody may have a name under this one: it would concern everyone there.",
    "address": "An IP address is not a domain: servers are known by their names.",
    "name": "This is not the name of a domain.",
}


class UnfitName(Malformed):
    """This name cannot stand on the ladder; `why` says which kind of trouble it is."""

    def __init__(self, why: Unfit) -> None:
        super().__init__(SENTENCES[why])
        self.why: Unfit = why


def read_name(text: str) -> str:
    """A domain in the form in which it is compared: lower case, Punycode, no dot at the end, no port.

    `*.peer.example`, as Akkoma writes it, means the same as `peer.example`, which covers what is below it
    anyway. Raises `UnfitName`.
    """
    name = text.strip().lower().removeprefix("*.").rstrip(".")
    name, colon, port = name.partition(":")
    if "*" in name:
        raise UnfitName("hidden")
    if _is_address(text.strip()) or _is_address(name):
        raise UnfitName("address")
    if colon and not port.isdecimal():
        raise UnfitName("name")
    try:
        return OPEN_NETWORK.check_host(name)
    except Malformed:
        return _from_unicode(name)


def unfit(name: str, ours: Collection[str]) -> Unfit | None:
    """Whether a name that `read_name` gave is ours or above ours, or a public suffix.

    `ours` are the names of this community, perhaps with ports. Suffixes are those of registries; that of a
    company (`pages.example`) is a domain like any other.
    """
    if any(own == name or own.endswith(f".{name}") for own in (one.partition(":")[0] for one in ours)):
        return "own"
    return "suffix" if is_suffix(name) else None


def is_suffix(name: str) -> bool:
    """Whether anybody may register a name directly below this one, as under `com` and `co.uk`."""
    return "." not in name or _suffixes().is_public(name)


@functools.cache
def _suffixes() -> PublicSuffixList:
    """Read when it is first needed: it takes a moment."""
    return PublicSuffixList(only_icann=True)


def _from_unicode(name: str) -> str:
    if "." not in name and name.isascii() and name.isalpha():
        return name  # A top-level domain: no host name, and yet something that lists contain.
    try:
        return normal_host(name)
    except Malformed:
        raise UnfitName("name") from None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True

"""Follower synchronisation (FEP-8fcf): two servers notice when their lists of one actor's followers differ.

Whoever sends something that only followers may see says, in a header that the signature covers, which of
them it believes to be on the receiving server: not their names but a digest of them. If the receiver comes
to another digest, it fetches the list that is at `url` (a signed GET, which gets the asker's own people and
nobody else's) and puts right what is wrong. A follower who left and of whom the leaving was lost would
otherwise go on receiving what is said among members.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.addressing import is_public

HEADER = "Collection-Synchronization"
LONGEST = 5_000
"""Characters of the header that are read: three addresses and some room."""

NOBODY = "0" * 64
"""The digest of no followers at all."""

_PAIR = re.compile(r'\s*+([A-Za-z][A-Za-z0-9_-]*+)\s*+=\s*+"([^"\\\x00-\x1f\x7f]*+)"\s*+(?:,|$)')
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_UNQUOTED = re.compile(r'["\\\x00-\x20\x7f]')


class Synchronisation(msgspec.Struct, frozen=True, kw_only=True):
    """What the header says: the followers collection it is about, where its part for the receiver is
    served, and the digest (64 small hex digits) of the follower ids that the sender has for the receiver."""

    collection: str
    url: str
    digest: str


def collection_of(activity: Mapping[str, Any]) -> str | None:
    """The followers collection of the actor of one of our activities, if that is for them only.

    Only then is there something to synchronise: who is told everything learns nothing from a list.
    """
    to, cc = activity.get("to") or [], activity.get("cc") or []
    collection = f"{activity.get('actor')}/followers"
    return collection if collection in [*to, *cc] and not is_public(to, cc) else None


def for_receiver(collection: str, followers: Iterable[str]) -> str:
    """The header for a server that has these `followers`, whose list is served beside their collection."""
    said = Synchronisation(
        collection=collection, url=f"{collection}_synchronization", digest=digest(followers)
    )
    return render(said)


def digest(followers: Iterable[str]) -> str:
    """The digest of these follower ids: the XOR of the SHA-256 of each, as 64 hex digits.

    The order does not matter. An id that is there twice counts as not there: pass each once.
    """
    total = 0
    for uri in followers:
        total ^= int.from_bytes(hashlib.sha256(uri.encode()).digest(), "big")
    return f"{total:064x}"


def toggled(old: str, uri: str) -> str:
    """`old` after this follower came or went: it is the same step both ways."""
    return f"{int(old, 16) ^ int(digest([uri]), 16):064x}"


def render(said: Synchronisation) -> str:
    """The value of the header, as Mastodon has it. Raises `Malformed` for what cannot be in it."""
    for text in (said.collection, said.url):
        if _UNQUOTED.search(text) or not text.isascii():
            raise Malformed("An address in the synchronisation header cannot be written.")
    return f'collectionId="{said.collection}", url="{said.url}", digest="{said.digest}"'


def parse(header: str) -> Synchronisation:
    """Read the header. What it says is the sender's word: that the collection and the address are the
    sender's own is for the caller to check. Raises `Malformed`."""
    if len(header) > LONGEST:
        raise Malformed("The synchronisation header is too long.")
    found: dict[str, str] = {}
    end = 0
    while end < len(header):
        pair = _PAIR.match(header, end)
        if pair is None or pair[1].lower() in found:
            raise Malformed("The synchronisation header cannot be read.")
        found[pair[1].lower()] = pair[2]
        end = pair.end()
    said = Synchronisation(
        collection=found.get("collectionid", ""),
        url=found.get("url", ""),
        digest=found.get("digest", "").lower(),
    )
    if not said.collection or not said.url or _DIGEST.fullmatch(said.digest) is None:
        raise Malformed("The synchronisation header lacks something.")
    return said

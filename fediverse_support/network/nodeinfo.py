"""Which software another server runs, by NodeInfo 2.x: good to know, never a reason to trust.

The standard way takes two GETs, the list under `/.well-known/nodeinfo` and then the document. Nearly all
of the fediverse serves `/nodeinfo/2.0` (Mastodon, PieFed, Mbin, GoToSocial, Misskey, NodeBB and we do), and a
stranger's first activity may cost three GETs in all: actor, WebFinger, this. So we ask there first, and
take the standard way only where that is no NodeInfo document.
"""

import re
from typing import Any

import msgspec

from fediverse_support.core.errors import Gone, Missing, RemoteRefused
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.documents import Documents

SCHEMA = re.compile(r"http://nodeinfo\.diaspora\.software/ns/schema/2\.[0-9]")
LONGEST = 256 * 1024
_NAME = re.compile(r"[a-z0-9._-]{1,64}")


class Software(msgspec.Struct, frozen=True):
    """A name in lower case as NodeInfo demands, and a version as it stands there."""

    name: str
    version: str


async def software(
    documents: Documents, origin: str, budget: FetchBudget, *, thorough: bool = True
) -> Software | None:
    """What the server at `origin` (`https://peer.example`) says it runs, or None when it does not say.

    One GET, or with `thorough` up to three where `/nodeinfo/2.0` is missing. Ask once a week for each host
    at most. Raises `RemoteTrouble` when the server cannot be reached, `Refused` as `Documents.fetch`.
    """
    found = await _software_at(documents, f"{origin}/nodeinfo/2.0", budget)
    if found is not None or not thorough:
        return found
    listed = await _json(documents, f"{origin}/.well-known/nodeinfo", budget)
    href = _newest(listed) if listed else None
    if href is None or not documents.client.site.gate.same_origin(origin, href):
        return None
    return await _software_at(documents, href, budget)


async def _software_at(documents: Documents, url: str, budget: FetchBudget) -> Software | None:
    found = await _json(documents, url, budget)
    return read_software(found) if found else None


async def _json(documents: Documents, url: str, budget: FetchBudget) -> dict[str, Any] | None:
    try:
        document, _ = await documents.get_json(
            url,
            budget,
            accept="application/json",
            types=("application/json",),
            limit=LONGEST,
            same_origin=True,
        )
    except (Missing, Gone, RemoteRefused):
        return None
    return document


def read_software(document: dict[str, Any]) -> Software | None:
    """Name and version from a NodeInfo document, or None when it is not one."""
    version, about = document.get("version"), document.get("software")
    if not isinstance(version, str) or not version.startswith("2.") or not isinstance(about, dict):
        return None
    name, release = about.get("name"), about.get("version")
    if not isinstance(name, str) or not isinstance(release, str) or not _NAME.fullmatch(name.lower()):
        return None
    return Software(name.lower(), release[:100])


def _newest(document: dict[str, Any]) -> str | None:
    links = document.get("links")
    if not isinstance(links, list):
        return None
    found = [
        (link["rel"], link["href"])
        for link in links
        if isinstance(link, dict)
        and isinstance(link.get("rel"), str)
        and isinstance(link.get("href"), str)
        and SCHEMA.fullmatch(link["rel"])
    ]
    return max(found)[1] if found else None

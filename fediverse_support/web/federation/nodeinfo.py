"""What runs here (NodeInfo 2.0 and 2.1), and where WebFinger is (host-meta)."""

from typing import Literal

from fediverse_support import __version__
from fediverse_support.accounts import members
from fediverse_support.core.errors import Missing
from fediverse_support.database import community
from fediverse_support.protocol.rendering import discovery
from fediverse_support.protocol.rendering.context import Json
from fediverse_support.web.federation.answers import (
    FIVE_MINUTES,
    FOR_EVERY_SITE,
    Document,
    Question,
    fixed,
    served,
)


@fixed
async def links(question: Question) -> Document:
    """`/.well-known/nodeinfo`: where the two versions are, and the server's actor (FEP-2677)."""
    return _json(discovery.nodeinfo_links(question.services.site), "application/json")


@served
async def version_2_0(question: Question) -> Document:
    """NodeInfo 2.0, which PieFed asks for."""
    return await _nodeinfo(question, "2.0")


@served
async def version_2_1(question: Question) -> Document:
    """NodeInfo 2.1."""
    return await _nodeinfo(question, "2.1")


@fixed
async def host_meta(question: Question) -> Document:
    """`/.well-known/host-meta` as XML."""
    body = discovery.host_meta_xml(question.services.site)
    return Document(body=body, media_type="application/xrd+xml", cache=FIVE_MINUTES, headers=FOR_EVERY_SITE)


@fixed
async def host_meta_json(question: Question) -> Document:
    """`/.well-known/host-meta.json`."""
    return _json(discovery.host_meta(question.services.site), "application/jrd+json")


async def _nodeinfo(question: Question, version: Literal["2.0", "2.1"]) -> Document:
    house = await community.get(question.db)
    if house is None:
        raise Missing
    body = discovery.nodeinfo(
        version,
        program_version=__version__,
        # Whoever may ask to join finds a way in, even if somebody looks at it first (as Mastodon counts it).
        open_registrations=question.services.settings.registration in ("open", "approval"),
        title=house.title,
        description=house.tagline,
        policy=f"{question.services.site.origin}/about/policy.json",
        staff=[actor.uri for actor in await members.staff(question.db)],
    )
    return _json(body, discovery.nodeinfo_content_type(version))


def _json(body: Json, media_type: str) -> Document:
    return Document(body=body, media_type=media_type, cache=FIVE_MINUTES, headers=FOR_EVERY_SITE)

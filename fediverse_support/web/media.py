"""Where pictures are had: by everybody what everybody may see, all else by session or with a proof that ends.

What is answered here can never speak for this server or run as a page of it: made anew from pixels by us,
with the type that we gave it, `nosniff`, and a policy that lets a browser do nothing with it but show it. A
picture that somebody may not see answers like one that does not exist (L3). Nothing may be kept for longer
than a minute without asking again, so that what is deleted is gone (L11).
"""

import asyncio
from typing import Literal

from starlette.responses import FileResponse, Response
from starlette.routing import Route

from fediverse_support.community.pictures import media
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.pictures import Variant
from fediverse_support.database import media as stored
from fediverse_support.database.media import Media, Shown
from fediverse_support.database.pool import acquire
from fediverse_support.protocol import media_addresses
from fediverse_support.protocol.media_addresses import PUBLIC_ID
from fediverse_support.web.forms import number_in
from fediverse_support.web.security import Access, Visit, page

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
_FOR_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Web apps of other origins show pictures too. Not where the session opened it."""
_LIMIT = "1200 per minute"


@page(Access.ANYONE, connection="session", limit=_LIMIT)
async def show(visit: Visit) -> Response:
    """One file of a picture of a post or of somebody here. Raises `Missing`."""
    public_id = visit.request.path_params["public_id"]
    variant = media_addresses.variant_in(visit.request.path_params["file"])
    if variant is None or not PUBLIC_ID.fullmatch(public_id):
        raise Missing
    async with acquire(visit.services.pool) as db:
        found = await stored.shown_to(db, visit.viewer, public_id)
    if found is None:
        raise Missing
    headers = _opened(visit, found)
    return await _file(visit, found, variant, headers)


@page(Access.ANYONE, connection="session", limit=_LIMIT)
async def show_profile(visit: Visit) -> Response:
    """Our copy of a picture on the profile of somebody elsewhere. Raises `Missing`."""
    actor_id = number_in(visit.request.path_params["number"])
    purpose = _purpose(visit.request.path_params["file"].partition("-")[0])
    if actor_id is None or purpose is None:
        raise Missing
    async with acquire(visit.services.pool) as db:
        found = await media.of_profile(db, actor_id, purpose, clock.now())
    return await _file(visit, found, "original", _public())


def _purpose(word: str) -> Literal["icon", "header"] | None:
    if word == "icon":
        return "icon"
    return "header" if word == "header" else None


def _opened(visit: Visit, found: Shown) -> dict[str, str]:
    """The headers of an answer to this visit, by what opens the picture to it. Raises `Missing`."""
    if found.is_public:
        return _public()
    asked = visit.request.query_params
    one = found.media
    if media_addresses.is_proven(
        one.public_id, one.secret, asked.get("until", ""), asked.get("proof", ""), clock.now()
    ):
        return {**_FOR_ALL, "Cache-Control": "private, no-store"}
    if found.is_seen and not visit.viewer.is_guest:
        return {"Cache-Control": "private, no-store"}
    raise Missing


def _public() -> dict[str, str]:
    return {**_FOR_ALL, "Cache-Control": "public, max-age=60"}


async def _file(visit: Visit, found: Shown, variant: Variant, headers: dict[str, str]) -> Response:
    services = visit.services
    one = found.media
    if one.remote_url is not None:
        if not media.is_taken_from(services.policy().ladder, found.owner_host, one.remote_url, services.site):
            raise Missing
        if one.state != "ready" or not await _is_there(visit, one, variant):
            one = await media.copy(services.pool, services.pictures, one, clock.now())
    if one.state != "ready" or not await _is_there(visit, one, variant):
        raise Missing
    etag = (
        f'"{one.public_id}-{variant}-{one.version}-{one.copied_at.timestamp() if one.copied_at else 0:.0f}"'
    )
    headers = {**_HEADERS, **headers, "ETag": etag}
    if visit.request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    path = media.file_of(services.pictures, one, variant)
    kind = one.media_type if variant == "original" else one.preview_type
    return FileResponse(path, headers=headers, media_type=kind)


async def _is_there(visit: Visit, one: Media, variant: Variant) -> bool:
    return await asyncio.to_thread(media.file_of(visit.services.pictures, one, variant).is_file)


ROUTES = [
    Route("/media/{public_id}/{file}", show),
    Route("/media/profiles/{number}/{file}", show_profile),
]

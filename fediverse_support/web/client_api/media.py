"""Uploading pictures by an app (mastodon-api.md §2.1, trap 15).

Both versions keep the file first. The first waits until it is made anew; so does the second while a hand is
free, and answers 202 else: then a worker does it, and the app asks again until there is an address.
"""

from starlette.routing import Route

from fediverse_support.community.pictures import media
from fediverse_support.core.errors import Malformed, Missing, TooLarge
from fediverse_support.core.pictures import LARGEST_FILE
from fediverse_support.database import media as stored
from fediverse_support.database.media import Media
from fediverse_support.database.pool import acquire
from fediverse_support.web.client_api.calls import Answer, Call, call
from fediverse_support.web.client_api.entities.media import uploaded

_SCOPE = "write:media"
_LIMIT = "60 per 30 minutes"


@call(_SCOPE, connection="session", limit=_LIMIT, uploads=True)
async def upload_and_wait(one: Call) -> Answer:
    """POST /api/v1/media: the finished picture."""
    return Answer(uploaded(one.site, await _made(one, await _taken(one, for_worker=False)), one.now))


@call(_SCOPE, connection="session", limit=_LIMIT, uploads=True)
async def upload(one: Call) -> Answer:
    """POST /api/v2/media: the finished picture, or 202 where there is much to do."""
    is_busy = one.services.pictures.is_busy
    taken = await _taken(one, for_worker=is_busy)
    if is_busy:
        return Answer(uploaded(one.site, taken, one.now), 202)
    return Answer(uploaded(one.site, await _made(one, taken), one.now))


async def _taken(one: Call, *, for_worker: bool) -> Media:
    """The upload, kept as it came, with what the app says of it; the small file it sent is beside it."""
    sent = one.params.file("file")
    if sent is None:
        raise Malformed("Validation failed: File can't be blank")
    words = media.described(one.params.text("description"), one.params.maybe("focus"))
    async with acquire(one.services.pool) as db, db.transaction():
        return await media.take(
            db, one.services.pictures, one.me, sent.body, words, one.now, for_worker=for_worker
        )


async def _made(one: Call, taken: Media) -> Media:
    """The upload as it is after somebody has looked at it. Raises `Malformed` for what is no picture."""
    services = one.services
    made = await media.develop(services.pool, services.pictures, taken, one.now)
    if made is None:
        raise Missing
    if made.state == "failed":
        async with acquire(services.pool) as db:
            await stored.delete_loose(db, one.me, made.id)
        raise Malformed(f"Validation failed: {made.trouble}")
    return await _with_thumbnail(one, made)


async def _with_thumbnail(one: Call, made: Media) -> Media:
    sent = one.params.file("thumbnail")
    if sent is None or not sent.body:
        return made
    if len(sent.body) > LARGEST_FILE:
        raise TooLarge("The thumbnail is larger than we take.")
    picture = await one.services.pictures.developed(sent.body, "preview")
    async with acquire(one.services.pool) as db:
        return await media.set_preview(db, one.services.pictures, made, picture)


@call(_SCOPE)
async def show(one: Call) -> Answer:
    """GET /api/v1/media/:id: 200 when it is finished, 206 while nobody has looked at it."""
    found = await _own(one)
    if found.state == "failed":
        raise Malformed(f"Validation failed: {found.trouble}")
    return Answer(uploaded(one.site, found, one.now), 200 if found.state == "ready" else 206)


@call(_SCOPE, connection="session", uploads=True)
async def change(one: Call) -> Answer:
    """PUT /api/v1/media/:id: other words, another focus, another small file; what is not sent stays."""
    async with acquire(one.services.pool) as db:
        found = await stored.own(db, one.me, one.path_id())
    if found is None or found.post_id is not None:
        raise Missing
    if found.state == "ready":
        found = await _with_thumbnail(one, found)
    alt = one.params.text("description", found.alt) if one.params.has("description") else found.alt
    focus = one.params.maybe("focus") or f"{found.focus_x},{found.focus_y}"
    async with acquire(one.services.pool) as db, db.transaction():
        found = await media.describe(db, one.me, found.id, media.described(alt, focus))
    return Answer(uploaded(one.site, found, one.now))


@call(_SCOPE)
async def delete(one: Call) -> Answer:
    """DELETE /api/v1/media/:id: gone at once, with its files. 422 for what stands in a post."""
    found = await _own(one)
    if not await stored.delete_loose(one.db, one.me, found.id):
        raise Malformed("Media attachment is currently used by a post")
    return Answer({})


async def _own(one: Call) -> Media:
    found = await stored.own(one.db, one.me, one.path_id())
    if found is None:
        raise Missing
    return found


ROUTES = [
    Route("/api/v1/media", upload_and_wait, methods=["POST"]),
    Route("/api/v2/media", upload, methods=["POST"]),
    Route("/api/v1/media/{id}", show),
    Route("/api/v1/media/{id}", change, methods=["PUT"]),
    Route("/api/v1/media/{id}", delete, methods=["DELETE"]),
]

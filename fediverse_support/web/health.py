"""Whether this process lives, and whether it can serve: for supervisors and load balancers."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from fediverse_support.core.errors import Trouble
from fediverse_support.database import migrations
from fediverse_support.database.pool import acquire
from fediverse_support.web.services import services_of

WITHIN = 2.0
_HEADERS = {"Cache-Control": "no-store"}


async def alive(request: Request) -> Response:
    """`/healthz`: this process answers. It asks nobody, so that a lost database does not get it killed."""
    return PlainTextResponse("ok\n", headers=_HEADERS)


async def well(request: Request) -> Response:
    """`/health`: the same in the word that programs for Mastodon look for."""
    return PlainTextResponse("OK", headers=_HEADERS)


async def ready(request: Request) -> Response:
    """`/readyz`: 200 if the database answers and has every migration, else 503 with what is wrong."""
    try:
        async with acquire(services_of(request).pool, within=WITHIN) as db:
            waiting = await migrations.pending(db, migrations.folder())
    except Trouble as trouble:
        return _not_ready(trouble.message)
    if waiting:
        return _not_ready(f"{len(waiting)} migrations wait: run `fediverse-support migrate`.")
    return JSONResponse({"ready": True}, headers=_HEADERS)


def _not_ready(why: str) -> Response:
    return JSONResponse({"ready": False, "why": why}, 503, headers={**_HEADERS, "Retry-After": "5"})

"""The few files in `static/`, read once and served from memory."""

import functools
import mimetypes

import msgspec
from starlette.responses import Response

from fediverse_support.core.errors import Missing
from fediverse_support.web.rendering import folder
from fediverse_support.web.security import Access, Visit, page


class File(msgspec.Struct, frozen=True):
    """A file and its content type."""

    body: bytes
    type: str


@functools.cache
def files() -> dict[str, File]:
    """All files by name. Only what is in this table can be asked for: no path ever meets the disk."""
    return {
        path.name: File(path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream")
        for path in folder("static").iterdir()
        if path.is_file()
    }


@page(Access.ANYONE, connection="never")
async def static(visit: Visit) -> Response:
    """One file. Its address changes with its content, so it may be kept for a year."""
    file = files().get(visit.request.path_params["name"])
    if file is None:
        raise Missing
    cache = "public, max-age=31536000, immutable" if visit.request.url.query else "no-cache"
    return Response(file.body, media_type=file.type, headers={"Cache-Control": cache})

"""The feeds of open groups: what everybody may read and may be put on show, the same for every visitor."""

import hashlib

from starlette.responses import Response
from starlette.routing import Route

from fediverse_support.core.errors import Gone, Missing
from fediverse_support.core.models import GUEST
from fediverse_support.database import groups, surroundings
from fediverse_support.protocol.rendering import atom
from fediverse_support.web import doors
from fediverse_support.web.security import Access, Visit, page

AT_ONCE = 30
ASK_AGAIN = "public, no-cache"
"""May be kept, but not shown without asking: what was deleted must not live on in a cache."""


@page(Access.ANYONE)
async def atom_of_group(visit: Visit) -> Response:
    """The latest threads of an open group. For every other group there is nothing here (L3, L7)."""
    group = await groups.by_name(visit.db, str(visit.request.path_params["name"]))
    if group is None or group.actor.state == "suspended" or not doors.is_open(group):
        raise Missing
    if group.actor.state == "gone":
        raise Gone
    found = await surroundings.open_threads(visit.db, GUEST, [group.actor.id], AT_ONCE)
    newest = sorted(found.get(group.actor.id, []), key=lambda shown: shown.post.published_at, reverse=True)
    entries = [atom.Entry(shown.post, shown.author) for shown in newest]
    house = visit.services.templates.house
    return _answer(visit, atom.feed(visit.services.site, group.actor, entries, community=house.title))


def _answer(visit: Visit, text: str) -> Response:
    body = text.encode()
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"Cache-Control": ASK_AGAIN, "ETag": tag}
    asked = visit.request.headers.get("if-none-match", "")[:2_000]
    if tag in [part.strip().removeprefix("W/") for part in asked.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=atom.MEDIA_TYPE, headers=headers)


ROUTES: list[Route] = [Route("/feeds/groups/{name}.atom", atom_of_group)]

"""A person, here or on another server."""

from starlette.responses import Response

from fediverse_support.core.errors import Gone, Missing
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, threads
from fediverse_support.database.pool import Connection
from fediverse_support.web.security import Access, Visit, page

AT_ONCE = 30


async def person_at(db: Connection, name: str) -> Actor:
    """The person that a path names: ours as `name`, another server's as `name@host`.

    Raises `Missing`, also for someone who has only asked to join or whose account is closed; `Gone` for
    someone who was deleted.
    """
    name, at, host = name.partition("@")
    actor = await (actors.by_handle(db, name, host.lower()) if at else actors.local_by_name(db, name))
    if actor is None or actor.is_group or actor.type == "Application" or actor.state == "suspended":
        raise Missing
    if actor.state == "gone":
        raise Gone
    return actor


@page(Access.ANYONE)
async def show(visit: Visit) -> Response:
    """What someone says of themselves, and what they wrote that the visitor may see."""
    actor = await person_at(visit.db, visit.request.path_params["name"])
    written = await threads.of_author(visit.db, visit.viewer, actor.id, AT_ONCE)
    return visit.render("person.html", actor=actor, posts=written)

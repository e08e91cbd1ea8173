"""Markers: how far one has read, the same on all devices."""

from collections.abc import Sequence
from typing import Any

from starlette.routing import Route

from fediverse_support.core.errors import Malformed
from fediverse_support.database import markers as stored
from fediverse_support.database.markers import TIMELINES, Marker
from fediverse_support.web.client_api.calls import Call, call
from fediverse_support.web.client_api.entities.accounts import Json
from fediverse_support.web.client_api.entities.moments import moment
from fediverse_support.web.client_api.parameters import as_id


@call("read:statuses")
async def show(one: Call) -> Any:
    """The markers of the timelines that are named: `{}` for none."""
    return _markers(await stored.of(one.db, one.me, one.params.texts("timeline")))


@call("write:statuses")
async def put(one: Call) -> Any:
    """Keep how far one has read; the markers that were changed."""
    read_until = {}
    for timeline in TIMELINES:
        said = one.params.within(timeline).maybe("last_read_id")
        if said is None:
            continue
        if (number := as_id(said)) is None:
            raise Malformed("Validation failed: Last read is not a number")
        read_until[timeline] = number
    return _markers(await stored.put(one.db, one.me, read_until, one.now))


def _markers(found: Sequence[Marker]) -> Json:
    return {
        marker.timeline: {
            "last_read_id": str(marker.last_read_id),
            "version": marker.version,
            "updated_at": moment(marker.updated_at),
        }
        for marker in found
    }


ROUTES = [Route("/api/v1/markers", show), Route("/api/v1/markers", put, methods=["POST"])]

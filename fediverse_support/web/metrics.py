"""`/metrics` for Prometheus, on an address of its own (`FS_METRICS`): never on the public one.

Counters belong to this process. The gauges are read from the database for each scrape, so they say the same
whichever process is asked. No label names a person or a host.
"""

import math
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from fediverse_support.core import clock, metrics
from fediverse_support.core.errors import Unavailable
from fediverse_support.database import gatherings, hosts, overviews
from fediverse_support.database.pool import Pool, acquire, spent


def build(pool: Pool) -> ASGIApp:
    """The application that answers `GET /metrics`, and nothing else."""

    async def answer(request: Request) -> Response:
        _count_database_time()
        await _look(pool)
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Starlette(routes=[Route("/metrics", answer)])


async def _look(pool: Pool) -> None:
    """Set the gauges from the database. While it is away they say that they do not know."""
    try:
        async with acquire(pool) as db:
            inbox, outbox = await overviews.of_inbox(db), await hosts.report(db)
            under_way = await gatherings.waiting(db)
    except Unavailable:
        _forget()
        return
    now = clock.now()
    metrics.DATABASE_UP.set(1)
    metrics.INBOX_WAITING.set(inbox.waiting)
    metrics.INBOX_OLDEST.set(_age(inbox.oldest_at, now))
    metrics.INBOX_PARKED.set(inbox.parked)
    metrics.DELIVERIES_WAITING.set(outbox.waiting)
    metrics.DELIVERIES_OLDEST.set(_age(outbox.oldest_at, now))
    metrics.HOSTS_WAITING.set(outbox.hosts_waiting)
    metrics.OPEN_CIRCUITS.set(outbox.open_circuits)
    metrics.GATHERINGS_WAITING.set(under_way)


def _forget() -> None:
    metrics.DATABASE_UP.set(0)
    for gauge in (
        metrics.INBOX_WAITING,
        metrics.INBOX_OLDEST,
        metrics.INBOX_PARKED,
        metrics.DELIVERIES_WAITING,
        metrics.DELIVERIES_OLDEST,
        metrics.HOSTS_WAITING,
        metrics.OPEN_CIRCUITS,
        metrics.GATHERINGS_WAITING,
    ):
        gauge.set(math.nan)


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


_counted = {"seconds": 0.0, "queries": 0}


def _count_database_time() -> None:
    """Bring the counters up to what the pool has measured since the last scrape."""
    seconds, queries = spent.seconds, spent.queries
    metrics.DATABASE_SECONDS.inc(seconds - _counted["seconds"])
    metrics.DATABASE_QUERIES.inc(queries - _counted["queries"])
    _counted.update(seconds=seconds, queries=queries)

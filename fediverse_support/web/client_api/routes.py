"""Every address of the client API in one table; each family of them has its module."""

from starlette.routing import Route

from fediverse_support.web.client_api import (
    accounts_reading,
    announcements,
    apps,
    discovery,
    filters,
    instance,
    lists,
    media,
    others,
    push,
    reports,
    signing_up,
    statuses_reading,
    timelines,
)
from fediverse_support.web.client_api.oauth import about, tokens

ROUTES: list[Route] = [
    *about.ROUTES,
    *tokens.ROUTES,
    *apps.ROUTES,
    *signing_up.ROUTES,
    *push.ROUTES,
    *instance.ROUTES,
    *lists.ROUTES,
    *announcements.ROUTES,
    *discovery.ROUTES,
    *others.ROUTES,
    *reports.ROUTES,
    *filters.ROUTES,
    *media.ROUTES,
    *timelines.ROUTES,
    *statuses_reading.ROUTES,
    *accounts_reading.ROUTES,
]
"""In no order: what is written out in an address goes before what stands in braces."""

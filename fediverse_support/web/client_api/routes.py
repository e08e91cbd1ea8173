"""Every address of the client API in one table; each family of them has its module."""

from starlette.routing import Route

from fediverse_support.web.client_api import (
    accounts_reading,
    announcements,
    apps,
    conversations,
    discovery,
    filters,
    instance,
    lists,
    markers,
    media,
    notification_policy,
    notifications,
    others,
    polls,
    push,
    reports,
    scheduled,
    signing_up,
    statuses_deeds,
    statuses_history,
    statuses_reading,
    statuses_writing,
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
    *statuses_writing.ROUTES,
    *statuses_deeds.ROUTES,
    *statuses_history.ROUTES,
    *scheduled.ROUTES,
    *polls.ROUTES,
    *accounts_reading.ROUTES,
    *notifications.ROUTES,
    *notification_policy.ROUTES,
    *markers.ROUTES,
    *conversations.ROUTES,
]
"""In no order: what is written out in an address goes before what stands in braces."""

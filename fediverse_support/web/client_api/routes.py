"""Every address of the client API in one table; each family of them has its module."""

from starlette.routing import Route

from fediverse_support.web.client_api import announcements, discovery, instance, lists, others, push

ROUTES: list[Route] = [
    *push.ROUTES,
    *instance.ROUTES,
    *lists.ROUTES,
    *announcements.ROUTES,
    *discovery.ROUTES,
    *others.ROUTES,
]
"""In no order: what is written out in an address goes before what stands in braces."""

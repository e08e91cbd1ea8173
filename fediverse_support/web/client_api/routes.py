"""Every address of the client API in one table; each family of them has its module."""

from starlette.routing import Route

ROUTES: list[Route] = []
"""In no order: what is written out in an address goes before what stands in braces."""

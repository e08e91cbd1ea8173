"""Documents that say more to servers with members than to a guest.

The signature is looked at in two ways, and never so that the answer tells what it was looked at for:

- `for_members`: what a collection shows depends on who asks, so that whoever signs is recognised first;
- `for_members_at_last`: a single thing is first looked for as a guest. Only if that finds nothing, be it that
  there is nothing or that it is not for guests, the signature is looked at and it is looked for once more.

Either way what is not there and what is not for the asker cost the same statements in the same order. An
answer that depends on the signer is kept by nobody on the way.
"""

import functools
from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from fediverse_support.community.posts import published
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Actor, Viewer
from fediverse_support.database.pool import acquire
from fediverse_support.inbox.requesters import Asker
from fediverse_support.web import clients
from fediverse_support.web.federation.answers import (
    NEVER,
    Document,
    Endpoint,
    Handler,
    Question,
    answered,
    declared,
)
from fediverse_support.web.federation.refusing import is_signed, signed_request
from fediverse_support.web.services import Services, services_of


def for_members(handler: Handler) -> Endpoint:
    """Declare a handler whose answer depends on which server asks."""

    @functools.wraps(handler)
    async def endpoint(request: Request) -> Response:
        async def answer() -> Document:
            services = services_of(request)
            asker = await _asker(request, services)
            return await (_as_guest(handler, request) if asker is None else _as(asker, handler, request))

        return await answered(request, answer, depends_on_signer=True)

    return declared(endpoint)


def for_members_at_last(handler: Handler) -> Endpoint:
    """Declare a handler of something that a guest sees whole or not at all."""

    @functools.wraps(handler)
    async def endpoint(request: Request) -> Response:
        async def answer() -> Document:
            try:
                return await _as_guest(handler, request)
            except Missing as missing:
                # What is gone was public, and is gone for everybody.
                if missing.status != 404:
                    raise
            asker = await _asker(request, services_of(request))
            if asker is None:
                raise Missing
            return await _as(asker, handler, request)

        return await answered(request, answer, depends_on_signer=True)

    return declared(endpoint)


async def _asker(request: Request, services: Services) -> Asker | None:
    """Who signed this request; None for whoever did not, or not well."""
    if not is_signed(request.scope):
        return None
    signed = signed_request(request.scope, services.site.origin)
    if signed is None:
        return None
    address = clients.address_of(request.scope, services.settings.proxies)
    return await services.requesters.asker(signed, services.limiter.mark(address, clock.now()))


async def _as_guest(handler: Handler, request: Request) -> Document:
    services = services_of(request)
    async with acquire(services.pool) as db:
        return await handler(Question(request, services, db))


async def _as(asker: Asker, handler: Handler, request: Request) -> Document:
    """The answer for the server of `asker`; perhaps after asking about a group that is elsewhere."""
    services = services_of(request)
    viewer = await services.requesters.viewer(asker)
    try:
        return await _for(viewer, handler, request)
    except Missing as missing:
        if missing.status != 404:
            raise
    there = await _said_elsewhere(request, services)
    if there is None or not await services.requesters.reads_elsewhere(asker, *there):
        raise Missing
    members = msgspec.structs.replace(viewer, member_of=(*viewer.member_of, there[0].id))
    return await _for(members, handler, request)


async def _for(viewer: Viewer, handler: Handler, request: Request) -> Document:
    services = services_of(request)
    async with acquire(services.pool) as db:
        document = await handler(Question(request, services, db, viewer))
    return msgspec.structs.replace(document, cache=NEVER)


async def _said_elsewhere(request: Request, services: Services) -> tuple[Actor, datetime] | None:
    """The group elsewhere for whose members it is, if what is asked for was said by one of ours in one."""
    public_id = request.path_params.get("id")
    if public_id is None:
        return None
    async with acquire(services.pool) as db:
        return await published.said_elsewhere(
            db, services.site, public_id, is_activity=request.url.path.startswith("/activities/")
        )

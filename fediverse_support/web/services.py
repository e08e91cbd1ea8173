"""What a handler can reach: made once at the start, never changed."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request

from fediverse_support.core.sealing import Seal
from fediverse_support.core.settings import Settings
from fediverse_support.database.pool import Pool
from fediverse_support.inbox.lookups import Lookups
from fediverse_support.inbox.requesters import Requesters
from fediverse_support.network.documents import Documents
from fediverse_support.network.pictures import Pictures
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.site import Site
from fediverse_support.web.clients import Limiter
from fediverse_support.web.rendering import Renderer
from fediverse_support.web.streams import Streams


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The parts that outlive a request; the application keeps them as `app.state.services`.

    `policy` gives the policy in force.
    """

    settings: Settings
    site: Site
    pool: Pool
    seal: Seal
    documents: Documents
    pictures: Pictures
    lookups: Lookups
    requesters: Requesters
    policy: Callable[[], Policy]
    templates: Renderer
    limiter: Limiter = msgspec.field(default_factory=Limiter)
    streams: Streams = msgspec.field(default_factory=Streams)


def services_of(request: Request) -> Services:
    """The services of the application that got this request."""
    services: Services = request.app.state.services
    return services

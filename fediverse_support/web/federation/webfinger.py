"""Who is behind a name or an address (RFC 7033, in every form in which it is asked).

acct:sober@g.example   sober@g.example   @sober@g.example        a person or group, in any case
https://g.example/groups/sober                                   the same by its id
acct:g.example@g.example   https://g.example   …/actor           the server itself (FEP-d556)
"""

import re
from urllib.parse import unquote

from fediverse_support.community.posts import published
from fediverse_support.core.errors import Gone, Malformed, Missing
from fediverse_support.protocol.rendering import discovery
from fediverse_support.protocol.rendering.actors import instance_name
from fediverse_support.protocol.rendering.context import Json
from fediverse_support.protocol.site import Site
from fediverse_support.web.federation.answers import (
    FIVE_MINUTES,
    FOR_EVERY_SITE,
    Document,
    Question,
    served,
)

JRD = "application/jrd+json"
LONGEST = 2_048

_ACCOUNT = re.compile(r"(?:acct:)?@?([^@\s/?#]+)@([^@\s/?#]+)", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://[^/?#\s]+)(/[^?#\s]*)?", re.IGNORECASE)


@served
async def webfinger(question: Question) -> Document:
    """The answer for `resource`: 400 if it cannot be read, 404 for a stranger, 410 for who is gone."""
    query = question.request.query_params
    resources = query.getlist("resource")
    if len(resources) != 1:
        raise Malformed("Ask for one resource, like acct:name@host.")
    found = await _described(question, resources[0])
    relations = query.getlist("rel")
    if relations:
        found["links"] = [link for link in found["links"] if link["rel"] in relations]
    return Document(body=found, media_type=JRD, cache=FIVE_MINUTES, headers=FOR_EVERY_SITE)


async def _described(question: Question, resource: str) -> Json:
    site = question.services.site
    name = _name(resource, site)
    if name is None:
        return discovery.webfinger_of_instance(site)
    actor = await published.person_or_group(question.db, question.viewer, name)
    if "://" in resource and actor.uri != resource.strip().rstrip("/").lower():
        raise Missing
    if actor.state == "gone":
        raise Gone
    return discovery.webfinger(site, actor)


def _name(resource: str, site: Site) -> str | None:
    """The local name that is asked for, None for the server itself.

    Raises `Malformed` for what is neither a handle nor an address, `Missing` for what is not here.
    """
    if len(resource) > LONGEST:
        raise Malformed("This is longer than any name.")
    if account := _ACCOUNT.fullmatch(resource.strip()):
        return _of_account(unquote(account[1]).lower(), account[2].lower(), site)
    if address := _ADDRESS.fullmatch(resource.strip()):
        return _of_address(address[1].lower(), address[2] or "/", site)
    raise Malformed("Ask for a resource like acct:name@host.")


def _of_account(name: str, host: str, site: Site) -> str | None:
    if host not in (site.domain, site.host):
        raise Missing
    return None if name in (instance_name(site), site.domain) else name


def _of_address(origin: str, path: str, site: Site) -> str | None:
    if origin != site.origin:
        raise Missing
    if path in ("/", "/actor"):
        return None
    place, _, name = path.strip("/").partition("/")
    if place not in ("groups", "people") or not name:
        raise Missing
    return name.lower()

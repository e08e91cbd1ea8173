"""How others find us: WebFinger (RFC 7033), NodeInfo, host-meta (RFC 6415)."""

from collections.abc import Sequence
from typing import Literal
from xml.sax.saxutils import quoteattr

from fediverse_support.core.models import Actor
from fediverse_support.protocol.rendering.actors import instance_name
from fediverse_support.protocol.rendering.context import Json, without_nothing
from fediverse_support.protocol.site import Site

SOFTWARE = "fediverse-support"
"""Never another's name: PieFed chooses by it what it sends us."""

NODEINFO_VERSIONS: tuple[Literal["2.1", "2.0"], ...] = ("2.1", "2.0")

_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"
_ACTIVITY_TYPE = "https://www.w3.org/ns/activitystreams#type"


def webfinger(site: Site, actor: Actor) -> Json:
    """The answer for one of our people or groups: exactly one `self`, and where to follow from elsewhere."""
    return _descriptor(site, actor.name, actor.uri, actor.type, actor.url or actor.uri)


def webfinger_of_instance(site: Site) -> Json:
    """The answer for the server itself (`acct:g.example@g.example`, or its origin: FEP-d556)."""
    return _descriptor(site, instance_name(site), site.instance_actor, "Application", f"{site.origin}/about")


def nodeinfo_links(site: Site) -> Json:
    """`/.well-known/nodeinfo`, with the instance actor (FEP-2677)."""
    schemas = [
        {"rel": f"{_SCHEMA}/{version}", "href": f"{site.origin}/nodeinfo/{version}"}
        for version in NODEINFO_VERSIONS
    ]
    application = {
        "rel": "https://www.w3.org/ns/activitystreams#Application",
        "href": site.instance_actor,
    }
    return {"links": [*schemas, application]}


def nodeinfo(
    schema: Literal["2.1", "2.0"],
    *,
    program_version: str,
    open_registrations: bool,
    title: str,
    description: str,
    staff: Sequence[str] = (),
    policy: str = "",
) -> Json:
    """What runs here. No numbers: how many people a small support community has is revealing in itself.

    `staff` are actor ids that strangers may turn to (FEP-0151). `policy` is where programs read what this
    community holds and does not take.
    """
    return {
        "version": schema,
        "software": {"name": SOFTWARE, "version": program_version},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": open_registrations,
        "usage": {"users": {}},
        "metadata": {
            # Clients that do not know a program by its name look here for whose API it speaks.
            "upstream": {"name": "mastodon"},
            "nodeName": title,
            "nodeDescription": description,
            "staffAccounts": list(staff),
            "federation": {"enabled": True, "policy": policy},
        },
    }


def nodeinfo_content_type(schema: Literal["2.1", "2.0"]) -> str:
    """The content type that the specification asks for."""
    return f'application/json; profile="{_SCHEMA}/{schema}#"'


def host_meta(site: Site) -> Json:
    """`/.well-known/host-meta.json`: where WebFinger is."""
    return {"links": [{"rel": "lrdd", "template": _webfinger_template(site)}]}


def host_meta_xml(site: Site) -> str:
    """`/.well-known/host-meta` as XRD, for older servers."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" template={quoteattr(_webfinger_template(site))}/></XRD>\n'
    )


def _webfinger_template(site: Site) -> str:
    return f"{site.origin}/.well-known/webfinger?resource={{uri}}"


def _descriptor(site: Site, name: str, uri: str, type: str, page: str) -> Json:
    """The `type` property of the self link tells Lemmy a group from a person."""
    own = {
        "rel": "self",
        "type": "application/activity+json",
        "href": uri,
        "properties": {_ACTIVITY_TYPE: type},
    }
    follow = {
        "rel": "http://ostatus.org/schema/1.0/subscribe",
        "template": f"{site.origin}/authorize_interaction?uri={{uri}}",
    }
    profile = {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page}
    return without_nothing(
        {
            "subject": f"acct:{name}@{site.domain}",
            "aliases": list(dict.fromkeys([uri, page])),
            "links": [profile, own, follow],
        }
    )

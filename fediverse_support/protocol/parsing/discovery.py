"""WebFinger and NodeInfo: how a handle becomes an actor id, and what software a server runs."""

from collections.abc import Iterator, Sequence

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.accessors import embedded, many, reference, references, text
from fediverse_support.protocol.urls import OPEN_NETWORK, Gate
from fediverse_support.protocol.vocabulary import Document, NodeInfoDocument, WebFingerDocument

MOST_LINKS = 100
LONGEST_SUBJECT = 2048
LONGEST_NAME = 100

ACTOR_TYPE_PROPERTY = "https://www.w3.org/ns/activitystreams#type"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
FOLLOW_INTENT = "https://w3id.org/fep/3b86/Follow"
NODEINFO_RELATIONS = (
    "http://nodeinfo.diaspora.software/ns/schema/2.1",
    "http://nodeinfo.diaspora.software/ns/schema/2.0",
    "http://nodeinfo.diaspora.software/ns/schema/2.2",
    "http://nodeinfo.diaspora.software/ns/schema/1.1",
    "http://nodeinfo.diaspora.software/ns/schema/1.0",
)


def webfinger(document: Document, gate: Gate = OPEN_NETWORK) -> WebFingerDocument:
    """`document` as an answer of WebFinger. Raises `Malformed` if it has no subject."""
    subject = text(document, "subject", LONGEST_SUBJECT)
    if subject is None:
        raise Malformed("This WebFinger answer has no subject.")
    links = [link for link in many(document.get("links"), MOST_LINKS) if isinstance(link, dict)]
    own = [link for link in links if link.get("rel") == "self" and _is_activity_type(link.get("type"))]
    return WebFingerDocument(
        subject=subject,
        actors=references([link.get("href") for link in own], gate),
        groups=references([link.get("href") for link in own if _is_group(link)], gate),
        aliases=references(document.get("aliases"), gate, MOST_LINKS),
        subscribe=next(_templates(links, FOLLOW_INTENT, gate), None)
        or next(_templates(links, SUBSCRIBE, gate), None),
    )


def nodeinfo(document: Document) -> NodeInfoDocument:
    """`document` as NodeInfo of any version, with the software's name in lower case. Raises nothing."""
    software = embedded(document.get("software")) or {}
    return NodeInfoDocument(
        software=(text(software, "name", LONGEST_NAME) or "").lower(),
        version=text(software, "version", LONGEST_NAME) or "",
    )


def nodeinfo_link(document: Document, gate: Gate = OPEN_NETWORK) -> str | None:
    """The address of the NodeInfo document, out of `/.well-known/nodeinfo`; None if there is none."""
    links = [link for link in many(document.get("links"), MOST_LINKS) if isinstance(link, dict)]
    for relation in NODEINFO_RELATIONS:
        found = reference([link.get("href") for link in links if link.get("rel") == relation], gate)
        if found is not None:
            return found
    return None


def _is_activity_type(value: object) -> bool:
    return isinstance(value, str) and value.partition(";")[0].strip().lower() in (
        "application/activity+json",
        "application/ld+json",
    )


def _is_group(link: Document) -> bool:
    properties = link.get("properties")
    return isinstance(properties, dict) and properties.get(ACTOR_TYPE_PROPERTY) == "Group"


def _templates(links: Sequence[Document], relation: str, gate: Gate) -> Iterator[str]:
    """The templates for `relation` that are a URL of ours once they are filled in."""
    for link in links:
        template = link.get("template")
        if link.get("rel") != relation or not isinstance(template, str):
            continue
        filled = template.replace("{uri}", "x").replace("{object}", "x")
        if filled != template and reference(filled, gate) is not None:
            yield template

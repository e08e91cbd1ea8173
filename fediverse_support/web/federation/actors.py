"""Who is here: groups, people, and the server itself. No signature is asked for: with one, two servers that
each want the other's key first would wait for ever (federation notes 3.5). Only a hidden group is there for
none but the servers of its people, and our own key is there for all of them.
"""

from fediverse_support.community.groups import group_documents
from fediverse_support.community.posts import published
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, community, keys
from fediverse_support.protocol.rendering import actors as documents
from fediverse_support.web.federation.answers import NEVER, Document, Question, fixed, served
from fediverse_support.web.federation.requesting import for_members_at_last


@for_members_at_last
async def group(question: Question) -> Document:
    """One of our groups; 410 with a tombstone for one that is gone."""
    found = await published.group(question.db, question.viewer, question.name)
    if found.actor.state == "gone":
        return _gone(found.actor)
    return Document(body=await group_documents.document(question.db, question.services.site, found))


@served
async def person(question: Question) -> Document:
    """One of our people; 410 with a tombstone for one who is gone."""
    found = await published.person(question.db, question.name)
    if found.state == "gone":
        return _gone(found)
    public_keys = await keys.of_actor(question.db, found.id)
    return Document(body=documents.person(question.services.site, found, public_keys))


@served
async def instance(question: Question) -> Document:
    """The server itself, which signs our look-ups."""
    site = question.services.site
    found = await actors.by_uri(question.db, site.instance_actor)
    house = await community.get(question.db)
    if found is None or house is None:
        raise Missing
    public_keys = await keys.of_actor(question.db, found.id)
    return Document(body=documents.instance(site, public_keys, title=house.title))


@fixed
async def nobody(question: Question) -> Document:
    """The front page is no actor: Lemmy and PieFed ask, and take a clear no (federation notes 13.3).

    A document from here would need this address as its id, and the server's id is `/actor`.
    """
    body = {"error": "This address is a page. The actor of this server is at /actor."}
    return Document(body=body, status=406, media_type="application/json", cache=NEVER)


def _gone(actor: Actor) -> Document:
    return Document(body=documents.gone(actor), status=410)

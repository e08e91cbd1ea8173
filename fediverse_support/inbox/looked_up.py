"""Storing a post that we looked up by ourselves: judged like anything that arrives, announced to nobody."""

from datetime import datetime

from fediverse_support.community import arrivals
from fediverse_support.community.arrivals import Place, Received
from fediverse_support.core.errors import Forbidden
from fediverse_support.core.models import Actor
from fediverse_support.database import decisions
from fediverse_support.database.pool import Connection
from fediverse_support.inbox.facts import arrival_of_post
from fediverse_support.policy.engine import Policy, judge
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import Activity, PostDocument


async def store(
    db: Connection,
    site: Site,
    policy: Policy,
    document: PostDocument,
    author: Actor,
    place: Place,
    now: datetime,
) -> Received:
    """Store `document`, which its own server has answered, in its place.

    Raises `Forbidden` if policy does not let it in, and as `arrivals.receive`. Safe to run twice.
    """
    asked = Activity(id=None, type="Create", actor=author.uri, object_id=document.id, raw={})
    arrival = arrival_of_post(document, asked, document.id, site, now)
    decision = judge(policy, arrival)
    await decisions.record(db, arrival, decision)
    if not decision.lets_in:
        raise Forbidden(decision.reason)
    return await arrivals.receive(db, site, document, author, place, decision, None, now)

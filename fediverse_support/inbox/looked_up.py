"""Storing a post that we looked up by ourselves: judged like anything that arrives, announced to nobody."""

from datetime import datetime

from fediverse_support.community.arriving import arrivals
from fediverse_support.community.arriving.arrivals import Received
from fediverse_support.community.arriving.received_posts import Place
from fediverse_support.community.posts.judging import NotTaken
from fediverse_support.core.models import Actor
from fediverse_support.database.pool import Connection
from fediverse_support.inbox import judging
from fediverse_support.policy.engine import Policy
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

    Raises `NotTaken` if policy does not let it in, which the caller puts on record
    (`community.judging.on_record`), and as `arrivals.receive`. Safe to run twice.
    """
    asked = Activity(id=None, type="Create", actor=author.uri, object_id=document.id, raw={})
    within = place.group.uri if place.group is not None else None
    considered = await judging.consider_post(
        db, site, policy, document, asked, document.id, now, within=within
    )
    if not considered.decision.lets_in:
        raise NotTaken(considered.arrival, considered.decision)
    await judging.record(db, considered)
    return await arrivals.receive(db, site, document, author, place, considered.judged, None, now)

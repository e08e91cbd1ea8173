"""Telling a sender's server that something was refused, where the community has chosen to answer.

Most refusals are silent: an answer tells who sends what nobody wants that somebody listens. A rule with
`answers` says otherwise, and then its reason goes along as `summary`.
"""

from fediverse_support.community import visibility
from fediverse_support.community.joining import memberships
from fediverse_support.core.models import GUEST, Actor
from fediverse_support.database import actors, follows, groups
from fediverse_support.database.inbox import Arrived
from fediverse_support.inbox.context import Sources
from fediverse_support.inbox.judging import Considered
from fediverse_support.inbox.trust import Verified
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.policy.decisions import Outcome
from fediverse_support.protocol.rendering import activities


async def answer(sources: Sources, arrived: Arrived, sender: Verified, considered: Considered) -> None:
    """Send a Reject of what was refused, if its rule answers: by the group that it was for, else our server.

    Never to a blocked server, nor to somebody whose words another has handed on, nor in the name of a group
    of which the sender may not know. In the transaction of the decision, so it is said once.
    """
    decision = considered.decision
    if decision.outcome is not Outcome.REFUSE or not decision.answers or arrived.forwarded:
        return
    by = await _speaker(sources, considered, sender)
    if by is None or not sender.actor.inbox_url:
        return
    if considered.arrival.activity_type == "Follow":
        await memberships.answer_to(
            sources.db, sources.site, "Reject", arrived.activity_uri, sender.actor, by, decision.reason
        )
        return
    document = activities.refuse(
        new_activity_uri(sources.site),
        actor=by.uri,
        refused_id=arrived.activity_uri,
        sender=sender.uri,
        reason=decision.reason,
    )
    await publish(sources.db, sources.site, by, document, object_uri=sender.uri, to=[sender.actor])


async def _speaker(sources: Sources, considered: Considered, sender: Verified) -> Actor | None:
    """Who answers; None where an answer would tell of a group that nobody outside may know of."""
    arrival = considered.arrival
    if arrival.activity_type == "Follow":
        named = await actors.by_uri(sources.db, arrival.object_uri)
        if named is not None and named.is_local and not named.is_group:
            return named if named.state == "active" else None
    if not arrival.group or arrival.group_uri is None:
        return await actors.by_uri(sources.db, sources.site.instance_actor)
    actor = await actors.by_uri(sources.db, arrival.group_uri)
    group = await groups.by_actor(sources.db, actor.id) if actor is not None else None
    if actor is None or group is None or not visibility.federates(group):
        return None
    if visibility.may_know(GUEST, group):
        return actor
    return actor if await follows.between(sources.db, sender.actor.id, actor.id) is not None else None

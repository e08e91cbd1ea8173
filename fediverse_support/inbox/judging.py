"""Policy is asked here about everything that comes from elsewhere: one place, with all facts (O14).

Activities, the posts they carry, posts that groups elsewhere pass on, and posts that we fetched by ourselves.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from fediverse_support.community.posts.judging import Judged
from fediverse_support.core.identifiers import new_id
from fediverse_support.database import decisions, senders
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import Connection
from fediverse_support.database.senders import Surroundings
from fediverse_support.inbox.facts import arrival_of, arrival_of_post
from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.decisions import Decision, Outcome
from fediverse_support.policy.engine import ONLY_BLOCKED, Policy, judge
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import Activity, PostDocument

LET_IN = "A moderator has let this in."


class Considered(msgspec.Struct, frozen=True):
    """What came, and what policy says to it; `judged.number` is that of the decision, recorded or not."""

    arrival: Arrival
    judged: Judged

    @property
    def decision(self) -> Decision:
        """What policy says."""
        return self.judged.decision


async def consider(
    db: Connection,
    site: Site,
    policy: Policy,
    activity: Activity,
    post: PostDocument | None,
    arrived: Arrived,
    now: datetime,
) -> Considered:
    """Ask about an activity, with the post that it carries if any. Nothing is recorded yet.

    For kinds that no rule can stop (`ONLY_BLOCKED`) nobody is looked up.
    """
    uri = arrived.activity_uri
    if post is not None:
        return await consider_post(db, site, policy, post, activity, uri, now, arrived=arrived)
    around = Surroundings()
    if activity.type not in ONLY_BLOCKED:
        around = await senders.look(
            db,
            uri=activity.actor,
            author_uri="",
            addressed=[uri for uri in (activity.object_id, activity.target_id) if uri is not None],
            in_reply_to=None,
            now=now,
            object_uri=activity.object_id,
        )
    return _considered(policy, arrival_of(activity, None, uri, site, now, around), arrived)


async def consider_post(
    db: Connection,
    site: Site,
    policy: Policy,
    post: PostDocument,
    activity: Activity,
    activity_uri: str,
    now: datetime,
    *,
    arrived: Arrived | None = None,
    within: str | None = None,
) -> Considered:
    """Ask about a post that `activity` brought, or that was fetched because of it. Nothing is recorded yet.

    `within` is the group that it would come into if nothing else tells one.
    """
    around = await senders.look(
        db,
        uri=activity.actor,
        author_uri=post.author,
        addressed=list(_addressed(post, within)),
        in_reply_to=post.in_reply_to,
        now=now,
        object_uri=post.id,
    )
    return _considered(policy, arrival_of_post(post, activity, activity_uri, site, now, around), arrived)


async def record(db: Connection, considered: Considered) -> None:
    """Keep what was decided. Safe to run twice."""
    await decisions.record(db, considered.arrival, considered.decision, considered.judged.number)


def _addressed(post: PostDocument, within: str | None) -> Iterator[str]:
    yield from post.audience
    yield from post.to
    yield from post.cc
    if within is not None:
        yield within


def _considered(policy: Policy, arrival: Arrival, arrived: Arrived | None) -> Considered:
    decision = judge(policy, arrival)
    if arrived is not None and arrived.released_at is not None:
        decision = _let_in(decision, arrived)
    return Considered(arrival, Judged(decision, new_id()))


def _let_in(decision: Decision, arrived: Arrived) -> Decision:
    """A person has looked: rules neither hold nor refuse it any more. A block of its server still counts."""
    amendments = decision.amendments | frozenset(arrived.amendments)
    if decision.outcome is Outcome.BLOCK:
        return decision
    return msgspec.structs.replace(decision, outcome=Outcome.ACCEPT, reason=LET_IN, amendments=amendments)

"""What a member writes is judged by policy, like what arrives: every time, on the record, with a reason.

    accept   it is stored, with the amendments that policy asks for, and told
    hold     it is stored, and nobody is told until a moderator has let it in
    refuse   `NotTaken`: nothing is stored but the decision

No rule is left out for moderators: rules themselves say for whom they are not
(`unless = { sender = "moderator" }`).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from fediverse_support.community.posts import local_facts
from fediverse_support.community.posts.kinds import Addition
from fediverse_support.core.errors import Forbidden
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import decisions
from fediverse_support.database.pool import Connection
from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.decisions import Decision
from fediverse_support.policy.engine import Policy, judge

NO_REASON = "The rules here do not take this."


class NotTaken(Forbidden):
    """Policy refuses what somebody wants to write; the sentence is the reason of the rule."""

    def __init__(self, arrival: Arrival, decision: Decision) -> None:
        super().__init__(decision.reason or NO_REASON)
        self.arrival = arrival
        self.decision = decision


class Judged(msgspec.Struct, frozen=True):
    """What policy decided, and the number under which that is kept."""

    decision: Decision
    number: int


async def judged(
    db: Connection,
    policy: Policy,
    author: Actor,
    group: Actor | None,
    post: Post,
    now: datetime,
    *,
    is_edit: bool = False,
    addition: Addition | None = None,
    is_for_team: bool = False,
) -> Judged:
    """Ask policy about a post as its author wants it to be; `group` is None outside of groups.

    What is for followers or for named people cannot be held, because nobody else may look at it: it is
    refused instead, with the reason. A letter to those who look after a group (`is_for_team`) reaches them.
    Raises `NotTaken`.
    """
    arrival = await local_facts.arrival_of(db, author, group, post, now, is_edit=is_edit, addition=addition)
    decision = judge(policy, arrival)
    must_wait = decision.is_held and post.reach in ("followers", "direct") and not is_for_team
    if not decision.lets_in or must_wait:
        raise NotTaken(arrival, decision)
    return Judged(decision, await decisions.record(db, arrival, decision))


@asynccontextmanager
async def on_record(db: Connection) -> AsyncIterator[None]:
    """A transaction in which somebody writes: what policy refuses leaves nothing behind but the decision."""
    try:
        async with db.transaction():
            yield
    except NotTaken as refusal:
        await decisions.record(db, refusal.arrival, refusal.decision)
        raise

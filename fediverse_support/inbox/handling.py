"""What one arrival does, inside one transaction: who says what, what policy says to that, and its handler."""

import msgspec

from fediverse_support.community.posts import holds
from fediverse_support.community.posts.judging import NotTaken
from fediverse_support.core.errors import Trouble
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, decisions
from fediverse_support.database.inbox import Arrived, State
from fediverse_support.inbox import judging, proving, refusing
from fediverse_support.inbox.context import Context, Held, Sources
from fediverse_support.inbox.facts import carried, hosts_of
from fediverse_support.inbox.handlers import handler_for
from fediverse_support.inbox.judging import Considered
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol import parsing
from fediverse_support.protocol.vocabulary import Activity, PostDocument

WAITS = "Waits for a moderator."


class Case:
    """One arrival on its way: what was fetched for it so far, and what policy said to it the last time.

    `known` is its sender, if we know them already.
    """

    def __init__(self, arrived: Arrived, activity: Activity, known: Actor | None) -> None:
        self.arrived = arrived
        self.activity = activity
        self.known = known
        self.fetched: dict[str, dict[str, object] | Actor | Trouble] = {}
        self.considered: Considered | None = None


class Effect(msgspec.Struct, frozen=True):
    """What became of an arrival."""

    considered: Considered
    state: State
    outcome: str


class _Said(msgspec.Struct, frozen=True):
    """What was said, and by whom: the activity and its post as far as they can be believed."""

    sender: Verified
    activity: Activity
    post: PostDocument | None
    is_forwarded: bool


async def take_effect(sources: Sources, case: Case) -> Effect:
    """Judge and handle an arrival. Raises `Needs`, `Held`, and what handlers raise.

    Of a server with which there is no exchange nothing is fetched, not even who it is that sends.
    """
    post = carried(case.activity, sources.site)
    if any(sources.policy.ladder.blocks(host) for host in hosts_of(case.activity, post, sources.site)):
        considered = await _considered(sources, case, case.activity, post)
        return Effect(considered, "refused", considered.decision.reason)
    said = await _said(sources, case, post)
    considered = await _considered(sources, case, said.activity, said.post)
    if not considered.decision.lets_in:
        await refusing.answer(sources, case.arrived, said.sender, considered)
        return Effect(considered, "refused", considered.decision.reason)
    context = Context(
        db=sources.db,
        site=sources.site,
        now=sources.now,
        policy=sources.policy,
        fetched=sources.fetched,
        arrived=case.arrived,
        considered=considered,
        raw=case.activity.raw,
        post=said.post,
    )
    outcome = await handler_for(said.activity, forwarded=said.is_forwarded)(
        context, said.activity, said.sender
    )
    if context.waits:
        await keep_waiting(sources, case.arrived, context.waits[0])
        return Effect(considered, "held", outcome)
    return Effect(considered, "done", outcome)


async def hold_back(sources: Sources, case: Case, held: Held) -> Effect:
    """Let an arrival wait in the inbox, in a transaction of its own: what its handler did was rolled back."""
    considered = case.considered or held.considered
    if considered is not held.considered:
        await judging.record(sources.db, held.considered)
    await keep_waiting(sources, case.arrived, held)
    return Effect(considered, "held", WAITS)


async def refuse(sources: Sources, case: Case, refusal: Trouble) -> Effect:
    """Put on record why an arrival had no effect; also what policy said to what it brought along."""
    considered = case.considered
    if considered is None:
        considered = await _considered(sources, case, case.activity, carried(case.activity, sources.site))
    if isinstance(refusal, NotTaken):
        await decisions.record(sources.db, refusal.arrival, refusal.decision)
    return Effect(considered, "refused", refusal.message)


async def keep_waiting(sources: Sources, arrived: Arrived, held: Held) -> None:
    """Show the moderators an arrival that waits; for an edit with the post that it would change."""
    arrival, judged = held.considered.arrival, held.considered.judged
    group_id = held.post.group_id if held.post is not None else None
    if held.post is None and arrival.group_uri is not None:
        group = await actors.by_uri(sources.db, arrival.group_uri)
        group_id = group.id if group is not None else None
    await holds.keep_arrival(
        sources.db,
        arrived.id,
        held.post.id if held.post is not None else None,
        group_id,
        arrival.who,
        judged.decision,
        judged.number,
        sources.now,
    )


async def _considered(
    sources: Sources, case: Case, activity: Activity, post: PostDocument | None
) -> Considered:
    case.considered = await judging.consider(
        sources.db, sources.site, sources.policy, activity, post, case.arrived, sources.now
    )
    return case.considered


async def _said(sources: Sources, case: Case, post: PostDocument | None) -> _Said:
    """Who said what. Of what somebody else has handed on only what is proved counts, or what is fetched."""
    sender = Verified(case.known or await sources.actor(case.activity.actor))
    activity, is_forwarded = case.activity, case.arrived.forwarded
    if is_forwarded and (proof := await proving.proved(sources, activity.raw, sender.uri)) is not None:
        activity, is_forwarded = parsing.activity(proof.document, sources.site.gate), False
        post = carried(activity, sources.site)
    if is_forwarded or post is None:
        post = _fetched(sources, activity, is_forwarded=is_forwarded)
    return _Said(sender, activity, post, is_forwarded)


def _fetched(sources: Sources, activity: Activity, *, is_forwarded: bool) -> PostDocument | None:
    """The post that a Create or Update only names, as its own server has it; None for anything else."""
    uri = activity.object_id
    if activity.type not in ("Create", "Update") or uri is None or uri == activity.actor:
        return None
    if not is_forwarded and (activity.object is not None or sources.site.is_ours(uri)):
        return None
    document = sources.document(uri)
    if not is_forwarded and parsing.kind(document) != "post":
        return None
    return parsing.post(document, sources.site.gate)

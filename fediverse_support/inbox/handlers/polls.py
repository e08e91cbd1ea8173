"""Votes in polls of ours: a Note with a name and no words (Mastodon, Misskey), or PieFed's PollVote.

A vote is told to nobody and never shown as an answer in the thread.
"""

from fediverse_support.community.posts import voting
from fediverse_support.community.posts.polls import MOST_ANSWERS_ELSEWHERE
from fediverse_support.core.errors import Conflict, Malformed, Missing, Refused
from fediverse_support.core.models import Actor
from fediverse_support.database import posts
from fediverse_support.inbox import proving
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol import parsing
from fediverse_support.protocol.accessors import text
from fediverse_support.protocol.vocabulary import Activity, PostDocument

LONGEST_ANSWER = 2_048


async def vote(context: Context, activity: Activity, document: PostDocument, sender: Verified) -> str:
    """A Note that names an answer, sent by who chose it. GoToSocial sends a list of them for several."""
    outcome = ""
    for note in [document, *_further(context, activity)]:
        if note.author != sender.uri or not note.is_vote:
            raise Refused("This is more than a vote.")
        name, uri = note.name or "", activity.id or note.id
        outcome = await _count(context, sender.actor, note.in_reply_to, name, uri)
    context.hold_back()
    return outcome


def _further(context: Context, activity: Activity) -> list[PostDocument]:
    """The Notes after the first."""
    return [
        parsing.post(item, context.site.gate)
        for item in activity.objects[1:MOST_ANSWERS_ELSEWHERE]
        if not isinstance(item, str)
    ]


async def poll_vote(context: Context, activity: Activity, sender: Verified) -> str:
    """PieFed: `{type: PollVote, object: the poll, choice_text: the answer}`."""
    outcome = await _poll_vote(context, activity, sender.actor)
    context.hold_back()
    return outcome


async def passed_on(context: Context, inner: Activity, group: Actor) -> str:
    """A group elsewhere hands on a vote: of somebody on its own server, which it may speak for, or proved."""
    vouched = context.site.gate.same_origin(inner.actor, group.uri)
    if not vouched and await proving.proved(context, inner.raw, inner.actor) is None:
        raise Refused("This was not sent by who did it.")
    outcome = await _poll_vote(context, inner, await context.actor(inner.actor))
    context.hold_back()
    return outcome


async def _poll_vote(context: Context, activity: Activity, voter: Actor) -> str:
    name = text(activity.raw, "choice_text", LONGEST_ANSWER)
    if name is None:
        raise Malformed("A vote must say for what.")
    return await _count(context, voter, activity.object_id, name, activity.id or f"{voter.uri}#vote")


async def _count(context: Context, voter: Actor, poll_uri: str | None, name: str, uri: str) -> str:
    if poll_uri is None or not context.site.is_ours(poll_uri):
        raise Refused("This poll is not from here.")
    post = await posts.by_uri(context.db, poll_uri)
    if post is None:
        raise Missing("There is no poll here.")
    try:
        return await voting.vote_arrived(context.db, voter, post, name, uri, context.now)
    except Conflict as conflict:
        raise Refused(conflict.message) from None

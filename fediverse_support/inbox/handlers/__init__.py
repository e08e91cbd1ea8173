"""One file for each family of verbs; a handler is found by the activity's type.

A handler takes `(context, activity, sender)`: the sender is verified, the sender's host and the activity
were judged by policy, and everything it writes commits together or not at all. It returns one sentence on
what it did, for the moderators' view of what arrived; it raises `Refused` with the reason where it did
nothing. It is safe to run twice.
"""

from collections.abc import Awaitable, Callable

from fediverse_support.inbox.context import Context
from fediverse_support.inbox.handlers import (
    actors,
    announces,
    answers,
    bans,
    events,
    follows,
    forwarded,
    moderation,
    polls,
    posts,
    reactions,
    reports,
    undoing,
)
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol.vocabulary import Activity

Handler = Callable[[Context, Activity, Verified], Awaitable[str]]

HANDLERS: dict[str, Handler] = {
    "Follow": follows.follow,
    "Accept": answers.accept,
    "Reject": answers.reject,
    "Create": posts.create,
    "Update": posts.update,
    "Delete": posts.delete,
    "Like": reactions.like,
    "Dislike": reactions.like,
    "EmojiReact": reactions.like,
    "Announce": announces.announce,
    "Undo": undoing.undo,
    "PollVote": polls.poll_vote,
    "Join": events.join,
    "Leave": events.leave,
    "Add": moderation.add,
    "Remove": moderation.remove,
    "Block": bans.block,
    "Lock": moderation.lock,
    "Flag": reports.flag,
    "Move": actors.move,
}


def handler_for(activity: Activity, *, forwarded: bool) -> Handler:
    """The handler of an activity; `forwarded` ones, which their actor did not send, have their own."""
    if forwarded:
        return FORWARDED
    return HANDLERS.get(activity.type, _unknown)


FORWARDED: Handler = forwarded.forwarded


async def _unknown(context: Context, activity: Activity, sender: Verified) -> str:
    """An activity of a kind that we have no use for (View, Listen, …)."""
    return f"Nothing to do here for {activity.type[:40]}."

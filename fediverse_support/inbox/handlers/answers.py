"""Accept and Reject: the answer to something that we have asked, a Join of an event or a Follow."""

from fediverse_support.inbox.context import Context
from fediverse_support.inbox.handlers import events, follows
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol.vocabulary import Activity


async def accept(context: Context, activity: Activity, sender: Verified) -> str:
    """Somebody elsewhere says yes to one of ours."""
    answer = await events.answered(context, activity, sender, "accepted")
    return answer or await follows.accept(context, activity, sender)


async def reject(context: Context, activity: Activity, sender: Verified) -> str:
    """Somebody elsewhere says no to one of ours, or ends what was."""
    answer = await events.answered(context, activity, sender, "declined")
    return answer or await follows.reject(context, activity, sender)

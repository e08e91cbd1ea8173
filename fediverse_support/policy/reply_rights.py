"""Who may answer in a group as far as policy goes, told in three words so that others can be told.

The rules are asked about plain answers by people of several standings. What no plain answer shows (words,
pictures, the time of day, a busy hour) is not told beforehand: it is decided when an answer comes.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.decisions import Outcome
from fediverse_support.policy.engine import Policy, judge

Right = Literal["may", "wait", "may not"]
"""An answer is taken, it waits for a moderator (or it depends on who comes), it is refused."""

_WORDS = "Thank you for this."
_LONG_AGO = timedelta(days=400)


class ReplyRights(msgspec.Struct, frozen=True):
    """What holds for people whom nobody in the group knows, and for its members."""

    outsiders: Right = "may"
    members: Right = "may"


EVERYBODY = ReplyRights()


def of_group(policy: Policy, name: str, uri: str, now: datetime) -> ReplyRights:
    """What `policy` says to answers in our group `name`, whose id is `uri`."""
    return ReplyRights(*(_right(policy, name, uri, now, is_member=is_member) for is_member in (False, True)))


def _right(policy: Policy, name: str, uri: str, now: datetime, *, is_member: bool) -> Right:
    new = Sender(account_made_at=now - _LONG_AGO, first_seen_at=now - _LONG_AGO, is_member=is_member)
    known = msgspec.structs.replace(
        new, accepted=100, accepted_in_group=100, first_accepted_at=now - _LONG_AGO
    )
    # What waits of members because they are new waits for a short time only: that is not told beforehand.
    senders = (known,) if is_member else (new, known)
    outcomes = {judge(policy, _answer(sender, name, uri, now)).outcome for sender in senders}
    if outcomes == {Outcome.ACCEPT}:
        return "may"
    return "wait" if outcomes & {Outcome.ACCEPT, Outcome.HOLD} else "may not"


def _answer(sender: Sender, name: str, uri: str, now: datetime) -> Arrival:
    """A few kind words of somebody of whose server nothing is said: that decides beside all this."""
    return Arrival(
        activity_uri="",
        activity_type="Create",
        actor_uri="",
        hosts=(),
        at=now,
        sender=sender,
        object_type="Note",
        group=name,
        group_uri=uri,
        is_reply=True,
        thread_of="member",
        visibility="open",
        text=_WORDS,
        length=len(_WORDS),
        moderator_is_here=True,
    )

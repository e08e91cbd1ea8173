"""How a sender stands here: from stranger to moderator, out of the facts that an arrival carries."""

from datetime import datetime, timedelta

from fediverse_support.core.models import Level
from fediverse_support.policy.arrivals import Sender

NEWCOMERS_POSTS = 3
NEWCOMERS_TIME = timedelta(days=7)


def standings(sender: Sender, level: Level, at: datetime) -> frozenset[str]:
    """All of `conditions.STANDINGS` that hold for `sender` at the time `at`; `level` is that of their host.

    A stranger is from elsewhere, has nothing accepted here and is not approved. A newcomer is a stranger, or
    is not approved and has fewer than three posts here or the first of them for less than a week; that goes
    for people of this community too. Everybody else is known. Moderators, and the people of domains that
    are trusted, count as approved. What is not known counts as none: a first post of unknown age is new.
    """
    found = {"approved"} if is_approved(sender, level) else set()
    if not found:
        is_new = sender.accepted < NEWCOMERS_POSTS or not _is_old(sender.first_accepted_at, at)
        if not sender.is_local and sender.accepted == 0:
            found.add("stranger")
            is_new = True
        if is_new:
            found.add("newcomer")
    if "newcomer" not in found:
        found.add("known")
    facts = (("member", sender.is_member), ("moderator", sender.is_moderator), ("warned", sender.is_warned))
    return frozenset(found.union(name for name, holds in facts if holds))


def is_approved(sender: Sender, level: Level) -> bool:
    """Whether somebody vouches for them: a moderator, their own office, or the level of their server."""
    return sender.is_approved or sender.is_moderator or level == "trusted"


def _is_old(first: datetime | None, at: datetime) -> bool:
    return first is not None and at - first >= NEWCOMERS_TIME

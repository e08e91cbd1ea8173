"""Who may answer a post of ours, told to other servers beside it.

The inbox decides anew about every answer that comes; what is published only keeps people from writing in
vain. It is worked out again within a minute of a change of policy, and nothing is sent because of it.
"""

from datetime import datetime

from fediverse_support.core.models import Actor, Post
from fediverse_support.database import reply_rights
from fediverse_support.database.pool import Connection
from fediverse_support.policy import reply_rights as rights
from fediverse_support.policy.engine import Policy
from fediverse_support.policy.reply_rights import EVERYBODY, ReplyRights

NOBODY = ReplyRights("may not", "may not")


async def settle(db: Connection, policy: Policy, now: datetime) -> int:
    """Ask the policy in force for every group for which it was not asked yet; how many. Safe to run twice."""
    found = await reply_rights.outdated(db, policy.version)
    if found:
        await reply_rights.put(
            db,
            policy.version,
            {
                group.actor.id: rights.of_group(policy, group.actor.name, group.actor.uri, now)
                for group in found
            },
        )
    return len(found)


async def of_post(db: Connection, post: Post, group: Actor | None) -> ReplyRights:
    """Who may answer `post`. Of what is for members only nothing is told: who has it may speak there."""
    if group is None or not group.is_local or post.reach not in ("open", "quiet"):
        return EVERYBODY
    doors = await reply_rights.doors(db, group.id, post.root_id)
    if doors is None:
        return EVERYBODY
    if doors.is_locked or doors.speaking == "moderators":
        return NOBODY
    is_for_members = doors.speaking == "members" or doors.seeing == "members"
    return ReplyRights("may not" if is_for_members else doors.outsiders, doors.members)

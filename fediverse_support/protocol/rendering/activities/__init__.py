"""What our actors did.

One family of verbs in each file. Every activity has `to` and `cc`, both as arrays, also where one is empty:
Lemmy and Akkoma refuse an activity without them. `id` is given by the caller; an actor is given whole where
its followers are needed, else by its id. What is sealed never becomes an activity: `Missing`.
"""

from fediverse_support.protocol.rendering.activities.announcing import announce_activity, announce_object
from fediverse_support.protocol.rendering.activities.coming import accept_join, join, leave, reject_join
from fediverse_support.protocol.rendering.activities.following import accept, follow, refuse, reject
from fediverse_support.protocol.rendering.activities.moderation import (
    add,
    announce_to_team,
    block,
    block_everywhere,
    flag_to_account_host,
    flag_to_group_host,
    lock,
    remove,
    undo_block,
    update_group,
)
from fediverse_support.protocol.rendering.activities.posting import create, delete, refresh, undo, update
from fediverse_support.protocol.rendering.activities.profiles import (
    delete_actor,
    feature,
    move,
    unfeature,
    update_actor,
)
from fediverse_support.protocol.rendering.activities.reactions import dislike, like

__all__ = [
    "accept",
    "accept_join",
    "add",
    "announce_activity",
    "announce_object",
    "announce_to_team",
    "block",
    "block_everywhere",
    "create",
    "delete",
    "delete_actor",
    "dislike",
    "feature",
    "flag_to_account_host",
    "flag_to_group_host",
    "follow",
    "join",
    "leave",
    "like",
    "lock",
    "move",
    "refresh",
    "refuse",
    "reject",
    "reject_join",
    "remove",
    "undo",
    "undo_block",
    "unfeature",
    "update",
    "update_actor",
    "update_group",
]

"""Actors change, leave and move."""

import msgspec

from fediverse_support.community.arriving import remote_actors
from fediverse_support.community.posts import removals
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.database import actors as stored
from fediverse_support.database import lives
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.handlers import our_groups
from fediverse_support.inbox.trust import Verified
from fediverse_support.protocol import parsing
from fediverse_support.protocol.parsing import consistency
from fediverse_support.protocol.vocabulary import Activity


async def update(context: Context, activity: Activity, sender: Verified) -> str:
    """An actor describes itself anew, perhaps with a new key: signed with the key that we know."""
    document = activity.object if activity.object is not None else context.document(sender.uri)
    described = parsing.actor(document, context.site.gate)
    if context.site.is_ours(described.id):
        return await our_groups.update(context, described, sender)
    consistency.profile_of_its_actor(activity, described)
    await remote_actors.store(
        context.db,
        context.site,
        described,
        handle_confirmed=sender.actor.handle_confirmed and described.preferred_username == sender.actor.name,
        now=context.now,
    )
    return "The description was renewed."


async def delete(context: Context, sender: Verified) -> str:
    """Somebody has deleted their account: everything of theirs goes here too; of a group, what it held."""
    if sender.actor.is_group:
        await lives.close_elsewhere(context.db, sender.actor.id)
    number = await removals.forget_actor(context.db, context.site, sender.actor, context.now)
    return f"The account is gone, with {number} posts."


async def move(context: Context, activity: Activity, sender: Verified) -> str:
    """An actor has moved. Noted only: a Move carries no membership and no follow along by itself (O18)."""
    consistency.moves_itself(activity)
    if activity.target_id is None:
        raise Malformed("A Move must say where to.")
    target = await _moved_to(context, activity.target_id)
    if target.is_group != sender.actor.is_group:
        raise Malformed("A group moves to a group, a person to a person.")
    consistency.claims_the_old_name(target, sender.uri)
    await stored.set_moved(context.db, sender.actor.id, target.uri)
    return "Noted where this account has moved."


class _Target(msgspec.Struct, frozen=True):
    """The new actor, as its own server describes it."""

    uri: str
    is_group: bool
    also_known_as: tuple[str, ...]


async def _moved_to(context: Context, uri: str) -> _Target:
    """Where somebody says that they have moved to: here, or fetched from there."""
    if context.site.is_ours(uri):
        ours = await stored.by_uri(context.db, uri)
        if ours is None or ours.state != "active":
            raise Missing("There is nobody here under this address.")
        return _Target(ours.uri, ours.is_group, ours.also_known_as)
    found = parsing.actor(context.document(uri), context.site.gate)
    return _Target(found.id, found.type == "Group", found.also_known_as)

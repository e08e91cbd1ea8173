"""What members say of themselves, here and to the servers that show them."""

from datetime import datetime

from fediverse_support.accounts import members
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Account
from fediverse_support.database import actors, follows, keys
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import Followers, new_activity_uri, publish
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering import actors as documents
from fediverse_support.protocol.site import Site


async def describe(
    db: Connection, site: Site, account: Account, display_name: str, about: str, now: datetime
) -> None:
    """Change a member's name and words about themselves, and tell followers and the groups elsewhere.

    The caller opened the transaction. Raises `Malformed` if either is too long.
    """
    await members.describe(db, account, display_name, about)
    actor = await actors.by_id(db, account.actor_id)
    if actor is None:
        raise Missing
    document = documents.person(site, actor, await keys.of_actor(db, actor.id), updated=now)
    update = activities.update_actor(new_activity_uri(site), actor, document, now=now)
    elsewhere = [group for group in await follows.followed_groups(db, actor.id) if not group.is_local]
    await publish(db, site, actor, update, object_uri=actor.uri, followers=Followers(actor), to=elsewhere)

"""Staying in touch with a server after all, before the week is over in which follows there are kept."""

from datetime import datetime

from fediverse_support.core.errors import Conflict
from fediverse_support.core.models import Account
from fediverse_support.database import domains, severances
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import ladder
from fediverse_support.moderation.settling import Settled
from fediverse_support.policy.document import DomainText
from fediverse_support.protocol.site import Site


async def stay_in_touch(db: Connection, site: Site, host: str, by: Account | None, now: datetime) -> Settled:
    """End the block of one host, whatever it comes from; the caller opened the transaction.

    A block by hand of this very name is taken away. If something else still blocks it (a list, a domain above
    it, an allow-list that does not name it), it is let in by hand, and nothing beside it. Raises `Conflict`
    for a host that is not blocked any more.
    """
    (covering,) = await severances.coverings(db, [host])
    if not covering.is_blocked:
        raise Conflict("There is exchange with this server. Somebody may have taken the block back already.")
    why = f"stay in touch with {host}"
    settled = Settled(version=0)
    if (await domains.entries(db, [host])).get(host) is not None:
        settled = await ladder.put(db, site, {host: None}, by=by, why=why, now=now)
    (covering,) = await severances.coverings(db, [host])
    if covering.is_blocked:
        settled = await ladder.put(db, site, {host: DomainText(note=why)}, by=by, why=why, now=now)
    return settled

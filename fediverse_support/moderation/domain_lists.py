"""Taking over a list of domains. One import is one new version of the policy and one line on the record.

What this community has decided itself stands: a domain that has a level already keeps it.
"""

from datetime import datetime

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import Account
from fediverse_support.database import domains, policy_versions
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds
from fediverse_support.policy import domain_lists
from fediverse_support.policy.ladder import Rung
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.urls import normal_host


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows of a list."""

    added: int
    kept: int
    hidden: int
    without_effect: int
    unreadable: int


async def take_over(
    db: Connection, site: Site, text: str, source: str, by: Account | None, now: datetime
) -> Imported:
    """Give each domain of the list its level; the caller opened the transaction. Safe to run twice.

    Raises `Malformed` for what is not a list. Our own domain, and what is none, counts as unreadable.
    """
    listing = domain_lists.read(text)
    present = {level.domain for level in await domains.listed(db)}
    wanted = {rung.domain: rung for given in listing.rungs if (rung := _checked(site, given)) is not None}
    new = [rung for domain, rung in wanted.items() if domain not in present]
    for rung in new:
        await domains.put(
            db, rung.domain, rung.level, public_reason=rung.public_reason[:1000], private_note="", by=_id(by)
        )
    if new:
        await policy_versions.begin(db, by=_id(by), why=f"{len(new)} domains from {source}")
        await deeds.record(db, by, "import domains", source, f"{len(new)} domains", now)
    return Imported(
        added=len(new),
        kept=len(wanted) - len(new),
        hidden=listing.hidden,
        without_effect=listing.without_effect,
        unreadable=listing.unreadable + len(listing.rungs) - len(wanted),
    )


async def written(db: Connection) -> str:
    """The ladder as a list that others can take over. Private notes stay here."""
    return domain_lists.write(sorted(await domains.rungs(db), key=lambda rung: rung.domain))


def _checked(site: Site, rung: Rung) -> Rung | None:
    """The rung with its domain as we write it, or None if that is none, or ours, or above ours."""
    try:
        name = normal_host(rung.domain).partition(":")[0]
    except Malformed:
        return None
    ours = site.domain.partition(":")[0]
    is_ours = ours == name or ours.endswith(f".{name}")
    return None if is_ours else msgspec.structs.replace(rung, domain=name)


def _id(account: Account | None) -> int | None:
    return account.id if account else None

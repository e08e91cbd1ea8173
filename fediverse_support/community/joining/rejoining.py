"""What a member is told of a server with which the exchange ends, and asking again once it is back.

Nobody is made to come back: who was in a group there is offered to ask again, group by group. What is still
said of a server that was blocked anew meanwhile is not offered.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.community.joining import memberships
from fediverse_support.community.joining.severing import AGAIN, KINDS
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Account
from fediverse_support.database import actors, member_notices, severances
from fediverse_support.database.member_notices import Notice
from fediverse_support.database.pool import Connection
from fediverse_support.database.severances import Offer
from fediverse_support.protocol.site import Site


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One notice of a member: what has become of `host`, why, what of theirs it concerns, what is offered.

    `reason` is the one that the moderators give in public; empty for none. `groups` and `asked` are titles,
    of the groups that they are in and of those that they asked to join; `people` are handles.
    """

    id: int
    kind: str
    host: str
    reason: str
    ends_at: datetime
    groups: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()


async def told(db: Connection, account: Account) -> list[Told]:
    """What a member has not put away about servers with which the exchange ended, the newest first."""
    found = [one for one in await member_notices.open_of(db, account.id) if one.kind in KINDS]
    if not found:
        return []
    hosts = {one.host: one for one in await severances.coverings(db, [one.data["host"] for one in found])}
    offered = await severances.offers(
        db, account.actor_id, [one.data["severance"] for one in found if one.kind == AGAIN]
    )
    shown = [_told(one, hosts[one.data["host"]].reason, offered) for one in found]
    return [one for one in shown if one.kind != AGAIN or (one.offers and not hosts[one.host].is_blocked)]


def _told(notice: Notice, reason: str, offered: Sequence[Offer]) -> Told:
    data: dict[str, Any] = notice.data
    return Told(
        id=notice.id,
        kind=notice.kind,
        host=data["host"],
        reason=reason,
        ends_at=datetime.fromisoformat(data["day"]),
        groups=tuple(data["groups"]),
        asked=tuple(data["asked"]),
        people=tuple(data["people"]),
        offers=tuple(
            one for one in offered if one.severance_id == data["severance"] and notice.kind == AGAIN
        ),
    )


async def put_away(db: Connection, account: Account, notice_id: int, now: datetime) -> None:
    """A member has read a notice; what it offered is declined with it. Raises `Missing`."""
    notice = await member_notices.of_member(db, account.id, notice_id)
    if notice is None:
        raise Missing
    if notice.kind == AGAIN:
        await severances.answer(db, notice.data["severance"], account.actor_id, None, "dismissed")
    await member_notices.put_away(db, account.id, notice_id, now)


async def ask_again(
    db: Connection, site: Site, account: Account, notice_id: int, followed_id: int, now: datetime
) -> None:
    """A member asks to follow again what a notice of theirs offers; with the last offer it is put away.

    Raises `Missing` for what is not offered to them, `Conflict` if the server is blocked again.
    """
    notice = await member_notices.of_member(db, account.id, notice_id)
    if notice is None or notice.kind != AGAIN:
        raise Missing
    severance_id = notice.data["severance"]
    offered = await severances.offers(db, account.actor_id, [severance_id])
    member = await actors.by_id(db, account.actor_id)
    followed = await actors.by_id(db, followed_id)
    if member is None or followed is None or followed_id not in {one.followed_id for one in offered}:
        raise Missing
    await memberships.join_elsewhere(db, site, member, followed)
    await severances.answer(db, severance_id, account.actor_id, followed_id, "joined")
    if not await severances.offers(db, account.actor_id, [severance_id]):
        await member_notices.put_away(db, account.id, notice_id, now)

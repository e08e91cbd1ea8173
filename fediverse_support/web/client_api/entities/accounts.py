"""Account and CredentialAccount, field by field (mastodon-api.md §4.3, §4.4).

A group is an account with `group: true`: following it is joining it. Who is in it is for nobody to count from
outside, so that the number of its members is rounded.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Account as Member
from fediverse_support.core.models import Viewer
from fediverse_support.database import client_accounts
from fediverse_support.database.client_accounts import AccountRow
from fediverse_support.database.pool import Connection
from fediverse_support.web.client_api.entities import pictures
from fediverse_support.web.client_api.entities.moments import day, moment
from fediverse_support.web.services import Services

Json = dict[str, Any]

EVERYBODY = {"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": False}
_MODERATOR, _ADMIN = 8 | 16, 1 | 8 | 16 | 32 | 64 | 128 | 1024
_PERMISSIONS = {"moderator": _MODERATOR, "admin": _ADMIN, "owner": _ADMIN}
_SUSPENDED_TEXT = {"display_name": "", "note": "", "fields": []}


async def shown(services: Services, db: Connection, viewer: Viewer, actor_ids: Sequence[int]) -> list[Json]:
    """These actors in this order; of whom the viewer may not learn is left out. One statement."""
    rows = await client_accounts.by_ids(db, actor_ids)
    return [
        dict(account(services, rows[number], viewer))
        for number in dict.fromkeys(actor_ids)
        if number in rows and may_know(viewer, rows[number])
    ]


async def one(services: Services, db: Connection, viewer: Viewer, actor_id: int) -> Json:
    """One actor. Raises `Missing`, also for one that the viewer may not learn of."""
    found = await shown(services, db, viewer, [actor_id])
    if not found:
        raise Missing
    return found[0]


def may_know(viewer: Viewer, row: AccountRow) -> bool:
    """Whether there is such an account as far as `viewer` may learn: as `visibility.may_know` has it.

    Somebody here who has only asked to join, or whose account is closed, is nobody yet, or no more.
    """
    if row.state == "gone":
        return False
    if row.is_local and row.state == "suspended":
        return viewer.is_staff
    if (
        row.joining is None
        or viewer.is_staff
        or row.id in (viewer.actor_id, *viewer.member_of, *viewer.moderates)
    ):
        return True
    if row.is_secret:
        return row.id in viewer.knows
    return not viewer.is_guest or row.group_reach != "sealed"


class Look(NamedTuple):
    """All that an Account depends on, so that what is made of it can be remembered by it.

    `is_inside`: for a member of the group, who sees how many they are; others only about how many.
    """

    row: AccountRow
    avatar: str
    header: str
    is_inside: bool


def look(services: Services, row: AccountRow, viewer: Viewer) -> Look:
    """How one row looks to the viewer."""
    is_inside = row.is_group and (row.id in viewer.member_of or row.id in viewer.moderates)
    return Look(row, pictures.avatar(services, row), pictures.header(services, row), is_inside)


def account(services: Services, row: AccountRow, viewer: Viewer) -> Json:
    """One row as an Account. It is shared by all who are shown it: copy it before you change it."""
    return entity_of(look(services, row, viewer))


@lru_cache(maxsize=2_048)
def entity_of(seen: Look) -> Json:
    """The Account of such a look. It is shared too."""
    row, avatar, header, is_inside = seen
    entity: Json = {
        "id": str(row.id),
        "username": row.name,
        "acct": row.name if row.is_local else f"{row.name}@{row.host}",
        "display_name": row.display_name,
        "locked": is_locked(row),
        "bot": row.is_bot or row.type in ("Service", "Application"),
        "discoverable": row.discoverable,
        "indexable": row.indexable,
        "group": row.is_group,
        "created_at": moment(row.published_at or row.created_at),
        "note": row.summary_html,
        "url": row.url or row.uri,
        "uri": row.uri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": row.icon_alt,
        "header": header,
        "header_static": header,
        "header_description": row.header_alt,
        "followers_count": row.followers if is_inside or not row.is_group else _rounded(row.followers),
        "following_count": 0 if row.is_group else row.following,
        "statuses_count": row.statuses,
        "last_status_at": day(row.last_status_at),
        "hide_collections": row.is_group or row.hides_network,
        "noindex": not row.indexable,
        "emojis": [],
        "roles": [],
        "fields": [*(_field(item) for item in row.fields), *_rules(row)],
    }
    if row.state == "suspended":
        entity |= _SUSPENDED_TEXT | {"suspended": True}
    return entity


async def credentials(services: Services, db: Connection, viewer: Viewer, member: Member) -> Json:
    """CredentialAccount of whoever `viewer` acts as: the member, or a group that they look after."""
    if viewer.actor_id is None:
        raise Missing
    rows = await client_accounts.by_ids(db, [viewer.actor_id])
    row = rows[viewer.actor_id]
    defaults = await client_accounts.defaults(db, viewer.actor_id)
    entity = dict(account(services, row, viewer))
    entity["source"] = {
        "privacy": VISIBILITY[defaults.reach],
        "sensitive": defaults.sensitive,
        "language": defaults.language,
        "note": row.summary_source,
        "fields": [
            {"name": item.get("name", ""), "value": item.get("source") or "", "verified_at": None}
            for item in row.fields
        ],
        "follow_requests_count": defaults.requests,
        "hide_collections": entity["hide_collections"],
        "discoverable": row.discoverable,
        "indexable": row.indexable,
        "attribution_domains": [],
        "quote_policy": "nobody",
    }
    is_self = viewer.actor_id == member.actor_id
    permissions = _PERMISSIONS.get(member.role, 0) if is_self else 0
    entity["role"] = EVERYBODY | {"permissions": str(permissions)}
    if permissions:
        entity["role"] |= {"id": str(list(_PERMISSIONS).index(member.role) + 1), "name": member.role}
    return entity


VISIBILITY: Mapping[str, str] = {
    "open": "public",
    "quiet": "unlisted",
    "members": "private",
    "sealed": "private",
    "followers": "private",
    "direct": "direct",
}
"""Apps know four visibilities and some stop working at a fifth: whatever has an end is `private` to them."""


def is_locked(row: AccountRow) -> bool:
    """Whether following has to be asked for."""
    return row.joining not in (None, "open") or row.approves_followers


def _rounded(followers: int) -> int:
    step = 5 if followers < 100 else 10 ** (len(str(followers)) - 2)
    return followers // step * step


def _rules(row: AccountRow) -> list[Json]:
    """Where the rules of a group of ours are: apps have no other place for that."""
    if not row.rules_version:
        return []
    address = f"{row.uri}/rules"
    link = f'<a href="{address}" target="_blank" rel="nofollow noopener" translate="no">{address}</a>'
    return [{"name": "Rules", "value": link, "verified_at": None}]


def _field(item: Mapping[str, Any]) -> Json:
    return {"name": item.get("name", ""), "value": item.get("html") or "", "verified_at": None}

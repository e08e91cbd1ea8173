"""Actors with all that the client API says of them, however many, in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from fediverse_support.core.models import Reach
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import remembering


class AccountRow(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A person, group or server as apps see it. `joining` is how one comes into a group of ours,
    `group_reach` how far that reaches, `rules_version` which of its rules are in force, 0 if it has none.

    `is_secret`: a group of ours that only those learn of who are in it or look after the community.
    """

    id: int
    uri: str
    type: str
    is_local: bool
    name: str
    host: str
    display_name: str
    summary_html: str
    summary_source: str
    url: str | None
    icon_url: str | None
    header_url: str | None
    icon_alt: str
    header_alt: str
    fields: tuple[dict[str, Any], ...]
    approves_followers: bool
    discoverable: bool
    indexable: bool
    is_bot: bool
    hides_network: bool
    state: Literal["active", "suspended", "gone"]
    moved_to: str | None
    created_at: datetime
    published_at: datetime | None
    joining: str | None
    group_reach: str | None
    rules_version: int | None
    is_secret: bool
    followers: int
    following: int
    statuses: int
    last_status_at: datetime | None

    @property
    def is_group(self) -> bool:
        """Whether this is a group."""
        return self.type == "Group"


# Counting for each of the authors of a page would cost more than the page: beside posts stands what a worker
# has counted, if it has. What a group says is its threads, each of which it boosts once.
COLUMNS = """
    a.id, a.uri, a.type, a.is_local, a.name, a.host, a.display_name, a.summary_html, a.summary_source,
    a.url, a.icon_url, a.header_url, a.icon_alt, a.header_alt, a.fields, a.approves_followers,
    a.discoverable, a.indexable, a.is_bot, a.hides_network, a.state, a.moved_to, a.created_at,
    a.published_at, g.joining, g.reach as group_reach, g.rules_version,
    coalesce(g.joining = 'invite' and (g.seeing = 'members' or g.reach in ('members', 'sealed')), false)
        as is_secret,
"""

COUNTED = """
    case when c.actor_id is null then (select count(*) from follows f
                                        where f.followed_id = a.id and f.state = 'accepted')
         else c.followers end as followers,
    case when c.actor_id is null then (select count(*) from follows f join actors o on o.id = f.followed_id
                                        where f.follower_id = a.id and f.state = 'accepted'
                                          and o.type <> 'Group')
         else c.following end as following,
    case when c.actor_id is not null then c.statuses
         when a.type = 'Group' then (select count(*) from boosts b where b.actor_id = a.id)
         else (select count(*) from posts p
                where p.author_id = a.id and p.state = 'live'
                  and (p.reach = 'open' or p.reach = 'quiet' and p.group_id is null)) end as statuses,
    case when c.actor_id is not null then c.last_status_at
         when a.type = 'Group' then (select b.boosted_at from boosts b where b.actor_id = a.id
                                      order by b.id desc limit 1)
         else (select p.published_at from posts p
                where p.author_id = a.id and p.state = 'live'
                  and (p.reach = 'open' or p.reach = 'quiet' and p.group_id is null)
                order by p.id desc limit 1) end as last_status_at
"""

_BY_ID = "".join(
    (
        "select json_agg(x)::text from (select ",
        COLUMNS,
        COUNTED,
        """
          from actors a
          left join groups g on g.actor_id = a.id
          left join (select null::bigint as actor_id, 0 as followers, 0 as following, 0 as statuses,
                            null::timestamptz as last_status_at) c on c.actor_id = a.id
         where a.id = any($1::bigint[])) x
        """,
    )
)

read = remembering(AccountRow, 2_048)
"""The accounts in what a statement gives of `COLUMNS`, as JSON."""


async def by_ids(db: Connection, actor_ids: Sequence[int]) -> dict[int, AccountRow]:
    """These actors by their numbers, counted now. Whoever shows one asks whether the viewer may know it."""
    if not actor_ids:
        return {}
    found = await db.fetchval(_BY_ID, list(dict.fromkeys(actor_ids)))
    return {row.id: row for row in read(found)}


async def id_of(db: Connection, name: str, host: str | None) -> int | None:
    """The number of an actor by its handle; without `host` one of ours."""
    if host is None:
        query = "select id from actors where is_local and name = $1"
        return _number(await db.fetchval(query, name.lower()))
    query = """
        select id from actors where not is_local and lower(name) = lower($1) and host = $2
         order by handle_confirmed desc, id limit 1
    """
    return _number(await db.fetchval(query, name, host))


def _number(found: object) -> int | None:
    return found if isinstance(found, int) else None


class Defaults(msgspec.Struct, frozen=True):
    """How somebody's posts go out unless they say otherwise, and how many ask to follow or join them."""

    reach: Reach
    sensitive: bool
    language: str | None
    requests: int


async def defaults(db: Connection, actor_id: int) -> Defaults:
    """Of a member, or of a group."""
    row = await db.fetchrow(
        """
        select coalesce(a.posting_reach, g.default_reach, g.reach, 'quiet') as reach,
               coalesce(a.posting_sensitive, false) as sensitive, a.posting_language as language,
               (select count(*)::int from follows f where f.followed_id = $1 and f.state = 'pending')
                   as requests
          from (select $1::bigint as id) me
          left join accounts a on a.actor_id = me.id
          left join groups g on g.actor_id = me.id
        """,
        actor_id,
    )
    assert row is not None
    return Defaults(row["reach"], row["sensitive"], row["language"], row["requests"])

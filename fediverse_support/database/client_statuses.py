"""Statuses (posts and boosts) with all that the client API says of them: one statement, however many.

A statement is made of two texts: `entries`, which chooses (`timelines.py` has those), and what everybody
shares, which reads posts, authors, boosters, whom they mention, counts, polls and what the viewer did. Both
are constants. The parameters $1 to $6 are `viewer.sight`; those of the choice begin at $7.

The answer comes as JSON, which is decoded straight into structs: a row of forty columns costs more. What
came lately in the same words is not decoded again (`rows.remembering`): most pages are read many times.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.core.events import Event
from fediverse_support.core.models import PostState, Reach, Viewer
from fediverse_support.database import client_accounts
from fediverse_support.database.client_accounts import AccountRow
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import Row, remembering


class PollRow(msgspec.Struct, frozen=True, kw_only=True):
    """The poll of a post; `own` are the answers that the viewer chose."""

    is_multiple: bool
    hides_totals: bool
    ends_at: datetime | None
    closed_at: datetime | None
    voters: int
    names: tuple[str, ...]
    votes: tuple[int, ...]
    own: tuple[int, ...]

    def is_over(self, now: datetime) -> bool:
        """Whether nobody may answer any more."""
        return self.closed_at is not None or (self.ends_at is not None and self.ends_at <= now)


class ApplicationRow(msgspec.Struct, frozen=True):
    """What a post was written with."""

    name: str
    website: str | None


class StatusRow(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A post that the viewer may see, or a boost of it (then `booster_id` and its neighbours are set).

    `entry_id` is the number of the status: the boost's if it is one. `parent_author_id` is None where the
    viewer may not see what it answers. The flags at the end are of the viewer's own deeds.
    """

    entry_id: int
    booster_id: int | None
    boost_reach: str | None
    boosted_at: datetime | None
    boost_uri: str | None
    id: int
    uri: str
    public_id: str
    author_id: int
    group_id: int | None
    root_id: int
    parent_id: int | None
    parent_author_id: int | None
    type: str
    title: str
    content_html: str
    content_warning: str
    sensitive: bool
    language: str | None
    reach: Reach
    state: PostState
    url: str | None
    attachments: tuple[dict[str, Any], ...]
    mentions: tuple[dict[str, Any], ...]
    tags: tuple[str, ...]
    named: tuple[int, ...]
    published_at: datetime
    edited_at: datetime | None
    replies: int
    favourites: int
    boosts: int
    is_favourite: bool
    is_boosted: bool
    is_bookmarked: bool
    is_muted: bool
    is_pinned: bool
    application: ApplicationRow | None
    poll: PollRow | None
    event: Event | None


class MentionedRow(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Somebody whom a post names."""

    id: int
    uri: str
    url: str | None
    name: str
    host: str
    is_local: bool
    is_secret: bool


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some statuses in order, with everybody that they speak of. `scanned` and `edge`: how many candidates
    were looked at, and the last of them, where a choice looks at so many and not more. `has_filters`: whether
    the viewer has any that count now."""

    statuses: tuple[StatusRow, ...] = ()
    accounts: dict[int, AccountRow] = {}
    mentioned: tuple[MentionedRow, ...] = ()
    scanned: int = 0
    edge: int = 0
    has_filters: bool = True


_POSTS = """
, page as materialized (
    select e.id as entry_id, e.boost_id, p.id, p.uri, p.public_id, p.author_id, p.group_id, p.root_id,
           p.parent_id, p.type, p.title, p.content_html, p.content_warning, p.sensitive, p.language, p.reach,
           p.state, p.url, p.attachments, p.mentions, p.tags, p.named, p.published_at, p.edited_at,
           p.application_id
      from entries e
      join posts p on p.id = e.post_id
), shown as materialized (
    select p.*, b.actor_id as booster_id, b.reach as boost_reach, b.boosted_at,
           b.activity_uris[1] as boost_uri,
           (select r.author_id from posts r
             where r.id = p.parent_id
               and may_see(r.state, r.reach, r.group_id, r.author_id, r.named, $1, $2, $3, $4, $5, $6))
               as parent_author_id,
           (select count(*) from posts r
             where r.parent_id = p.id
               and may_see(r.state, r.reach, r.group_id, r.author_id, r.named, $1, $2, $3, $4, $5, $6))
               as replies,
           (select count(*) from reactions r where r.object_uri = p.uri and r.kind <> 'dislike')
               as favourites,
           (select count(*) from boosts o where o.post_id = p.id and o.actor_id is distinct from p.group_id)
               as boosts,
           exists (select from reactions r
                    where r.actor_id = $1 and r.object_uri = p.uri and r.kind = 'like') as is_favourite,
           exists (select from boosts o where o.actor_id = $1 and o.object_uri = p.uri) as is_boosted,
           exists (select from bookmarks k where k.actor_id = $1 and k.post_id = p.id) as is_bookmarked,
           exists (select from thread_mutes m where m.actor_id = $1 and m.root_id = p.root_id) as is_muted,
           exists (select from pins n where n.group_id = $1 and n.object_uri = p.uri) as is_pinned,
           (select json_build_object('name', t.name, 'website', t.website) from applications t
             where t.id = p.application_id and p.author_id = $1) as application,
           (select json_build_object(
                       'is_multiple', q.is_multiple, 'hides_totals', q.hides_totals, 'ends_at', q.ends_at,
                       'closed_at', q.closed_at,
                       'voters', case when live.counts then (select count(distinct v.actor_id)
                                                               from poll_votes v where v.post_id = q.post_id)
                                      else q.voters end,
                       'names', array(select o.name from poll_options o where o.post_id = q.post_id
                                       order by o.position),
                       'votes', array(select case when live.counts
                                                  then (select count(*)::int from poll_votes v
                                                         where v.post_id = o.post_id
                                                           and v.position = o.position)
                                                  else o.votes end
                                        from poll_options o where o.post_id = q.post_id order by o.position),
                       'own', array(select v.position from poll_votes v
                                     where v.post_id = q.post_id and v.actor_id = $1 order by v.position))
              from polls q
              join actors w on w.id = p.author_id
             cross join lateral (select w.is_local and q.closed_at is null as counts) live
             where q.post_id = p.id) as poll,
           case when p.type = 'Event' then
               (select json_build_object('post_id', v.post_id, 'starts_at', v.starts_at, 'ends_at', v.ends_at,
                                         'time_zone', v.time_zone, 'place', v.place,
                                         'is_cancelled', v.is_cancelled)
                  from events v where v.post_id = p.id) end as event
      from page p
      left join boosts b on b.id = p.boost_id
)
"""

_PEOPLE = """
, people as (
    select author_id as id from page
     union
    select b.actor_id from page p join boosts b on b.id = p.boost_id
"""

_NAMED = """
), named as (
    select a.id
      from page p
     cross join lateral jsonb_array_elements(p.mentions) as m
      join actors a on a.uri = m.value ->> 'href'
     union
    select unnest(named) from page
     union
    select group_id from page where group_id is not null
)
select (select json_agg(s order by s.entry_id desc)::text from shown s) as statuses,
       (select json_agg(x)::text from (
           select
"""

_REST = """
             from people i
             join actors a on a.id = i.id
             left join groups g on g.actor_id = a.id
             left join actor_counts c on c.actor_id = a.id) x) as accounts,
       (select json_agg(x)::text from (
           select a.id, a.uri, a.url, a.name, a.host, a.is_local,
                  coalesce(g.joining = 'invite'
                           and (g.seeing = 'members' or g.reach in ('members', 'sealed')), false) as is_secret
             from named i
             join actors a on a.id = i.id and a.state = 'active'
             left join groups g on g.actor_id = a.id) x) as mentioned,
       exists (select from filters w where w.actor_id = $1 and (w.ends_at is null or w.ends_at > now()))
           as has_filters,
"""

_SCANNED = """
    (select count(*)::int from newest) as scanned,
    (select min(id) from newest) as least, (select max(id) from newest) as most
"""
_NOT_SCANNED = "0 as scanned, 0::bigint as least, 0::bigint as most"

_WHOLE = _NAMED + client_accounts.COLUMNS + client_accounts.COUNTED + _REST

_status_of = remembering(StatusRow, 2_048)
_mentioned_of = remembering(MentionedRow, 512)


def page_of(choice: str, *, scans: bool = False, people: str = "", columns: str = "") -> str:
    """The whole statement for a choice: text that ends with a CTE `entries (id, post_id, boost_id)`.

    With `scans` the choice has a CTE `newest` too, of all candidates looked at. `people` and `columns`
    go with it: more actors (`union select …`), and more that the statement gives (`expression as name,`).
    """
    return "".join((choice, _POSTS, _PEOPLE, people, _WHOLE, columns, _SCANNED if scans else _NOT_SCANNED))


async def fetch(
    db: Connection, viewer: Viewer, statement: str, *parameters: object, is_upward: bool = False
) -> Page:
    """The page that a statement made by `page_of` chooses, newest first."""
    row = await db.fetchrow(statement, *viewer.sight, *parameters)
    assert row is not None
    return read(row, is_upward=is_upward)


def read(row: Row, *, is_upward: bool = False) -> Page:
    """The page in the row that such a statement gives."""
    return Page(
        statuses=_status_of(row["statuses"]),
        accounts={account.id: account for account in client_accounts.read(row["accounts"])},
        mentioned=_mentioned_of(row["mentioned"]),
        scanned=row["scanned"],
        edge=(row["most"] if is_upward else row["least"]) or 0,
        has_filters=row["has_filters"],
    )


_BY_IDS = page_of(
    """
with entries as (
    select i.id, p.id as post_id, b.id as boost_id
      from (select distinct n as id from unnest($7::bigint[]) as n) i
      left join boosts b on b.id = i.id
      join posts p on p.id = coalesce(b.post_id, i.id)
     where may_see(p.state, p.reach, p.group_id, p.author_id, p.named, $1, $2, $3, $4, $5, $6)
       and not coalesce(b.actor_id = any ($6), false)
)
"""
)


async def by_ids(db: Connection, viewer: Viewer, ids: Sequence[int]) -> Page:
    """Those of these posts and boosts that `viewer` may see, in the order in which they are named."""
    if not ids:
        return Page()
    page = await fetch(db, viewer, _BY_IDS, list(ids))
    found = {status.entry_id: status for status in page.statuses}
    ordered = tuple(found[number] for number in dict.fromkeys(ids) if number in found)
    return msgspec.structs.replace(page, statuses=ordered)

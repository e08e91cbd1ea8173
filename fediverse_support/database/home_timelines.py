"""Home, and the lists that somebody keeps: what those have said and boosted whom one follows.

Home is chosen on read. For everybody followed the newest posts and boosts are looked up in an index, the
newest of all are put in order, and of these what belongs in Home is kept: what is a boost of something that
stood there a short time ago, an answer to a stranger, or by somebody muted is left out. So many are looked
at and not more ($10); `Page.scanned` tells whether there may be others behind them.
"""

from fediverse_support.core.models import Viewer
from fediverse_support.database.client_statuses import Page, page_of
from fediverse_support.database.pool import Connection
from fediverse_support.database.timeline_parts import SEEN, SHUNNED, WANTED, Both, Part, page, upward

_FOLLOWED_AT_HOME = """
, followed as materialized (
    select f.followed_id as id, f.shows_boosts, f.languages, a.type = 'Group' as is_group
      from follows f
      join actors a on a.id = f.followed_id
     where f.follower_id = $1 and f.state = 'accepted' and f.in_home
       and not f.followed_id = any ((select people from shunned)::bigint[])
     union all
    select $1, true, '{}', false
), answerable as (
    select id from followed
), in_other_hands (id) as (
    select unnest($2::bigint[])
)
"""

_FOLLOWED_IN_LIST = """
, followed as materialized (
    select f.followed_id as id, f.shows_boosts, f.languages, a.type = 'Group' as is_group
      from reading_list_members m
      join follows f on f.follower_id = m.owner_id and f.followed_id = m.member_id and f.state = 'accepted'
      join actors a on a.id = f.followed_id
     where m.list_id = $11 and m.owner_id = $1
       and not f.followed_id = any ((select people from shunned)::bigint[])
), answerable as (
    select m.member_id as id
      from reading_list_members m
      join reading_lists l on l.id = m.list_id and l.replies_policy = 'list'
     where m.list_id = $11 and m.owner_id = $1
     union all
    select f.followed_id
      from follows f
      join reading_lists l on l.id = $11 and l.actor_id = $1 and l.replies_policy = 'followed'
     where f.follower_id = $1 and f.state = 'accepted'
     union all
    select $1 from reading_lists l where l.id = $11 and l.replies_policy <> 'none'
), in_other_hands (id) as (
    select null::bigint where false
)
"""

# The newest of each of those followed. If these are more than are looked at ($10), what is older than the
# last of so many cannot be among the newest of all, and is not read. Upward it is the other way round.
_HEADS = """
, heads as materialized (
    select (select b.id from boosts b
             where b.actor_id = f.id and f.shows_boosts and b.post_id is not null
               and b.id < $8 and b.id > $9
             order by b.id desc limit 1) as boost_id,
           (select p.id from posts p
             where p.author_id = f.id and not f.is_group and f.id is distinct from $1
               and p.state = 'live' and p.reach <> 'direct' and (p.group_id is null or p.root_id = p.id)
               and p.id < $8 and p.id > $9
             order by p.id desc limit 1) as post_id
      from followed f
), last_head as materialized (
    select min(h.id) as newest_end, max(h.id) as oldest_end, count(*) as number
      from (select u.id from heads, unnest(array[boost_id, post_id]) as u (id) where u.id is not null
             order by u.id desc limit $10) h
)
"""
_DOWN_TO = """
, edge as materialized (
    select case when number = $10 then newest_end else $9 end as least, $8 as most from last_head
)
"""
_UP_TO = """
, edge as materialized (
    select $9 as least, case when number = $10 then oldest_end else $8 end as most from last_head
)
"""

# Boosts first, which every thread start in a group is one of; then what people say to their followers.
# `in_other_hands`: groups whose own boosts show what is begun in them.
_OF_FOLLOWED = """
, candidates as (
    select c.id, c.post_id, c.id as boost_id, f.id as by_id, f.languages
      from followed f
     cross join lateral (select b.id, b.post_id from boosts b
                          where b.actor_id = f.id and f.shows_boosts and b.post_id is not null
                            and b.id < $8 and b.id > $9
                            and b.id between (select least from edge) and (select most from edge)
                          order by b.id desc limit $10) c
     union all
    select c.id, c.id, null::bigint, f.id, f.languages
      from followed f
     cross join lateral (select p.id from posts p
                          where p.author_id = f.id and not f.is_group and f.id is distinct from $1
                            and p.state = 'live' and p.reach <> 'direct'
                            and (p.group_id is null or p.root_id = p.id)
                            and p.id < $8 and p.id > $9
                            and p.id between (select least from edge) and (select most from edge)
                          order by p.id desc limit $10) c
"""

_OWN_AND_TAGS = """
     union all
    select c.id, c.id, null::bigint, $1, '{}'::text[]
      from (select p.id from posts p
             where p.author_id = $1 and p.reach <> 'direct' and p.state in ('live', 'held')
               and p.id < $8 and p.id > $9
             order by p.id desc limit $10) c
     union all
    select distinct c.id, c.id, null::bigint, null::bigint, '{}'::text[]
      from followed_tags t
     cross join lateral (select p.id
                           from post_tags o
                           join posts p on p.id = o.post_id
                          where o.tag = t.tag and o.post_id < $8 and o.post_id > $9
                            and p.state = 'live' and p.reach = 'open' and p.in_reply_to is null
                            and p.author_id not in (select f.id from followed f)
                          order by o.post_id desc limit $10) c
     where t.actor_id = $1
"""

# Three days in terms of our numbers: what was in the list so short a time ago is not shown again because
# somebody else boosts it. Whatever page is asked for, the answer to that is the same.
_KEPT = (
    """
), newest as materialized (
    select * from candidates c order by c.id desc limit $10
), entries as (
    select n.id, n.post_id, n.boost_id
      from newest n
      join posts p on p.id = n.post_id
     where
""",
    SEEN,
    WANTED,
    """
       and p.reach <> 'direct' and (p.state = 'live' or p.author_id = $1)
       and (n.languages = '{}' or p.language is null or p.language = any (n.languages)
            or split_part(p.language, '-', 1) = any (n.languages))
       and case when n.boost_id is null then
               (p.author_id = $1 or p.in_reply_to is null
                or exists (select from posts r where r.id = p.parent_id
                                                 and r.author_id in (select id from answerable)))
               and (p.author_id = $1 or p.group_id is null
                    or p.group_id not in (select id from in_other_hands))
               and not (p.state = 'live' and p.root_id = p.id and p.in_reply_to is null
                        and p.group_id is not null
                        and p.group_id in (select id from followed where is_group and shows_boosts))
           else
               not (p.in_reply_to is not null and n.by_id is not distinct from p.group_id)
               and not exists (select from boosts o
                                where o.post_id = p.id and o.id < n.id and o.id > n.id - 16986931200000
                                  and o.actor_id in (select id from followed where shows_boosts))
               and not (p.id < n.id and p.id > n.id - 16986931200000 and p.in_reply_to is null
                        and (p.author_id in (select id from followed)
                             or p.reach = 'open'
                                and exists (select from followed_tags t
                                             where t.actor_id = $1 and t.tag = any (p.tags)))
                        and (p.group_id is null
                             or p.root_id = p.id and p.group_id not in (select id from in_other_hands)))
           end
     order by n.id desc limit $7
)
""",
)


def _of_followed(followed: str, *others: str) -> Both:
    def choice(edge: str) -> str:
        return "".join((SHUNNED, followed, _HEADS, edge, _OF_FOLLOWED, *others, *_KEPT))

    return Both(page_of(choice(_DOWN_TO), scans=True), page_of(upward(choice(_UP_TO)), scans=True))


_HOME = _of_followed(_FOLLOWED_AT_HOME, _OWN_AND_TAGS)
_LIST = _of_followed(_FOLLOWED_IN_LIST)


async def of_home(db: Connection, viewer: Viewer, part: Part, look_at: int) -> Page:
    """A part of the viewer's Home, of at most `look_at` candidates."""
    return await page(db, viewer, _HOME, part, look_at)


async def of_list(db: Connection, viewer: Viewer, list_id: int, part: Part, look_at: int) -> Page:
    """A part of what those say whom the viewer has put into a list, of at most `look_at` candidates."""
    return await page(db, viewer, _LIST, part, look_at, list_id)

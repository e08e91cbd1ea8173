"""Which posts and boosts stand in a timeline, chosen by number straight from indexes.

Each choice is a text that ends with the CTE `entries`, which `client_statuses.page_of` makes a statement of
that reads everything else too. $1 to $6 are `viewer.sight`; of a page $7 is how many, $8 and $9 are the
numbers between which it lies, both left out. A page is read from its newer end or from its older one; an
index is read in an order only if the order is written out, so each choice is there twice.

Home is chosen on read. For everybody followed the newest posts and boosts are looked up in an index, the
newest of all are put in order, and of these what belongs in Home is kept: what is a boost of something that
stood there a short time ago, an answer to a stranger, or by somebody muted is left out. So many are looked
at and not more ($10); `Page.scanned` tells whether there may be others behind them.
"""

from collections.abc import Sequence

import msgspec

from fediverse_support.core.models import Viewer
from fediverse_support.database.client_statuses import Page, fetch, page_of
from fediverse_support.database.pool import Connection


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a timeline: between two numbers, from the newer end or (`is_upward`) from the older."""

    limit: int
    max_id: int
    after: int
    is_upward: bool = False


class Both(msgspec.Struct, frozen=True):
    """A statement that reads a timeline from its newer end, and the same from its older end."""

    down: str
    up: str


def _both(*parts: str, scans: bool = False) -> Both:
    choice = "".join(parts)
    return Both(page_of(choice, scans=scans), page_of(_upward(choice), scans=scans))


def _upward(choice: str) -> str:
    return choice.replace("id desc limit", "id asc limit")


def _one(*parts: str) -> str:
    return page_of("".join(parts))


# Whom the viewer has muted, and servers of whose people they want to see nothing. What they wrote and what
# others boost of them is in no list. What the viewer wrote always is.
_SHUNNED = """
with shunned as materialized (
    select array(select m.muted_id from personal_mutes m
                  where m.actor_id = $1 and (m.ends_at is null or m.ends_at > now())) as people,
           array(select d.domain from personal_domain_blocks d where d.actor_id = $1) as domains
)
"""

_SEEN = """
       may_see(p.state, p.reach, p.group_id, p.author_id, p.named, $1, $2, $3, $4, $5, $6)
"""

_WANTED = """
       and (p.author_id = $1 or not (
               p.author_id = any ((select people from shunned)::bigint[])
               or (select cardinality(domains) from shunned) > 0
                  and exists (select from actors a, unnest((select domains from shunned)) as d (name)
                               where a.id = p.author_id and not a.is_local
                                 and right('.' || split_part(split_part(a.uri, '/', 3), ':', 1),
                                           length(d.name) + 1) = '.' || d.name)))
"""

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
    _SEEN,
    _WANTED,
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
        return "".join((_SHUNNED, followed, _HEADS, edge, _OF_FOLLOWED, *others, *_KEPT))

    return Both(page_of(choice(_DOWN_TO), scans=True), page_of(_upward(choice(_UP_TO)), scans=True))


_HOME = _of_followed(_FOLLOWED_AT_HOME, _OWN_AND_TAGS)
_LIST = _of_followed(_FOLLOWED_IN_LIST)


async def of_home(db: Connection, viewer: Viewer, part: Part, look_at: int) -> Page:
    """A part of the viewer's Home, of at most `look_at` candidates."""
    return await _page(db, viewer, _HOME, part, look_at)


async def of_list(db: Connection, viewer: Viewer, list_id: int, part: Part, look_at: int) -> Page:
    """A part of what those say whom the viewer has put into a list, of at most `look_at` candidates."""
    return await _page(db, viewer, _LIST, part, look_at, list_id)


_MEDIA = """
       and (not $10 or p.attachments <> '[]'
                       and jsonb_path_exists(p.attachments, '$[*].type ? (@ <> "Link")'))
"""

_PUBLIC = """
       p.state = 'live' and p.reach = 'open' and p.root_id = p.id and p.in_reply_to is null
       and p.id < $8 and p.id > $9 and
"""

_EVERYWHERE = _both(
    _SHUNNED,
    """
, entries as (
    select p.id, p.id as post_id, null::bigint as boost_id
      from posts p
     where
""",
    _PUBLIC,
    _SEEN,
    _WANTED,
    _MEDIA,
    """
       and (not $11 or p.source is null and not exists (select from groups g where g.actor_id = p.group_id))
     order by p.id desc limit $7
)
""",
)

_HERE = _both(
    _SHUNNED,
    """
, entries as (
    select f.id, f.id as post_id, null::bigint as boost_id
      from (
        (select p.id from posts p
          where p.source is not null and
""",
    _PUBLIC,
    _SEEN,
    _WANTED,
    _MEDIA,
    """
          order by p.id desc limit $7)
         union
        select c.id
          from groups g
         cross join lateral (
             select p.id from posts p
              where p.group_id = g.actor_id and
""",
    _PUBLIC,
    _SEEN,
    _WANTED,
    _MEDIA,
    """
              order by p.id desc limit $7) c) f
     order by f.id desc limit $7
)
""",
)


async def of_everybody(
    db: Connection, viewer: Viewer, part: Part, *, only_media: bool, only_elsewhere: bool
) -> Page:
    """A part of all open threads that we know: by people and in groups here and elsewhere."""
    return await _page(db, viewer, _EVERYWHERE, part, only_media, only_elsewhere)


async def of_here(db: Connection, viewer: Viewer, part: Part, *, only_media: bool) -> Page:
    """A part of the open threads of our people, and of anybody in our groups."""
    return await _page(db, viewer, _HERE, part, only_media)


_TAGGED = _both(
    _SHUNNED,
    """
, entries as (
    select f.id, f.id as post_id, null::bigint as boost_id
      from (select distinct c.id
              from unnest($13::text[]) as n (tag)
             cross join lateral (
                 select p.id
                   from post_tags t
                   join posts p on p.id = t.post_id
                  where t.tag = n.tag and t.post_id < $8 and t.post_id > $9 and p.state = 'live'
                    and p.tags @> $14::text[] and not p.tags && $15::text[]
                    and is_on_show(p.reach, p.group_id, $1, $2)
                    and (not $11 or p.source is null
                                    and not exists (select from groups g where g.actor_id = p.group_id))
                    and (not $12 or p.source is not null
                                    or exists (select from groups g where g.actor_id = p.group_id))
                    and
""",
    _SEEN,
    _WANTED,
    _MEDIA,
    """
                  order by t.post_id desc limit $7) c) f
     order by f.id desc limit $7
)
""",
)


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """What a timeline of tags has: any of these, all of those and none of the last, in small letters."""

    any: Sequence[str]
    all: Sequence[str] = ()
    none: Sequence[str] = ()
    only_media: bool = False
    only_elsewhere: bool = False
    only_here: bool = False


async def of_tags(db: Connection, viewer: Viewer, wanted: Tagged, part: Part) -> Page:
    """A part of what was said under some tags, answers too."""
    return await _page(
        db,
        viewer,
        _TAGGED,
        part,
        wanted.only_media,
        wanted.only_elsewhere,
        wanted.only_here,
        list(wanted.any),
        list(wanted.all),
        list(wanted.none),
    )


_IN_GROUPS = _both(
    _SHUNNED,
    """
, entries as (
    select f.id, f.id as post_id, null::bigint as boost_id
      from unnest($10::bigint[]) as g (id)
     cross join lateral (
         select p.id from posts p
          where p.group_id = g.id and p.group_id is not null and p.state = 'live' and p.id < $8 and p.id > $9
            and is_on_show(p.reach, p.group_id, $1, $2)
            and (not $11 or p.root_id = p.id and p.in_reply_to is null and p.locked_at is null
                            and p.author_id is distinct from $1
                            and not exists (select from posts r where r.parent_id = p.id and r.state = 'live'
                                                                  and r.author_id <> p.author_id))
            and
""",
    _SEEN,
    _WANTED,
    """
          order by p.id desc limit $7) f
     order by f.id desc limit $7
)
""",
)


async def of_groups(
    db: Connection, viewer: Viewer, group_ids: Sequence[int], part: Part, *, only_unanswered: bool = False
) -> Page:
    """A part of what is said in these groups, answers too; or of what others began and nobody answered."""
    return await _page(db, viewer, _IN_GROUPS, part, list(group_ids), only_unanswered)


# What a group says is its threads: as its boosts, or without boosts as the posts of its members. What it
# wrote itself stands there once: as its boost, or without boosts as the post.
_OF_ACCOUNT = _both(
    """
with entries as (
    select f.id, f.post_id, f.boost_id
      from (
        (select p.id, p.id as post_id, null::bigint as boost_id
           from posts p
          where p.author_id = $11 and p.id < $8 and p.id > $9 and p.state in ('live', 'held')
            and (not $12 or p.in_reply_to is null
                 or exists (select from posts r where r.id = p.parent_id and r.author_id = p.author_id))
            and (cardinality($14::text[]) = 0 or p.tags && $14::text[])
            and ($13 or p.group_id is distinct from $11
                 or not exists (select from boosts o where o.post_id = p.id and o.actor_id = $11))
            and is_on_show(p.reach, p.group_id, $1, $2) and
""",
    _SEEN,
    _MEDIA,
    """
          order by p.id desc limit $7)
         union all
        (select b.id, p.id, b.id
           from boosts b
           join posts p on p.id = b.post_id
          where not $13 and b.actor_id = $11 and p.state = 'live' and not b.actor_id = any ($6::bigint[])
            and b.id < $8 and b.id > $9
            and not (p.in_reply_to is not null and p.group_id is not distinct from $11)
            and (cardinality($14::text[]) = 0 or p.tags && $14::text[])
            and is_on_show(p.reach, p.group_id, $1, $2) and
""",
    _SEEN,
    _MEDIA,
    """
          order by b.id desc limit $7)
         union all
        (select p.id, p.id, null::bigint
           from posts p
          where $13 and p.group_id = $11 and p.author_id <> $11 and p.root_id = p.id
            and p.in_reply_to is null and p.state = 'live' and p.id < $8 and p.id > $9
            and (cardinality($14::text[]) = 0 or p.tags && $14::text[])
            and is_on_show(p.reach, p.group_id, $1, $2) and
""",
    _SEEN,
    _MEDIA,
    """
          order by p.id desc limit $7)) f
     order by f.id desc limit $7
)
""",
)


class OfAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What of somebody's posts and boosts is wanted; `tags`: with any of these, in small letters."""

    actor_id: int
    only_media: bool = False
    without_replies: bool = False
    without_boosts: bool = False
    tags: Sequence[str] = ()


async def of_account(db: Connection, viewer: Viewer, wanted: OfAccount, part: Part) -> Page:
    """A part of what somebody has said and boosted, or of a group's threads."""
    return await _page(
        db,
        viewer,
        _OF_ACCOUNT,
        part,
        wanted.only_media,
        wanted.actor_id,
        wanted.without_replies,
        wanted.without_boosts,
        list(wanted.tags),
    )


_PINNED = _one(
    """
with entries as (
    select p.id, p.id as post_id, null::bigint as boost_id
      from pins n
      join posts p on p.uri = n.object_uri
     where n.group_id = $7 and p.state = 'live' and is_on_show(p.reach, p.group_id, $1, $2) and
""",
    _SEEN,
    """
     order by n.pinned_at desc limit 40
)
""",
)


async def pinned(db: Connection, viewer: Viewer, actor_id: int) -> Page:
    """What somebody, or a group, keeps at the top of their profile."""
    return await fetch(db, viewer, _PINNED, actor_id)


_AROUND = _both(
    """
with recursive target as (
    select p.id, p.root_id, p.parent_id
      from posts p
     where p.id = coalesce((select b.post_id from boosts b where b.id = $7), $7) and
""",
    _SEEN,
    """
), above (id, parent_id, steps) as (
    select t.id, t.parent_id, 0 from target t
     union all
    select p.id, p.parent_id, a.steps + 1
      from above a
      join posts p on p.id = a.parent_id
     where a.steps < $9
), shunned as materialized (
    select array(select m.muted_id from personal_mutes m
                  where m.actor_id = $1 and (m.ends_at is null or m.ends_at > now())) as people,
           array(select d.domain from personal_domain_blocks d where d.actor_id = $1) as domains
), entries as (
    select p.id, p.id as post_id, null::bigint as boost_id
      from above a
      join posts p on p.id = a.id
     where
""",
    _SEEN,
    """
     union
    (select p.id, p.id, null::bigint
       from target t
       join posts p on p.root_id = t.root_id and p.state in ('live', 'held')
      where
""",
    _SEEN,
    _WANTED,
    """
      order by p.published_at, p.id limit $8)
), newest as (
    select id from target
)
""",
    scans=True,
).down


async def around(db: Connection, viewer: Viewer, status_id: int, most: int, highest: int) -> Page:
    """A post that `viewer` may see with the thread that it is in, newest first: at most `highest` posts above
    it, and the first `most` of the thread; `edge` is the post itself, also for the number of a boost.
    Nothing for what they may not see."""
    return await fetch(db, viewer, _AROUND, status_id, most, highest)


async def _page(db: Connection, viewer: Viewer, both: Both, part: Part, *wanted: object) -> Page:
    statement = both.up if part.is_upward else both.down
    bounds = part.limit, part.max_id, part.after
    return await fetch(db, viewer, statement, *bounds, *wanted, is_upward=part.is_upward)

"""Which posts and boosts stand in public timelines, under tags, in groups, on profiles and in threads.

Home is in `home_timelines.py`, what all of them share in `timeline_parts.py`.
"""

from collections.abc import Sequence

import msgspec

from fediverse_support.core.models import Viewer
from fediverse_support.database.client_statuses import Page, fetch
from fediverse_support.database.pool import Connection
from fediverse_support.database.timeline_parts import SEEN, SHUNNED, WANTED, Part, both, one, page

_MEDIA = """
       and (not $10 or p.attachments <> '[]'
                       and jsonb_path_exists(p.attachments, '$[*].type ? (@ <> "Link")'))
"""

_PUBLIC = """
       p.state = 'live' and p.reach = 'open' and p.root_id = p.id and p.in_reply_to is null
       and p.id < $8 and p.id > $9 and
"""

_EVERYWHERE = both(
    SHUNNED,
    """
, entries as (
    select p.id, p.id as post_id, null::bigint as boost_id
      from posts p
     where
""",
    _PUBLIC,
    SEEN,
    WANTED,
    _MEDIA,
    """
       and (not $11 or p.source is null and not exists (select from groups g where g.actor_id = p.group_id))
     order by p.id desc limit $7
)
""",
)

_HERE = both(
    SHUNNED,
    """
, entries as (
    select f.id, f.id as post_id, null::bigint as boost_id
      from (
        (select p.id from posts p
          where p.source is not null and
""",
    _PUBLIC,
    SEEN,
    WANTED,
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
    SEEN,
    WANTED,
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
    return await page(db, viewer, _EVERYWHERE, part, only_media, only_elsewhere)


async def of_here(db: Connection, viewer: Viewer, part: Part, *, only_media: bool) -> Page:
    """A part of the open threads of our people, and of anybody in our groups."""
    return await page(db, viewer, _HERE, part, only_media)


_TAGGED = both(
    SHUNNED,
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
    SEEN,
    WANTED,
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
    return await page(
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


_IN_GROUPS = both(
    SHUNNED,
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
    SEEN,
    WANTED,
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
    return await page(db, viewer, _IN_GROUPS, part, list(group_ids), only_unanswered)


# What a group says is its threads: as its boosts, or without boosts as the posts of its members. What it
# wrote itself stands there once: as its boost, or without boosts as the post.
_OF_ACCOUNT = both(
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
    SEEN,
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
    SEEN,
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
    SEEN,
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
    return await page(
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


_PINNED = one(
    """
with entries as (
    select p.id, p.id as post_id, null::bigint as boost_id
      from pins n
      join posts p on p.uri = n.object_uri
     where n.group_id = $7 and p.state = 'live' and is_on_show(p.reach, p.group_id, $1, $2) and
""",
    SEEN,
    """
     order by n.pinned_at desc limit 40
)
""",
)


async def pinned(db: Connection, viewer: Viewer, actor_id: int) -> Page:
    """What somebody, or a group, keeps at the top of their profile."""
    return await fetch(db, viewer, _PINNED, actor_id)


_AROUND = both(
    """
with recursive target as (
    select p.id, p.root_id, p.parent_id
      from posts p
     where p.id = coalesce((select b.post_id from boosts b where b.id = $7), $7) and
""",
    SEEN,
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
    SEEN,
    """
     union
    (select p.id, p.id, null::bigint
       from target t
       join posts p on p.root_id = t.root_id and p.state in ('live', 'held')
      where
""",
    SEEN,
    WANTED,
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

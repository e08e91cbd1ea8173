"""Which of those who follow along are to learn of an event: asked in one statement for all of them, as their
rights stand at that moment.

Who may see a post is answered by `may_see` here as everywhere; what it wants to know of each viewer is looked
up in the same statement, as far as it matters for this post. (`is_seen_by` asks the same for one viewer; for
a thousand, calling it a thousand times costs ten times as much.)

The rules of Home and of lists are those by which they are read (`timelines.py`), asked the other way round:
not "what stands in this Home", but "in whose Home does this stand". A test holds both against each other.
"""

from collections.abc import Sequence

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides to which public streams a post belongs. `is_open_start`: an open thread start."""

    id: int
    author_id: int
    group_id: int | None
    is_live: bool
    is_direct: bool
    is_open_start: bool
    is_from_here: bool
    has_media: bool
    tags: tuple[str, ...]
    named: tuple[int, ...]


read_facts = reader(Facts)


async def facts(db: Connection, post_ids: Sequence[int]) -> dict[int, Facts]:
    """The facts of these posts, as far as they are there."""
    rows = await db.fetch(
        """
        select p.id, p.author_id, p.group_id, p.state = 'live' as is_live, p.reach = 'direct' as is_direct,
               p.reach = 'open' and p.root_id = p.id and p.in_reply_to is null as is_open_start,
               p.source is not null or exists (select from groups g where g.actor_id = p.group_id)
                   as is_from_here,
               jsonb_path_exists(p.attachments, '$[*].type ? (@ <> "Link")') as has_media, p.tags, p.named
          from posts p where p.id = any($1::bigint[])
        """,
        list(post_ids),
    )
    return {one.id: one for one in all_of(read_facts, rows)}


_LOOKING = """
with post as (
    select p.*, not a.is_local as is_from_afar,
           '.' || split_part(split_part(a.uri, '/', 3), ':', 1) as host
      from posts p join actors a on a.id = p.author_id
     where p.id = $1
), looking as materialized (
    select v.id, w.is_local as is_here,
           case when w.type = 'Group' then array[v.id]
                else array(select f.followed_id from follows f
                            where f.follower_id = v.id and f.followed_id in (p.group_id, p.author_id)
                              and f.state = 'accepted') end as circles,
           case when w.type = 'Group' then array[v.id]
                else array(select m.group_id from group_moderators m
                            where m.actor_id = v.id and m.group_id = p.group_id) end as looks_after,
           exists (select from accounts a where a.actor_id = v.id and a.state = 'active'
                      and a.role in ('owner', 'admin', 'moderator')) as is_staff,
           array(select b.blocked_id from personal_blocks b
                  where b.actor_id = v.id and b.blocked_id = p.author_id
                  union all
                 select b.actor_id from personal_blocks b
                  where b.blocked_id = v.id and b.actor_id = p.author_id) as apart_from,
           p.author_id <> v.id
               and (exists (select from personal_mutes m
                             where m.actor_id = v.id and m.muted_id = p.author_id
                               and (m.ends_at is null or m.ends_at > now()))
                    or p.is_from_afar and exists (
                        select from personal_domain_blocks d
                         where d.actor_id = v.id
                           and right(p.host, length(d.domain) + 1) = '.' || d.domain)) as is_tired
      from (select distinct n from unnest($2::bigint[]) as n) as v (id)
      join actors w on w.id = v.id
     cross join post p
), seeing as materialized (
    select l.id
      from looking l
     cross join post p
     where not l.is_tired
       and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                   l.id, l.circles, l.looks_after, l.is_staff, l.is_here, l.apart_from)
)
"""
"""$1: the post; $2: the viewers. `seeing`: who of them may see it, and wants to see its author."""

# Three days in terms of our numbers, as in Home.
_HOME = "".join(
    (
        _LOOKING,
        """
    select v.id
      from seeing v
     cross join post p
     where p.state = 'live' and p.reach <> 'direct'
       and (v.id = coalesce($4::bigint, p.author_id)
            or exists (select from follows f join actors a on a.id = f.followed_id
                        where f.follower_id = v.id and f.followed_id = coalesce($4, p.author_id)
                          and f.state = 'accepted' and f.in_home
                          and ($4::bigint is not null and f.shows_boosts
                               or $4::bigint is null and a.type <> 'Group')
                          and (f.languages = '{}' or p.language is null or p.language = any (f.languages)
                               or split_part(p.language, '-', 1) = any (f.languages))))
       and case when $4::bigint is null then
               p.author_id = v.id and not exists (
                   select from follows f where f.follower_id = v.id and f.followed_id = p.group_id
                      and p.root_id = p.id and p.in_reply_to is null and f.state = 'accepted' and f.in_home
                      and f.shows_boosts)
               or p.author_id <> v.id
                  and (p.group_id is null
                       or p.root_id = p.id and not exists (
                           select from follows f where f.follower_id = v.id and f.followed_id = p.group_id
                              and f.state = 'accepted'))
                  and (p.in_reply_to is null
                       or exists (select from posts r
                                   where r.id = p.parent_id
                                     and (r.author_id = v.id
                                          or exists (
                                              select from follows f
                                               where f.follower_id = v.id and f.followed_id = r.author_id
                                                 and f.state = 'accepted' and f.in_home))))
           else
               ($4 = v.id
                or not exists (select from personal_mutes m
                                where m.actor_id = v.id and m.muted_id = $4
                                  and (m.ends_at is null or m.ends_at > now())))
               and not (p.in_reply_to is not null and $4 is not distinct from p.group_id)
               and not exists (select from boosts o
                                where o.post_id = p.id and o.id < $3 and o.id > $3 - 16986931200000
                                  and (o.actor_id = v.id
                                       or exists (select from follows f
                                                   where f.follower_id = v.id and f.followed_id = o.actor_id
                                                     and f.state = 'accepted' and f.in_home
                                                     and f.shows_boosts)))
               and not (p.id < $3 and p.id > $3 - 16986931200000 and p.in_reply_to is null
                        and (p.author_id = v.id
                             or exists (select from follows f
                                         where f.follower_id = v.id and f.followed_id = p.author_id
                                           and f.state = 'accepted' and f.in_home))
                        and (p.group_id is null
                             or p.root_id = p.id and not exists (
                                 select from follows f
                                  where f.follower_id = v.id and f.followed_id = p.group_id
                                    and f.state = 'accepted')))
           end
""",
    )
)


async def home(
    db: Connection, entry_id: int, post_id: int, booster_id: int | None, viewers: Sequence[int]
) -> list[int]:
    """Those of `viewers` in whose Home a post, or a boost of it, stands."""
    rows = await db.fetch(_HOME, post_id, list(viewers), entry_id, booster_id)
    return [row["id"] for row in rows]


_LISTS = "".join(
    (
        _LOOKING,
        """
        select v.id, v.list_id
          from unnest($2::bigint[], $3::bigint[]) as v (id, list_id)
          join seeing s on s.id = v.id
         cross join post p
         where p.state = 'live' and p.reach <> 'direct'
           and ($4::bigint is null and p.group_id is not null
                and (v.list_id in (p.group_id, $5)
                     or v.list_id = $6 and p.root_id = p.id and p.in_reply_to is null
                        and p.author_id <> v.id and p.locked_at is null)
                and (v.id = p.group_id
                     or exists (select from follows f
                                 where f.follower_id = v.id and f.followed_id = p.group_id
                                   and f.state = 'accepted')
                     or exists (select from group_moderators m
                                 where m.actor_id = v.id and m.group_id = p.group_id))
                or exists (
                    select from reading_lists l
                      join reading_list_members m on m.list_id = l.id and m.owner_id = v.id
                      join follows f on f.follower_id = v.id and f.followed_id = m.member_id
                                    and f.state = 'accepted'
                     where l.id = v.list_id and l.actor_id = v.id
                       and m.member_id = coalesce($4, p.author_id)
                       and (f.languages = '{}' or p.language is null or p.language = any (f.languages)
                            or split_part(p.language, '-', 1) = any (f.languages))
                       and case when $4::bigint is not null then
                               f.shows_boosts
                               and not (p.in_reply_to is not null and $4 is not distinct from p.group_id)
                           else
                               (p.group_id is null or p.root_id = p.id)
                               and (p.in_reply_to is null
                                    or exists (
                                        select from posts r
                                         where r.id = p.parent_id
                                           and (l.replies_policy <> 'none' and r.author_id = v.id
                                                or l.replies_policy = 'list'
                                                   and r.author_id in (
                                                       select o.member_id from reading_list_members o
                                                        where o.list_id = l.id)
                                                or l.replies_policy = 'followed'
                                                   and exists (
                                                       select from follows o
                                                        where o.follower_id = v.id
                                                          and o.followed_id = r.author_id
                                                          and o.state = 'accepted'))))
                               and not (p.group_id is not null and p.in_reply_to is null
                                        and exists (
                                            select from reading_list_members o
                                              join follows g on g.follower_id = v.id
                                                            and g.followed_id = o.member_id
                                             where o.list_id = l.id and o.member_id = p.group_id
                                               and g.shows_boosts))
                           end))
           and ($4::bigint is null
                or not exists (select from personal_mutes m
                                where m.actor_id = v.id and m.muted_id = $4
                                  and (m.ends_at is null or m.ends_at > now())))
        """,
    )
)


async def lists(
    db: Connection,
    post_id: int,
    booster_id: int | None,
    viewers: Sequence[int],
    list_ids: Sequence[int],
    *,
    all_groups: int,
    unanswered: int,
) -> list[tuple[int, int]]:
    """Those pairs of a viewer and a list of theirs, or a group that is one, in which the entry stands.

    `all_groups` and `unanswered` are the lists that everybody has: of all their groups, and of the threads in
    them that wait for an answer.
    """
    rows = await db.fetch(_LISTS, post_id, list(viewers), list(list_ids), booster_id, all_groups, unanswered)
    return [(row["id"], row["list_id"]) for row in rows]


_WANTING = "".join(
    (
        _LOOKING,
        """
        select v.id from seeing v cross join post p where p.state = 'live' and p.reach <> 'direct'
        """,
    )
)


async def wanting(db: Connection, post_id: int, viewers: Sequence[int]) -> list[int]:
    """Those of `viewers` who may see a live post and want to see its author."""
    return [row["id"] for row in await db.fetch(_WANTING, post_id, list(viewers))]


_LOSING = "".join(
    (
        _LOOKING,
        """
        select v.id
          from looking v
         cross join post p
         cross join lateral (
            select v.id in (select id from seeing) as sees,
                   may_see('live', p.reach, p.group_id, p.author_id, p.named,
                           v.id, v.circles, v.looks_after, false, v.is_here, v.apart_from) as saw
         ) as sight
         where case when p.state <> 'live' then sight.saw and not sight.sees
                    when $4 then sight.sees
                    else not sight.sees end
           and (not $5 or v.id in (p.author_id, $3) or v.id = any (p.named)
                or exists (select from follows f where f.follower_id = v.id and f.state = 'accepted'
                              and f.followed_id in (p.author_id, p.group_id, $3)))
        """,
    )
)


async def losing(
    db: Connection,
    post_id: int,
    actor_id: int,
    viewers: Sequence[int],
    *,
    is_boost: bool,
    has_followed: bool,
) -> list[int]:
    """Those of `viewers` who could see a post, or a boost by `actor_id`, that is gone or not for them now.

    `has_followed`: only those who follow its author, its group or who boosted it, or whom it names.
    """
    rows = await db.fetch(_LOSING, post_id, list(viewers), actor_id, is_boost, has_followed)
    return [row["id"] for row in rows]


_OF_CHANGE = "".join(
    (
        _LOOKING,
        """
        select v.id
          from seeing v
         cross join post p
         where p.state = 'live'
           and (v.id = p.author_id or v.id = any (p.named)
                or exists (select from follows f
                            where f.follower_id = v.id and f.state = 'accepted'
                              and (f.followed_id in (p.author_id, p.group_id)
                                   or f.followed_id in (select b.actor_id from boosts b
                                                         where b.post_id = p.id))))
        """,
    )
)


async def of_change(db: Connection, post_id: int, viewers: Sequence[int]) -> list[int]:
    """Those of `viewers` who may have a post before them whose words have changed: written, boosted or begun
    where they follow along."""
    return [row["id"] for row in await db.fetch(_OF_CHANGE, post_id, list(viewers))]


async def with_deeds(db: Connection, post_id: int, viewers: Sequence[int]) -> list[int]:
    """Those of `viewers` to whom a post does not look as it does to everybody: they wrote it, did something
    to it, or look after something."""
    rows = await db.fetch(
        """
        select v.id
          from unnest($2::bigint[]) as v (id)
          join posts p on p.id = $1
         where v.id in (p.author_id, p.group_id)
            or exists (select from reactions r where r.actor_id = v.id and r.object_uri = p.uri)
            or exists (select from boosts b where b.actor_id = v.id and b.object_uri = p.uri)
            or exists (select from bookmarks k where k.actor_id = v.id and k.post_id = p.id)
            or exists (select from thread_mutes m where m.actor_id = v.id and m.root_id = p.root_id)
            or exists (select from poll_votes o where o.actor_id = v.id and o.post_id = p.id)
            or exists (select from group_moderators m where m.actor_id = v.id)
            or exists (select from accounts a where a.actor_id = v.id and a.role <> 'member')
        """,
        post_id,
        list(viewers),
    )
    return [row["id"] for row in rows]


async def with_filters(db: Connection, viewers: Sequence[int]) -> list[int]:
    """Those of `viewers` who have filters."""
    rows = await db.fetch(
        "select distinct actor_id from filters where actor_id = any($1::bigint[])", list(viewers)
    )
    return [row["actor_id"] for row in rows]


async def may_follow_list(db: Connection, viewer_id: int, list_id: int) -> bool:
    """Whether a list, or a group that is one, is the viewer's."""
    return bool(
        await db.fetchval(
            """
            select exists (select from reading_lists l where l.id = $2 and l.actor_id = $1)
                or exists (select from follows f join actors g on g.id = f.followed_id and g.type = 'Group'
                            where f.follower_id = $1 and f.followed_id = $2 and f.state = 'accepted')
                or exists (select from group_moderators m where m.actor_id = $1 and m.group_id = $2)
                or $2 = $1 and exists (select from actors g where g.id = $1 and g.type = 'Group')
            """,
            viewer_id,
            list_id,
        )
    )

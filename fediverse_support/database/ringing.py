"""Writing the table `notifications`: who is told of a deed, in one statement for each kind of deed.

Told are actors of ours only: members, and groups that somebody may act as. Nobody is told of what they may
not see (`is_seen_by`), by whom they want nothing (`is_shunned`), or in a thread that they have muted. What
comes from somebody whom the receiver does not know goes through their `notification_policies`: it may be
*filtered*, then it waits in `notification_requests` until they have decided about its sender, or dropped.

Every function is safe to run twice: one deed of one person to one post is told once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fediverse_support.database.pool import Connection
from fediverse_support.database.push import Ring

_FOR_LIVE_POST = """
    with candidates (actor_id, kind) as (
        select distinct on (c.actor_id) c.actor_id, c.kind
          from (
            select a.id, 'mention', 1 from actors a
             where (a.id = any($6::bigint[]) or a.uri = any($7::text[])) and a.is_local
               and (a.type <> 'Group' or $8 = 'direct')
             union all
            -- Who is answered, whether they are named or not: on the web nobody writes names.
            select p.author_id, 'mention', 1 from posts p where p.id = $9
             union all
            select f.follower_id, 'status', 2 from follows f
             where f.followed_id = $1 and f.notifies and f.state = 'accepted'
               and $10 and $8 <> 'direct'
             union all
            -- A group rings for each thread that begins in it.
            select f.follower_id, 'status', 2 from follows f
             where f.followed_id = $11 and f.notifies and f.state = 'accepted' and $10
          ) as c (actor_id, kind, rank)
         order by c.actor_id, c.rank
    )"""

_FOR_GIVEN = """
    with candidates (actor_id, kind) as (
        select * from unnest($6::bigint[], $7::text[])
    )"""

_FOR_BOOSTERS = """
    with candidates (actor_id, kind) as (
        select b.actor_id, $6::text from boosts b where b.post_id = $2
    )"""

_FOR_VOTERS = """
    with candidates (actor_id, kind) as (
        select v.actor_id, $6::text from poll_votes v where v.post_id = $2
         union
        select $1, $6::text
    )"""

_TOLD = """,
    about as (
        select p.reach = 'direct' as is_private, p.root_id from posts p where p.id = $2
    ), sender as (
        select a.id, a.uri, a.is_local, a.created_at,
               a.type = 'Application'
                   or exists (select from accounts m where m.actor_id = a.id and m.state = 'active'
                                 and m.role in ('owner', 'admin', 'moderator')) as is_staff,
               (select l.level
                  from string_to_array(split_part(split_part(a.uri, '/', 3), ':', 1), '.') as labels
                 cross join lateral generate_series(1, array_length(labels, 1)) as first
                  join domain_levels l on l.domain = array_to_string(labels[first:], '.')
                 order by first limit 1) in ('limited', 'held') as is_limited
          from actors a where a.id = $1
    ), met as (
        select c.actor_id, c.kind, r.type = 'Group' as is_group,
               exists (select from follows f where f.follower_id = c.actor_id and f.followed_id = $1
                          and f.state = 'accepted') as is_following,
               exists (select from follows f where f.follower_id = $1 and f.followed_id = c.actor_id
                          and f.state = 'accepted') as is_followed
          from candidates c
          join actors r on r.id = c.actor_id and r.is_local and r.state = 'active' and r.type <> 'Application'
         where (c.actor_id <> $1 or c.kind in ('poll', 'severed_relationships', 'moderation_warning'))
           and ($2::bigint is null or is_seen_by($2, c.actor_id))
           and not is_shunned(c.actor_id, $1, true)
           and not exists (select from thread_mutes m
                            where m.actor_id = c.actor_id and m.root_id = (select root_id from about))
    ), judged as (
        select m.actor_id, m.kind,
               case when m.kind in ('poll', 'admin.sign_up', 'admin.report', 'severed_relationships',
                                    'moderation_warning')
                      or s.is_staff
                      or exists (select from notification_permissions n
                                  where n.actor_id = m.actor_id and n.from_id = $1)
                    then 'accept'
               else (
                   select case when bool_or(w.wish = 'drop') then 'drop'
                               when bool_or(w.wish = 'filter') then 'filter' else 'accept' end
                     from (values
                       (case when not (m.is_following or m.is_group and m.is_followed)
                             then p.for_not_following end),
                       (case when not m.is_followed then p.for_not_followers end),
                       (case when s.created_at > $5::timestamptz - interval '30 days' and not m.is_following
                             then p.for_new_accounts end),
                       (case when coalesce((select is_private from about), false)
                              and not (m.is_following or m.is_group)
                              and not exists (select from posts said
                                               where said.author_id = m.actor_id and said.reach = 'direct'
                                                 and $1 = any(said.named))
                             then coalesce(p.for_private_mentions, 'filter') end),
                       (case when coalesce(s.is_limited, false) and not (m.is_following or m.is_group)
                             then coalesce(p.for_limited_accounts, 'filter') end)
                     ) as w (wish))
               end as verdict
          from met m
         cross join sender s
          left join notification_policies p on p.actor_id = m.actor_id
    ), kept as (
        insert into notifications
               (actor_id, kind, from_id, post_id, subject_id, details, is_filtered, made_at, group_key)
        select j.actor_id, j.kind, $1, $2, $3, $4, j.verdict = 'filter', $5,
               case when j.kind not in ('favourite', 'reblog', 'follow', 'admin.sign_up') then 'ungrouped'
               else coalesce(
                   (select n.group_key from notifications n
                     where n.actor_id = j.actor_id and n.kind = j.kind
                       and n.post_id is not distinct from $2
                       and n.made_at > $5::timestamptz - interval '12 hours'
                     order by n.id desc limit 1),
                   concat_ws('-', j.kind, $2, floor(extract(epoch from $5::timestamptz) / 3600)))
               end
          from judged j where j.verdict <> 'drop'
            on conflict do nothing
        returning id, actor_id, kind, is_filtered
    ), asked as (
        insert into notification_requests (actor_id, from_id, made_at, updated_at)
        select actor_id, $1, $5, $5 from kept where is_filtered
            on conflict (actor_id, from_id) do update set updated_at = excluded.updated_at
    )
    select id, actor_id, kind from kept where not is_filtered"""

_LIVE_POST = "".join((_FOR_LIVE_POST, _TOLD))
_GIVEN = "".join((_FOR_GIVEN, _TOLD))
_BOOSTERS = "".join((_FOR_BOOSTERS, _TOLD))
_VOTERS = "".join((_FOR_VOTERS, _TOLD))


async def for_live_post(
    db: Connection,
    *,
    author_id: int,
    post_id: int,
    named: Sequence[int],
    mentioned: Sequence[str],
    reach: str,
    parent_id: int | None,
    group_id: int | None,
    is_start: bool,
    now: datetime,
) -> list[Ring]:
    """Tell of a new post those whom it names (`named`, `mentioned` by their ids) or answers, and, if it
    begins something, those who asked for a ring. What rings."""
    rows = await db.fetch(
        _LIVE_POST,
        author_id,
        post_id,
        None,
        {},
        now,
        list(named),
        list(mentioned),
        reach,
        parent_id,
        is_start,
        group_id,
    )
    return _rings(rows, author_id, post_id)


async def for_actors(
    db: Connection,
    receivers: Sequence[int],
    kind: str,
    from_id: int,
    now: datetime,
    *,
    post_id: int | None = None,
    subject_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> list[Ring]:
    """Tell these actors that `from_id` has done something. What rings."""
    rows = await db.fetch(
        _GIVEN,
        from_id,
        post_id,
        subject_id,
        dict(details or {}),
        now,
        list(receivers),
        [kind] * len(receivers),
    )
    return _rings(rows, from_id, post_id)


async def for_boosters(db: Connection, kind: str, from_id: int, post_id: int, now: datetime) -> list[Ring]:
    """Tell those who have boosted a post of something. What rings."""
    return _rings(await db.fetch(_BOOSTERS, from_id, post_id, None, {}, now, kind), from_id, post_id)


async def for_voters(db: Connection, kind: str, from_id: int, post_id: int, now: datetime) -> list[Ring]:
    """Tell those who have voted in a poll, and who asked, of its end. What rings."""
    return _rings(await db.fetch(_VOTERS, from_id, post_id, None, {}, now, kind), from_id, post_id)


async def take_back(db: Connection, kind: str, from_id: int, *, post_id: int) -> None:
    """Forget that somebody did something to a post: they have undone it. Safe to run twice."""
    await db.execute(
        "delete from notifications where kind = $1 and from_id = $2 and post_id = $3", kind, from_id, post_id
    )


async def team(db: Connection, group_id: int | None) -> list[int]:
    """Who of ours looks after a group, with the group itself if it is ours; nobody if none is here."""
    rows = await db.fetch(
        """
        select a.id from actors a
         where a.is_local
           and (a.id = $1 and exists (select from group_moderators m where m.group_id = $1)
                or a.id in (select m.actor_id from group_moderators m where m.group_id = $1))
        """,
        group_id,
    )
    return [row["id"] for row in rows]


async def staff(db: Connection) -> list[int]:
    """Who looks after the community."""
    rows = await db.fetch(
        "select actor_id from accounts where state = 'active' and role in ('owner', 'admin', 'moderator')"
    )
    return [row["actor_id"] for row in rows]


def _rings(rows: Sequence[Any], from_id: int, post_id: int | None) -> list[Ring]:
    return [
        Ring(
            notification_id=row["id"],
            actor_id=row["actor_id"],
            kind=row["kind"],
            from_id=from_id,
            post_id=post_id,
        )
        for row in rows
    ]

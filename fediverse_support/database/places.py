"""Everything about the place of an arriving post, in one look.

What it answers, the group that it belongs to, how its author stands there, and whether the post itself is
known, was deleted, or is waited for: the inbox asks for all of it each time, so it is one round trip.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.models import Actor, Group, Post, Standing
from fediverse_support.database import actors, groups, posts
from fediverse_support.database.pool import Connection


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What there is. `rules` are those of the group if it is ours; `is_awaited`: an answer came first.

    The rest is asked only for what may be for no group: whether somebody here follows the author, whom of
    ours the post is addressed to (people, and groups that take letters from its author), and whether it
    answers, outside of groups, somebody here, or somebody who is followed from here.
    """

    parent: Post | None
    group: Actor | None
    rules: Group | None
    standing: Standing
    is_known: bool
    is_buried: bool
    is_awaited: bool
    is_followed: bool
    named: tuple[int, ...]
    named_groups: tuple[int, ...]
    is_answer: bool


# A `case` looks at nothing below the branch that it takes: what is in public and in a group costs no more.
_FIND = """
    select p as parent, a as actor, g as rules,
           exists (select from posts where uri = $1) as is_known,
           exists (select from tombstones where uri = $1 and by_uri = $2) as is_buried,
           exists (select from posts where in_reply_to = $1 and parent_id is null) as is_awaited,
           exists (select from blocks b
                    where b.blocked_uri = $2
                      and b.target_uri in (a.uri, split_part(a.uri, '/', 1) || '//'
                                                  || split_part(a.uri, '/', 3) || '/')
                      and (b.ends_at is null or b.ends_at > $6)) as is_blocked,
           coalesce(is_below_lock(p.id, p.root_id), false) as is_locked,
           exists (select from follows f
                    where f.follower_id = $3 and f.followed_id = a.id and f.state = 'accepted') as is_member,
           exists (select from group_moderators m
                    where m.group_id = a.id and m.actor_id = $3) as is_moderator,
           case when a.id is null or not $8 then
               exists (select from follows f join actors x on x.id = f.follower_id and x.is_local
                        where f.followed_id = $3 and f.state = 'accepted') end as is_followed,
           case when a.id is null or not $8 then
               array(select x.id from actors x
                      where x.uri = any($5) and x.is_local and x.state = 'active' and x.type = 'Person'
                        and not are_apart(x.id, $3, $2)
                      order by x.id limit 200) end as named,
           case when not $8 then
               array(select x.id from actors x join groups l on l.actor_id = x.id
                      where x.uri = any($5) and x.state = 'active'
                        and (l.seeing = 'everyone' and l.reach in ('open', 'quiet')
                             or l.reach <> 'sealed'
                                and exists (select from follows f
                                             where f.follower_id = $3 and f.followed_id = x.id))
                        and not are_apart(x.id, $3, $2)
                        and not exists (select from blocks b
                                         where b.blocked_uri = $2
                                           and b.target_uri in (x.uri, split_part(x.uri, '/', 1) || '//'
                                                                || split_part(x.uri, '/', 3) || '/')
                                           and (b.ends_at is null or b.ends_at > $6))
                      order by x.id limit 20) end as named_groups,
           case when p.id is not null and p.group_id is null then
               exists (select from actors x
                        where x.id = p.author_id and not are_apart(x.id, $3, $2)
                          and (p.reach in ('open', 'quiet') or x.id = $3 or $3 = any(p.named)
                               or p.reach = 'followers'
                                  and exists (select from follows f
                                               where f.follower_id = $3 and f.followed_id = x.id
                                                 and f.state = 'accepted'))
                          and (x.is_local
                               or exists (select from follows f
                                            join actors y on y.id = f.follower_id and y.is_local
                                           where f.followed_id = x.id and f.state = 'accepted')))
               end as is_answer
      from (values (1)) as once
      left join posts p on p.uri = $4
      left join lateral (
           -- The parent's group; without one, the group that the post is addressed to, ours first.
           select id from actors
            where case when p.group_id is not null then id = p.group_id
                       else uri = any(array_append($5::text[], $7))
                            and type = 'Group' and state = 'active' end
            order by uri is not distinct from $7, not is_local, id limit 1) chosen on true
      left join actors a on a.id = chosen.id
      left join groups g on g.actor_id = a.id
"""


async def find(
    db: Connection,
    *,
    object_uri: str,
    author: Actor,
    in_reply_to: str | None,
    addressed: Sequence[str],
    within: str | None,
    is_public: bool,
    now: datetime,
) -> Found:
    """Look for the place of a post by `author`; `within` is the group to take if nothing else tells one."""
    row = await db.fetchrow(
        _FIND, object_uri, author.uri, author.id, in_reply_to, list(addressed), now, within, is_public
    )
    assert row is not None
    group = actors.read(row["actor"]) if row["actor"] else None
    return Found(
        parent=posts.read(row["parent"]) if row["parent"] else None,
        group=group,
        rules=groups.of_row(group, row["rules"]) if group and row["rules"] else None,
        standing=Standing(
            is_blocked=row["is_blocked"],
            is_member=row["is_member"],
            is_moderator=row["is_moderator"],
            is_locked=row["is_locked"],
        ),
        is_known=row["is_known"],
        is_buried=row["is_buried"],
        is_awaited=row["is_awaited"],
        is_followed=bool(row["is_followed"]),
        named=tuple(row["named"] or ()),
        named_groups=tuple(row["named_groups"] or ()),
        is_answer=bool(row["is_answer"]),
    )


async def standing(
    db: Connection, group: Actor, author: Actor, now: datetime, answered: Post | None = None
) -> Standing:
    """How `author` stands in a group, here or elsewhere, who perhaps answers a post in it."""
    row = await db.fetchrow(
        """
        select exists (select from blocks b
                        where b.blocked_uri = $1
                          and b.target_uri in ($3, split_part($3, '/', 1) || '//'
                                                   || split_part($3, '/', 3) || '/')
                          and (b.ends_at is null or b.ends_at > $5)) as is_blocked,
               coalesce(is_below_lock($6, $7), false) as is_locked,
               exists (select from follows
                        where follower_id = $2 and followed_id = $4 and state = 'accepted') as is_member,
               exists (select from group_moderators
                        where group_id = $4 and actor_id = $2) as is_moderator
        """,
        author.uri,
        author.id,
        group.uri,
        group.id,
        now,
        answered.id if answered else None,
        answered.root_id if answered else None,
    )
    assert row is not None
    return Standing(**row)

"""Everything that policy asks about who sends something, and about the place it is for, in one look.

Asked for each arrival and for each deed of a member, so it is one statement, every part of it answered from
an index, and every count bounded: however long somebody has been here, the look costs the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from fediverse_support.core.identifiers import id_at
from fediverse_support.core.models import PostState
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import Row, reader
from fediverse_support.policy.arrivals import Sender, ThreadOf

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WARNED_FOR = timedelta(days=90)
IS_HERE_FOR = timedelta(minutes=30)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends, and the place. `group` is the name of a group of ours, `group_uri` the id of any group.

    `known`: the state in which we have the post that the arrival is about, None for one that is new here.
    `followers`: the collections of those who follow who sends, and of those in the group;
    `author_followers` is the first of them alone.
    `minute` and `moderator_is_here` as in `Arrival`.
    """

    sender: Sender = Sender()
    group: str = ""
    group_uri: str | None = None
    thread_of: ThreadOf = ""
    known: PostState | None = None
    followers: tuple[str, ...] = ()
    author_followers: str | None = None
    minute: int = -1
    moderator_is_here: bool | None = None


# `(select true …) is not null`, and not `exists`: for that PostgreSQL may read the whole table once, which
# pays only where many rows are asked for, and here it is always one.
_LOOK = """
    select coalesce(a.name || '@' || a.host, '') as handle,
           a.type in ('Service', 'Application') as is_bot,
           coalesce(a.is_local, false) as is_local,
           case when not a.is_local then h.software end as software,
           a.published_at as account_made_at,
           a.created_at as first_seen_at,
           (select count(*) from (
               select from follows f join actors x on x.id = f.follower_id and x.is_local
                where f.followed_id = a.id and f.state = 'accepted' limit 100) t) as followers_here,
           (select count(*) from (
               select from posts where author_id = a.id and state = 'live' limit 100) t) as accepted,
           (select count(*) from (
               select from posts where author_id = a.id and group_id = c.id and state = 'live'
                limit 100) t) as accepted_in_group,
           (select received_at from posts where author_id = a.id and state = 'live'
             order by id limit 1) as first_accepted_at,
           (select true from follows
             where follower_id = a.id and followed_id = c.id and state = 'accepted') is not null as is_member,
           (select true from group_moderators where group_id = c.id and actor_id = a.id) is not null
               or (select true from accounts where actor_id = a.id and role <> 'member') is not null
               as is_moderator,
           (select true from holds
             where actor_uri = $1 and state in ('accepted', 'amended') limit 1) is not null
               or (select true from join_requests
                    where actor_id = a.id and state = 'approved' limit 1) is not null as is_approved,
           (select true from (select uri from posts
                               where author_id = a.id and state in ('hidden', 'deleted')
                               order by id desc limit 100) t
              join deeds d on d.object = t.uri and d.deed = 'hide post' and d.done_at > $6
             where d.by_uri = ''
                or (select true from groups where actor_id = d.group_id) is not null
             limit 1) is not null as is_warned,
           sent.this_hour, sent.today,
           case when g.actor_id is not null then c.name else '' end as "group",
           c.uri as group_uri,
           g.time_zone,
           array_remove(array[a.followers_url, c.followers_url], null) as followers,
           a.followers_url as author_followers,
           o.state as known,
           case when p.id is null then ''
                when r.author_id = a.id then 'own'
                when (select true from group_moderators
                       where group_id = c.id and actor_id = r.author_id) is not null then 'moderator'
                when (select is_local from actors where id = r.author_id) then 'member'
                else 'other' end as thread_of,
           (select true from accounts u join sessions s on s.account_id = u.id and s.seen_at > $7
             where u.role <> 'member' and u.state = 'active' limit 1) is not null
               or (select true from group_moderators m
                     join accounts u on u.actor_id = m.actor_id and u.state = 'active'
                     join sessions s on s.account_id = u.id and s.seen_at > $7
                    where m.group_id = c.id limit 1) is not null as moderator_is_here
      from (select count(*) as today, count(*) filter (where id >= $5) as this_hour
              from (select id from decisions
                     -- What we looked up by ourselves, they have not sent: its activity is the thing itself.
                     where actor_uri = $1 and id >= $4 and activity_uri <> object_uri
                     order by id desc limit 1000) t) sent
      left join actors a on a.uri = $1
      left join hosts h on h.name = split_part($1, '/', 3)
      left join posts o on o.uri = $8
      left join posts p on p.uri = $3
      left join posts r on r.id = p.root_id
      left join lateral (
           -- Where the thing or what it answers is already; else the group addressed, ours first.
           (select id, uri, name, followers_url from actors where id = coalesce(o.group_id, p.group_id))
            union all
           (select id, uri, name, followers_url from actors
             where coalesce(o.group_id, p.group_id) is null
               and uri = any($2::text[]) and type = 'Group' and state = 'active'
             order by not is_local, id limit 1)) c on true
      left join groups g on g.actor_id = c.id
"""

_read_sender = reader(Sender)


async def look(
    db: Connection,
    *,
    uri: str,
    author_uri: str,
    addressed: Sequence[str],
    in_reply_to: str | None,
    now: datetime,
    object_uri: str | None = None,
) -> Surroundings:
    """How `author_uri` (if that is empty: `uri`, who sends) stands here, and where the arrival belongs.

    `addressed` are the ids in to, cc and audience, `in_reply_to` what it answers, `object_uri` the post that
    it is or is about: what is in a group stays judged by that group, whatever a later version addresses.
    One round trip, for people here and elsewhere, known or not.
    """
    row = await db.fetchrow(
        _LOOK,
        author_uri or uri,
        list(addressed),
        in_reply_to,
        id_at(now - DAY),
        id_at(now - HOUR),
        now - WARNED_FOR,
        now - IS_HERE_FOR,
        object_uri,
    )
    assert row is not None
    return Surroundings(
        sender=_sender(row),
        group=row["group"],
        group_uri=row["group_uri"],
        thread_of=row["thread_of"],
        known=row["known"],
        followers=tuple(row["followers"]),
        author_followers=row["author_followers"],
        minute=_minute(row["time_zone"], now),
        moderator_is_here=row["moderator_is_here"],
    )


def _sender(row: Row) -> Sender:
    found = _read_sender(row)
    return msgspec.structs.replace(found, is_bot=bool(found.is_bot), software=found.software or "")


def _minute(time_zone: str | None, now: datetime) -> int:
    """The time of day in a group's zone."""
    if time_zone is None:
        return -1
    local = now.astimezone(ZoneInfo(time_zone))
    return local.hour * 60 + local.minute

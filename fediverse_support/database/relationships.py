"""What two actors are to each other, as the first may know it: one statement for any number of others."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.models import Viewer
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class RelationshipRow(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody stands to `id`. That the other has blocked them is not told: it looks like nothing."""

    id: int
    following: bool
    requested: bool
    showing_boosts: bool
    notifying: bool
    languages: tuple[str, ...]
    followed_by: bool
    requested_by: bool
    blocking: bool
    muting: bool
    muting_notifications: bool
    muting_ends_at: datetime | None
    domain_blocking: bool
    endorsed: bool
    note: str


_read = reader(RelationshipRow)


async def of_viewer(
    db: Connection, viewer: Viewer, others: Sequence[int], now: datetime
) -> list[RelationshipRow]:
    """How `viewer`, who is signed in, stands to each of `others` that there is as far as they may know."""
    rows = await db.fetch(
        """
        select o.id,
               coalesce(f.state = 'accepted', false) as following,
               coalesce(f.state = 'pending', false)
                   or exists (select from join_requests j
                               where j.group_id = o.id and j.actor_id = $1
                                 and j.state in ('waiting', 'asked'))
                   as requested,
               coalesce(f.shows_boosts, false) as showing_boosts,
               coalesce(f.notifies, false) as notifying,
               coalesce(f.languages, '{}') as languages,
               coalesce(r.state = 'accepted', false) as followed_by,
               coalesce(r.state = 'pending', false)
                   or exists (select from join_requests j
                               where j.group_id = $1 and j.actor_id = o.id
                                 and j.state in ('waiting', 'asked'))
                   as requested_by,
               b.id is not null as blocking,
               m.id is not null as muting,
               coalesce(m.hides_notifications, false) as muting_notifications,
               m.ends_at as muting_ends_at,
               not o.is_local and exists (
                   select from personal_domain_blocks d
                    where d.actor_id = $1
                      and right('.' || split_part(split_part(o.uri, '/', 3), ':', 1), length(d.domain) + 1)
                          = '.' || d.domain)
                   as domain_blocking,
               e.id is not null as endorsed,
               coalesce(n.note, '') as note
          from actors o
          left join follows f on f.follower_id = $1 and f.followed_id = o.id
          left join follows r on r.follower_id = o.id and r.followed_id = $1
          left join personal_blocks b on b.actor_id = $1 and b.blocked_id = o.id
          left join personal_mutes m on m.actor_id = $1 and m.muted_id = o.id
                                    and (m.ends_at is null or m.ends_at > $3)
          left join endorsements e on e.actor_id = $1 and e.endorsed_id = o.id
          left join personal_notes n on n.actor_id = $1 and n.about_id = o.id
         where o.id = any($2::bigint[]) and o.state <> 'gone'
           and ($5 or not (o.is_local and o.state = 'suspended'))
           and ($5 or o.id = any($4::bigint[])
                or not exists (select from groups g
                                where g.actor_id = o.id and g.joining = 'invite'
                                  and (g.seeing = 'members' or g.reach in ('members', 'sealed'))))
        """,
        viewer.actor_id,
        list(others),
        now,
        [*viewer.member_of, *viewer.moderates, *viewer.knows],
        viewer.is_staff,
    )
    return all_of(_read, rows)

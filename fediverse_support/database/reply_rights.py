"""The `reply_rights` table: who may answer in our groups as far as policy goes, for what we publish."""

from collections.abc import Mapping

import msgspec

from fediverse_support.core.models import Group
from fediverse_support.database import groups
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader
from fediverse_support.policy.reply_rights import ReplyRights, Right


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides who may answer a post: what the group says, what policy says, whether it is locked."""

    speaking: str
    seeing: str
    is_locked: bool
    outsiders: Right
    members: Right


read = reader(Doors)


async def doors(db: Connection, group_id: int, root_id: int) -> Doors | None:
    """Who may answer in a thread of one of our groups; None for a group of another server."""
    row = await db.fetchrow(
        """
        select g.speaking, g.seeing,
               exists (select from posts where id = $2 and locked_at is not null) as is_locked,
               coalesce(r.outsiders, 'may') as outsiders, coalesce(r.members, 'may') as members
          from groups g left join reply_rights r on r.group_id = g.actor_id
         where g.actor_id = $1
        """,
        group_id,
        root_id,
    )
    return read(row) if row else None


async def outdated(db: Connection, version: int) -> list[Group]:
    """Our groups for which the policy of `version` has not been asked yet."""
    rows = await db.fetch(
        """
        select g.* from our_groups g
          left join reply_rights r on r.group_id = g.id
         where r.version is distinct from $1
        """,
        version,
    )
    return all_of(groups.read, rows)


async def put(db: Connection, version: int, rights: Mapping[int, ReplyRights]) -> None:
    """What the policy of `version` says, by group. Safe to run twice."""
    await db.execute(
        """
        insert into reply_rights (group_id, version, outsiders, members)
        select r.group_id, $1, r.outsiders, r.members
          from unnest($2::bigint[], $3::text[], $4::text[]) as r (group_id, outsiders, members)
            on conflict (group_id) do update
           set version = excluded.version, outsiders = excluded.outsiders, members = excluded.members
        """,
        version,
        list(rights),
        [one.outsiders for one in rights.values()],
        [one.members for one in rights.values()],
    )

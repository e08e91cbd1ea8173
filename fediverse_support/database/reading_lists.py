"""The tables `reading_lists` and `reading_list_members`: lists that people keep of whom they follow.

Whom one does not follow any more is in no list of one's: a foreign key to `follows` sees to that.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

RepliesPolicy = Literal["followed", "list", "none"]


class ReadingList(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `reading_lists`. `exclusive`: whom it has is not in Home as well."""

    id: int
    title: str
    replies_policy: RepliesPolicy
    exclusive: bool


class Member(msgspec.Struct, frozen=True):
    """Somebody in a list, and the number of their place in it, by which its pages go."""

    id: int
    member_id: int


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A group that somebody is in, here or elsewhere, and whether they want it in Home."""

    id: int
    title: str
    in_home: bool


_read = reader(ReadingList)
_read_member = reader(Member)
_read_joined = reader(Joined)


async def of_actor(db: Connection, actor_id: int) -> list[ReadingList]:
    """The lists that somebody keeps, the oldest first."""
    rows = await db.fetch("select * from reading_lists where actor_id = $1 order by id", actor_id)
    return all_of(_read, rows)


async def by_id(db: Connection, actor_id: int, list_id: int) -> ReadingList | None:
    """One of the lists that somebody keeps."""
    row = await db.fetchrow("select * from reading_lists where actor_id = $1 and id = $2", actor_id, list_id)
    return _read(row) if row else None


async def lock(db: Connection, actor_id: int) -> int:
    """Let nobody add a list for this actor until the transaction ends; gives how many there are."""
    await db.execute("select from actors where id = $1 for no key update", actor_id)
    return int(await db.fetchval("select count(*) from reading_lists where actor_id = $1", actor_id))


async def insert(
    db: Connection, actor_id: int, title: str, replies_policy: RepliesPolicy, *, exclusive: bool
) -> ReadingList:
    """Make a list."""
    row = await db.fetchrow(
        """
        insert into reading_lists (actor_id, title, replies_policy, exclusive) values ($1, $2, $3, $4)
        returning *
        """,
        actor_id,
        title,
        replies_policy,
        exclusive,
    )
    assert row is not None
    return _read(row)


async def update(db: Connection, actor_id: int, to: ReadingList) -> None:
    """Change a list. Safe to run twice."""
    await db.execute(
        """
        update reading_lists set title = $3, replies_policy = $4, exclusive = $5
         where actor_id = $1 and id = $2
        """,
        actor_id,
        to.id,
        to.title,
        to.replies_policy,
        to.exclusive,
    )


async def remove(db: Connection, actor_id: int, list_id: int) -> None:
    """Delete a list. Safe to run twice."""
    await db.execute("delete from reading_lists where actor_id = $1 and id = $2", actor_id, list_id)


async def put(db: Connection, actor_id: int, list_id: int, member_ids: Sequence[int]) -> None:
    """Put those of them whom the list's keeper follows into it. Safe to run twice."""
    await db.execute(
        """
        insert into reading_list_members (list_id, owner_id, member_id)
        select l.id, l.actor_id, f.followed_id
          from reading_lists l
          join follows f on f.follower_id = l.actor_id and f.followed_id = any($3::bigint[])
         where l.actor_id = $1 and l.id = $2
            on conflict do nothing
        """,
        actor_id,
        list_id,
        list(member_ids),
    )


async def take(db: Connection, actor_id: int, list_id: int, member_ids: Sequence[int]) -> None:
    """Take some out of a list. Safe to run twice."""
    await db.execute(
        """
        delete from reading_list_members
         where owner_id = $1 and list_id = $2 and member_id = any($3::bigint[])
        """,
        actor_id,
        list_id,
        list(member_ids),
    )


async def followed(db: Connection, actor_id: int, member_ids: Sequence[int]) -> set[int]:
    """Which of these somebody follows, or has asked to."""
    rows = await db.fetch(
        "select followed_id from follows where follower_id = $1 and followed_id = any($2::bigint[])",
        actor_id,
        list(member_ids),
    )
    return {row["followed_id"] for row in rows}


async def number_of_members(db: Connection, list_id: int) -> int:
    """How many a list has."""
    return int(await db.fetchval("select count(*) from reading_list_members where list_id = $1", list_id))


async def members(
    db: Connection, list_id: int, *, below: int, after: int, is_upward: bool, limit: int | None
) -> list[Member]:
    """A page of whom a list has, whoever was put in last first; every one without a `limit`."""
    rows = await db.fetch(
        """
        select * from (
            select id, member_id from reading_list_members
             where list_id = $1 and id < $2 and id > $3
             order by case when $4 then id end, id desc
             limit $5) as page
         order by id desc
        """,
        list_id,
        below,
        after,
        is_upward,
        limit,
    )
    return all_of(_read_member, rows)


async def having(db: Connection, actor_id: int, member_id: int) -> list[ReadingList]:
    """The lists of somebody that have this member."""
    rows = await db.fetch(
        """
        select l.* from reading_lists l join reading_list_members m on m.list_id = l.id
         where l.actor_id = $1 and m.owner_id = $1 and m.member_id = $2 order by l.id
        """,
        actor_id,
        member_id,
    )
    return all_of(_read, rows)


async def groups_of(db: Connection, actor_id: int) -> list[Joined]:
    """The groups that somebody is in, by their titles."""
    rows = await db.fetch(
        """
        select a.id, coalesce(nullif(a.display_name, ''), a.name) as title, f.in_home
          from follows f join actors a on a.id = f.followed_id
         where f.follower_id = $1 and f.state = 'accepted' and a.type = 'Group' and a.state = 'active'
         order by lower(coalesce(nullif(a.display_name, ''), a.name)), a.id
        """,
        actor_id,
    )
    return all_of(_read_joined, rows)


async def group_of(db: Connection, actor_id: int, group_id: int) -> Joined | None:
    """One of the groups that somebody is in."""
    row = await db.fetchrow(
        """
        select a.id, coalesce(nullif(a.display_name, ''), a.name) as title, f.in_home
          from follows f join actors a on a.id = f.followed_id
         where f.follower_id = $1 and f.followed_id = $2 and f.state = 'accepted'
           and a.type = 'Group' and a.state = 'active'
        """,
        actor_id,
        group_id,
    )
    return _read_joined(row) if row else None


async def show_at_home(db: Connection, actor_id: int, followed_id: int, is_shown: bool) -> bool:
    """Say whether somebody wants a group in Home; False if they are not in it. Safe to run twice."""
    status = await db.execute(
        "update follows set in_home = $3 where follower_id = $1 and followed_id = $2",
        actor_id,
        followed_id,
        is_shown,
    )
    return bool(changed(status))


async def leave_home(db: Connection, actor_id: int, member_ids: Sequence[int]) -> None:
    """Take those of them out of Home who are in an exclusive list of this actor. Safe to run twice."""
    await db.execute(
        """
        update follows f set in_home = false
         where f.follower_id = $1 and f.followed_id = any($2::bigint[])
           and exists (select from reading_list_members m join reading_lists l on l.id = m.list_id
                        where m.owner_id = $1 and m.member_id = f.followed_id and l.exclusive)
        """,
        actor_id,
        list(member_ids),
    )


async def come_home(db: Connection, actor_id: int, member_ids: Sequence[int]) -> None:
    """Put those of them back into Home who are in no exclusive list of this actor. Safe to run twice."""
    await db.execute(
        """
        update follows f set in_home = true
         where f.follower_id = $1 and f.followed_id = any($2::bigint[])
           and not exists (select from reading_list_members m join reading_lists l on l.id = m.list_id
                            where m.owner_id = $1 and m.member_id = f.followed_id and l.exclusive)
        """,
        actor_id,
        list(member_ids),
    )

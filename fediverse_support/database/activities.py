"""The `activities` table: what our own actors did, fetchable by id for as long as it stands."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import Viewer
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `activities`: `body` is the JSON exactly as it is sent."""

    id: int
    uri: str
    actor_id: int
    type: str
    object_uri: str
    is_public: bool
    is_listed: bool = False
    body: str
    created_at: datetime
    undone_at: datetime | None


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an outbox: its place in it (`id`, `uri`), the JSON, and when the post was last edited."""

    id: int
    uri: str
    body: str
    edited_at: datetime | None


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An activity that somebody asks for by its id; when the post that it is about was last edited, and
    whether that is for members only."""

    uri: str
    type: str
    is_public: bool
    body: str
    undone_at: datetime | None
    edited_at: datetime | None
    is_for_members: bool


read = reader(Published)
read_fetched = reader(Fetched)
read_listed = reader(Listed)


async def insert(
    db: Connection, *, uri: str, actor_id: int, type: str, object_uri: str, is_public: bool, body: str
) -> int:
    """Store an activity; its number."""
    number = new_id()
    await db.execute(
        """
        insert into activities (id, uri, actor_id, type, object_uri, is_public, body)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        number,
        uri,
        actor_id,
        type,
        object_uri,
        is_public,
        body,
    )
    return number


async def by_uri(db: Connection, uri: str) -> Published | None:
    """The activity with this id."""
    row = await db.fetchrow("select * from activities where uri = $1", uri)
    return read(row) if row else None


async def fetched(db: Connection, viewer: Viewer, uri: str) -> Fetched | None:
    """The activity with this id, unless its actor or what it is about is not for `viewer`.

    One statement that finds a row or none. Of what was undone a guest learns only if it was about something
    public; a moderator's Delete tells why, to whom it concerns and to nobody else; what is addressed to
    certain people, or to everybody, is for the caller to look at.
    """
    row = await db.fetchrow(
        """
        select a.uri, a.type, a.is_public, a.body, a.undone_at, p.edited_at,
               coalesce(p.reach = 'members', false) as is_for_members
          from activities a
          join actors o on o.id = a.actor_id and o.state <> 'suspended'
          left join groups g on g.actor_id = o.id
          left join posts p on p.uri = a.object_uri
         where a.uri = $1 and (o.type <> 'Group' or g.reach <> 'sealed')
           and case
               when p.id is null then true
               when a.undone_at is not null then p.reach in ('open', 'quiet')
               when a.type = 'Undo' or a.type = 'Delete' and a.actor_id = p.author_id then
                    p.reach in ('open', 'quiet') or p.reach = 'members' and p.group_id = any ($3)
               when a.type = 'Delete' then false
               else p.state = 'live'
                    and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
               end
        """,
        uri,
        *viewer.sight,
    )
    return read_fetched(row) if row else None


async def standing(db: Connection, actor_id: int, type: str, object_uris: Sequence[str]) -> list[Published]:
    """Activities of one kind about these objects that were not undone, the newest first."""
    rows = await db.fetch(
        """
        select * from activities
         where object_uri = any($3::text[]) and actor_id = $1 and type = $2 and undone_at is null
         order by id desc
        """,
        actor_id,
        type,
        list(object_uris),
    )
    return all_of(read, rows)


async def mark_undone(db: Connection, activity_id: int, now: datetime) -> None:
    """An activity does not stand any more. Safe to run twice."""
    await db.execute(
        "update activities set undone_at = coalesce(undone_at, $2) where id = $1", activity_id, now
    )


async def stand_again(db: Connection, actor_id: int, object_uri: str) -> None:
    """What an actor passed on about an object stands again, but for its boost: that was undone elsewhere."""
    await db.execute(
        """
        update activities set undone_at = null
         where object_uri = $2 and actor_id = $1 and type = 'Announce' and not is_public
        """,
        actor_id,
        object_uri,
    )


async def list_without_boost(db: Connection, actor_id: int, object_uri: str) -> None:
    """What was first passed on about an object stands in the outbox by itself. Safe to run twice."""
    await db.execute(
        """
        update activities set is_listed = true
         where id = (select min(id) from activities
                      where actor_id = $1 and object_uri = $2 and type = 'Announce' and undone_at is null)
        """,
        actor_id,
        object_uri,
    )


async def withdraw_about(db: Connection, object_uri: str, now: datetime) -> None:
    """What was deleted is not served any more inside the activities that carried it."""
    await db.execute(
        """
        update activities set undone_at = coalesce(undone_at, $2)
         where object_uri = $1 and type in ('Create', 'Update', 'Announce')
        """,
        object_uri,
        now,
    )


async def outbox_of(
    db: Connection, viewer: Viewer, actor_id: int, before: int | None, limit: int
) -> list[Listed]:
    """What an actor has published and `viewer` may still see, the newest first, before the number `before`.

    A boost stands here as the Announce of the whole activity that went out beside it: those who read the
    outbox of a group (Lemmy, PieFed) want that, and those who want the boost do not read it.
    """
    rows = await db.fetch(
        """
        select a.id, a.uri, coalesce(w.body, a.body) as body, p.edited_at
          from activities a
          join posts p on p.uri = a.object_uri
          left join lateral (
               select body from activities w
                where w.object_uri = a.object_uri and w.actor_id = a.actor_id and w.type = 'Announce'
                  and a.type = 'Announce' and a.is_public and not w.is_public and w.undone_at is null
                order by w.id limit 1) w on true
         where a.actor_id = $1 and (a.is_public or a.is_listed) and a.undone_at is null
           and a.type in ('Create', 'Announce')
           and a.id < $8
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
           and is_on_show(p.reach, p.group_id, $2, $3)
         order by a.id desc limit $9
        """,
        actor_id,
        *viewer.sight,
        before or 2**63 - 1,
        limit,
    )
    return all_of(read_listed, rows)


async def outbox_total(db: Connection, viewer: Viewer, actor_id: int, most: int = 10_000) -> int:
    """How many activities `outbox_of` would show in all; `most` bounds what a stranger's question costs."""
    return int(
        await db.fetchval(
            """
            select count(*) from (
                select from activities a
                  join posts p on p.uri = a.object_uri
                 where a.actor_id = $1 and (a.is_public or a.is_listed) and a.undone_at is null
                   and a.type in ('Create', 'Announce')
                   and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
                   and is_on_show(p.reach, p.group_id, $2, $3)
                 limit $8) as shown
            """,
            actor_id,
            *viewer.sight,
            most,
        )
    )

"""Conversations: the direct posts of one thread among the same people, worked out whenever they are read.

Nothing is kept of them but how far somebody has read (`conversation_marks`), so that what is deleted, hidden
or moved below what it answers is right by itself. A conversation has the number of its first post.
"""

import msgspec

from fediverse_support.core.models import Viewer
from fediverse_support.database import client_statuses
from fediverse_support.database.client_statuses import Page
from fediverse_support.database.pool import Connection


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """Who talks (`people`, with the viewer), the last of it that the viewer sees, and whether that is new."""

    id: int
    last_id: int
    people: tuple[int, ...]
    is_unread: bool


_TALKS = """
with said as (
    select p.id, p.root_id, p.author_id,
           array(select distinct n from unnest(p.named || p.author_id) as n order by n) as people,
           may_see(p.state, p.reach, p.group_id, p.author_id, p.named, $1, $2, $3, $4, $5, $6)
               and not is_shunned($1, p.author_id, true) as is_seen
      from posts p
     -- What nobody typed are receipts (`community/people/receipts.py`): for who gets them, not for the group.
     where p.reach = 'direct'
       and (p.author_id = $1 and p.source is not null or p.named @> array[$1]::bigint[])
), threads as (
    select min(s.id) as id, s.people, max(s.id) filter (where s.is_seen) as last_id
      from said s group by s.root_id, s.people
), talks as materialized (
    select t.id, t.last_id, t.people,
           s.author_id <> $1 and t.last_id > coalesce(m.read_until, 0) as is_unread
      from threads t
      join said s on s.id = t.last_id
      left join conversation_marks m on m.actor_id = $1 and m.conversation_id = t.id
     where t.last_id > coalesce(m.hidden_until, 0)
       and t.last_id < $7 and t.last_id > $8 and ($9::bigint is null or t.id = $9)
"""
_ENTRIES = """
), entries as (select t.last_id as id, t.last_id as post_id, null::bigint as boost_id from talks t)
"""
_PEOPLE = " union select unnest(t.people) from talks t"
_COLUMNS = "(select json_agg(t order by t.last_id desc)::text from talks t) as talks,"


def _statement(order: str) -> str:
    choice = "".join((_TALKS, " order by t.last_id ", order, " limit $10", _ENTRIES))
    return client_statuses.page_of(choice, people=_PEOPLE, columns=_COLUMNS)


_NEWEST_FIRST = _statement("desc")
_FROM_BELOW = _statement("asc")
_decode = msgspec.json.Decoder(tuple[Conversation, ...]).decode
_LARGEST = 2**63 - 1


async def page(
    db: Connection, viewer: Viewer, *, max_id: int, after: int, limit: int, is_upward: bool
) -> tuple[tuple[Conversation, ...], Page]:
    """The viewer's conversations by what was last said in them, newest first, with those posts and people."""
    statement = _FROM_BELOW if is_upward else _NEWEST_FIRST
    row = await db.fetchrow(statement, *viewer.sight, max_id, after, None, limit)
    assert row is not None
    return _decode(row["talks"]) if row["talks"] else (), client_statuses.read(row)


async def one(db: Connection, viewer: Viewer, conversation_id: int) -> tuple[Conversation | None, Page]:
    """One of the viewer's conversations."""
    row = await db.fetchrow(_NEWEST_FIRST, *viewer.sight, _LARGEST, 0, conversation_id, 1)
    assert row is not None
    found = _decode(row["talks"]) if row["talks"] else ()
    return (found[0] if found else None), client_statuses.read(row)


async def with_post(db: Connection, viewer: Viewer, post_id: int) -> tuple[Conversation | None, Page]:
    """The viewer's conversation in which this was said last."""
    row = await db.fetchrow(_NEWEST_FIRST, *viewer.sight, post_id + 1, post_id - 1, None, 1)
    assert row is not None
    found = _decode(row["talks"]) if row["talks"] else ()
    return (found[0] if found else None), client_statuses.read(row)


async def mark_read(db: Connection, actor_id: int, conversation_id: int, until: int) -> None:
    """Keep that an actor has read a conversation up to a post. Safe to run twice."""
    await db.execute(
        """
        insert into conversation_marks (actor_id, conversation_id, read_until) values ($1, $2, $3)
            on conflict (actor_id, conversation_id) do update set read_until = excluded.read_until
        """,
        actor_id,
        conversation_id,
        until,
    )


async def put_away(db: Connection, actor_id: int, conversation_id: int, until: int) -> None:
    """Show a conversation no more until something is said after this post. Safe to run twice."""
    await db.execute(
        """
        insert into conversation_marks (actor_id, conversation_id, read_until, hidden_until)
        values ($1, $2, $3, $3)
            on conflict (actor_id, conversation_id) do update
           set read_until = excluded.read_until, hidden_until = excluded.hidden_until
        """,
        actor_id,
        conversation_id,
        until,
    )

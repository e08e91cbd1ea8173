"""The table `join_requests`: who would like to join a group, and what was decided.

Somebody has at most one open request for a group. It ends with the follow that it is about
(`database/follows.py`): accepted, it is approved; taken away, it is withdrawn, unless it was decided before.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, join_messages
from fediverse_support.database.join_messages import Message
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import Row, changed, reader

State = Literal["waiting", "asked", "approved", "declined", "withdrawn", "removed"]
Decision = Literal["approved", "declined", "withdrawn"]


class Answer(msgspec.Struct, frozen=True):
    """One question as it was asked, and what was answered. An empty question: words that nobody asked for."""

    question: str
    answer: str


class JoinRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `join_requests`."""

    id: int
    group_id: int
    actor_id: int
    state: State
    answers: tuple[Answer, ...]
    rules_version: int | None
    note: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: int | None
    emptied_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether nothing was decided yet."""
        return self.state in ("waiting", "asked")


class Asker(msgspec.Struct, frozen=True):
    """A request, who asks, and what was said about it."""

    request: JoinRequest
    actor: Actor
    messages: tuple[Message, ...] = ()


_columns = reader(JoinRequest)
_of_asker = reader(JoinRequest, "r_")

_WITH_ACTOR = """
    select a.*, r.id as r_id, r.group_id as r_group_id, r.actor_id as r_actor_id, r.state as r_state,
           r.answers as r_answers, r.rules_version as r_rules_version, r.note as r_note,
           r.created_at as r_created_at, r.decided_at as r_decided_at, r.decided_by as r_decided_by,
           r.emptied_at as r_emptied_at
      from join_requests r
      join actors a on a.id = r.actor_id
"""


def _read(row: Row) -> JoinRequest:
    return _with_answers(_columns(row))


def _with_answers(request: JoinRequest) -> JoinRequest:
    return msgspec.structs.replace(request, answers=msgspec.convert(request.answers, tuple[Answer, ...]))


async def put(
    db: Connection,
    group_id: int,
    actor_id: int,
    now: datetime,
    *,
    answers: Sequence[Answer] = (),
    rules_version: int | None = None,
) -> None:
    """Store that somebody asks; the request that they have open already stays as it is. Safe to run twice."""
    await db.execute(
        """
        insert into join_requests (id, group_id, actor_id, answers, rules_version, created_at)
        values ($1, $2, $3, $4, $5, $6)
            on conflict (group_id, actor_id) where state in ('waiting', 'asked') do nothing
        """,
        new_id(),
        group_id,
        actor_id,
        list(answers),
        rules_version,
        now,
    )


async def put_removal(
    db: Connection, group_id: int, actor_id: int, by: int | None, note: str, now: datetime
) -> None:
    """Store that who looks after the group ended a membership, and why."""
    await db.execute(
        """
        insert into join_requests (id, group_id, actor_id, state, note, created_at, decided_at, decided_by)
        values ($1, $2, $3, 'removed', $4, $5, $5, $6)
        """,
        new_id(),
        group_id,
        actor_id,
        note,
        now,
        by,
    )


async def room(db: Connection, group_id: int, host: str) -> tuple[int, int]:
    """How many wait for a group: all of them, and those of one host."""
    (row,) = await db.fetch(
        """
        select count(*) as everybody, count(*) filter (where a.host = $2) as neighbours
          from join_requests r join actors a on a.id = r.actor_id
         where r.group_id = $1 and r.state in ('waiting', 'asked')
        """,
        group_id,
        host,
    )
    return row["everybody"], row["neighbours"]


async def of_group(db: Connection, group_id: int, request_id: int) -> Asker | None:
    """One request of this group, held until the transaction ends; none for another group's."""
    row = await db.fetchrow(
        _WITH_ACTOR + " where r.group_id = $1 and r.id = $2 for update of r", group_id, request_id
    )
    return _asker(row) if row else None


async def open_of(db: Connection, group_id: int, actor_id: int) -> JoinRequest | None:
    """The request that waits of somebody, held until the transaction ends."""
    row = await db.fetchrow(
        """
        select * from join_requests
         where group_id = $1 and actor_id = $2 and state in ('waiting', 'asked') for update
        """,
        group_id,
        actor_id,
    )
    return _read(row) if row else None


async def latest_of(db: Connection, group_id: int, actor_id: int) -> JoinRequest | None:
    """What somebody asked last, or how their membership ended."""
    row = await db.fetchrow(
        "select * from join_requests where group_id = $1 and actor_id = $2 order by id desc limit 1",
        group_id,
        actor_id,
    )
    return _read(row) if row else None


async def waiting(db: Connection, group_id: int, after: int, limit: int) -> list[Asker]:
    """The open requests after number `after`, the longest waiting first, with their messages."""
    rows = await db.fetch(
        _WITH_ACTOR
        + """
         where r.group_id = $1 and r.id > $2 and r.state in ('waiting', 'asked') and a.state = 'active'
         order by r.id limit $3
        """,
        group_id,
        after,
        limit,
    )
    return await _with_messages(db, [_asker(row) for row in rows])


async def decided(db: Connection, group_id: int, since: datetime, limit: int) -> list[Asker]:
    """What was decided since then by who looks after the group, the latest first; without messages."""
    rows = await db.fetch(
        _WITH_ACTOR
        + """
         where r.group_id = $1 and r.state in ('approved', 'declined', 'removed') and r.decided_at > $2
           and a.state = 'active'
         order by r.decided_at desc, r.id desc limit $3
        """,
        group_id,
        since,
        limit,
    )
    return [_asker(row) for row in rows]


async def open_by(db: Connection, actor_id: int) -> list[tuple[Actor, State]]:
    """Where somebody waits to be let in: the group, and whether its moderators have asked something."""
    rows = await db.fetch(
        """
        select a.*, r.state as request_state
          from join_requests r
          join actors a on a.id = r.group_id
         where r.actor_id = $1 and r.state in ('waiting', 'asked') and a.state = 'active'
         order by r.id desc limit 50
        """,
        actor_id,
    )
    return [(actors.read(row), row["request_state"]) for row in rows]


async def count_waiting(db: Connection, group_id: int) -> int:
    """How many wait; for who looks after the group."""
    return int(
        await db.fetchval(
            """
            select count(*) from join_requests r join actors a on a.id = r.actor_id
             where r.group_id = $1 and r.state in ('waiting', 'asked') and a.state = 'active'
            """,
            group_id,
        )
    )


async def decide(
    db: Connection, request_id: int, decision: Decision, by: int | None, note: str, now: datetime
) -> bool:
    """Decide on an open request; False if it is not open any more. Of two at once, one is True."""
    return bool(
        changed(
            await db.execute(
                """
                update join_requests set state = $2, decided_by = $3, note = $4, decided_at = $5
                 where id = $1 and state in ('waiting', 'asked')
                """,
                request_id,
                decision,
                by,
                note,
                now,
            )
        )
    )


async def set_asked(db: Connection, request_id: int, is_asked: bool) -> bool:
    """Whether the moderators wait for an answer; False if the request is not open any more."""
    return bool(
        changed(
            await db.execute(
                """
                update join_requests set state = case when $2 then 'asked' else 'waiting' end
                 where id = $1 and state in ('waiting', 'asked')
                """,
                request_id,
                is_asked,
            )
        )
    )


async def reopen(db: Connection, request_id: int) -> bool:
    """Take back that a request was declined; False if it was not, or its answers are gone by now."""
    return bool(
        changed(
            await db.execute(
                """
                update join_requests r set state = 'waiting', note = '', decided_at = null, decided_by = null
                 where id = $1 and state = 'declined' and emptied_at is null
                   and not exists (select from join_requests other
                                    where other.group_id = r.group_id and other.actor_id = r.actor_id
                                      and other.state in ('waiting', 'asked'))
                """,
                request_id,
            )
        )
    )


async def was_turned_away(db: Connection, group_id: int, actor_id: int, since: datetime) -> bool:
    """Whether the moderators have declined or removed somebody since then."""
    return bool(
        await db.fetchval(
            """
            select exists (select from join_requests
                            where group_id = $1 and actor_id = $2 and state in ('declined', 'removed')
                              and decided_at >= $3)
            """,
            group_id,
            actor_id,
            since,
        )
    )


async def asked_in(db: Connection, uri: str, actor_id: int) -> JoinRequest | None:
    """The request of this actor about which the Note `uri` asked, whatever became of it."""
    row = await db.fetchrow(
        """
        select r.* from join_request_messages m join join_requests r on r.id = m.request_id
         where m.uri = $1 and m.from_team and r.actor_id = $2
        """,
        uri,
        actor_id,
    )
    return _read(row) if row else None


async def of_actor(db: Connection, actor_id: int) -> list[int]:
    """The numbers of everything that somebody has asked."""
    rows = await db.fetch("select id from join_requests where actor_id = $1", actor_id)
    return [row["id"] for row in rows]


async def to_empty(db: Connection, before: datetime, limit: int) -> list[int]:
    """Requests that were decided before then and whose words are still here; held."""
    rows = await db.fetch(
        """
        select id from join_requests
         where decided_at < $1 and emptied_at is null
         order by decided_at limit $2 for update skip locked
        """,
        before,
        limit,
    )
    return [row["id"] for row in rows]


async def empty(db: Connection, request_ids: Sequence[int], before: datetime, now: datetime) -> None:
    """Delete the words of these requests: answers, note and messages, and the letters that carried them.

    A letter to another server is an activity of the group, or of who answered a group elsewhere
    (`community/joining/letters.py`); so is the Reject with the note as its summary. Those from before
    `before` go. A request that was withdrawn goes whole. Safe to run twice.
    """
    await db.execute(
        """
        with chosen as (
            select r.id, r.group_id, r.actor_id, a.uri from join_requests r join actors a on a.id = r.actor_id
             where r.id = any($1::bigint[])
        ), messages as (
            delete from join_request_messages where request_id in (select id from chosen) returning uri
        ), letters as (
            delete from activities v using chosen c
             where v.actor_id in (c.group_id, c.actor_id) and not v.is_public and v.created_at < $2
               and (v.type = 'Reject' and v.object_uri = c.uri
                    or v.type = 'Create' and v.object_uri in (select uri from messages))
        )
        update join_requests set answers = '[]', note = '', emptied_at = $3 where id = any($1::bigint[])
        """,
        list(request_ids),
        before,
        now,
    )
    await db.execute(
        "delete from join_requests where id = any($1::bigint[]) and state = 'withdrawn'", list(request_ids)
    )


def _asker(row: Row) -> Asker:
    return Asker(_with_answers(_of_asker(row)), actors.read(row))


async def _with_messages(db: Connection, found: Sequence[Asker]) -> list[Asker]:
    said = await join_messages.of(db, [asker.request.id for asker in found])
    return [
        msgspec.structs.replace(
            asker, messages=tuple(line for line in said if line.request_id == asker.request.id)
        )
        for asker in found
    ]

"""The table `join_request_messages`: what who looks after a group asked back, and what was answered."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A question back, or its answer."""

    id: int
    request_id: int
    from_team: bool
    author_id: int | None
    text: str
    uri: str | None
    created_at: datetime


_read = reader(Message)


async def add(
    db: Connection,
    request_id: int,
    text: str,
    now: datetime,
    *,
    from_team: bool,
    author_id: int | None,
    uri: str | None = None,
) -> None:
    """Add a question or an answer; under the same `uri` again its author has changed it."""
    await db.execute(
        """
        insert into join_request_messages as known
               (id, request_id, from_team, author_id, text, uri, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (uri) do update set text = excluded.text
         where known.author_id = excluded.author_id and known.request_id = excluded.request_id
        """,
        new_id(),
        request_id,
        from_team,
        author_id,
        text,
        uri,
        now,
    )


async def of(db: Connection, request_ids: Sequence[int]) -> list[Message]:
    """What was said about these requests, in order."""
    rows = await db.fetch(
        "select * from join_request_messages where request_id = any($1::bigint[]) order by request_id, id",
        list(request_ids),
    )
    return all_of(_read, rows)


async def delete(db: Connection, uri: str, author_id: int) -> bool:
    """Somebody takes back an answer; False if it is not theirs or not there. Safe to run twice."""
    return bool(
        changed(
            await db.execute(
                "delete from join_request_messages where uri = $1 and author_id = $2 and not from_team",
                uri,
                author_id,
            )
        )
    )

"""The `member_notices` table: what a member is told in plain words about something that concerns them.

A notice keeps names, days and numbers, never texts: the words are put together when it is shown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

AT_ONCE = 20


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `member_notices` that has not been put away."""

    id: int
    kind: str
    data: dict[str, Any]
    made_at: datetime


class Told(msgspec.Struct, frozen=True):
    """What one member is to be told. A notice of the same `data["about"]` that is still open is replaced."""

    account_id: int
    kind: str
    data: Mapping[str, Any]


read = reader(Notice)


async def tell(db: Connection, notices: Sequence[Told], now: datetime) -> None:
    """Put these before their members, in place of what they were told of the same matter before."""
    if not notices:
        return
    await db.execute(
        """
        update member_notices n set read_at = $3
          from unnest($1::bigint[], $2::text[]) as t (account_id, about)
         where n.account_id = t.account_id and n.data ->> 'about' = t.about and n.read_at is null
        """,
        [told.account_id for told in notices],
        [told.data.get("about", "") for told in notices],
        now,
    )
    await db.executemany(
        "insert into member_notices (id, account_id, kind, data, made_at) values ($1, $2, $3, $4, $5)",
        [(new_id(), told.account_id, told.kind, dict(told.data), now) for told in notices],
    )


async def open_of(db: Connection, account_id: int) -> list[Notice]:
    """What a member has not put away, the newest first."""
    rows = await db.fetch(
        """
        select * from member_notices where account_id = $1 and read_at is null
         order by id desc limit $2
        """,
        account_id,
        AT_ONCE,
    )
    return all_of(read, rows)


async def of_member(db: Connection, account_id: int, notice_id: int) -> Notice | None:
    """One open notice of a member; None for somebody else's."""
    row = await db.fetchrow(
        "select * from member_notices where id = $1 and account_id = $2 and read_at is null",
        notice_id,
        account_id,
    )
    return read(row) if row else None


async def put_away(db: Connection, account_id: int, notice_id: int, now: datetime) -> bool:
    """A member has read it; False for what is not open, or somebody else's. Safe to run twice."""
    return bool(
        changed(
            await db.execute(
                """
                update member_notices set read_at = $3
                 where id = $2 and account_id = $1 and read_at is null
                """,
                account_id,
                notice_id,
                now,
            )
        )
    )


async def forget_read(db: Connection, before: datetime) -> None:
    """Forget what was put away before then: it has names in it. Safe to run twice."""
    await db.execute("delete from member_notices where read_at < $1", before)

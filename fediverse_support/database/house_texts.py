"""The table `community_texts`: how data is treated, and the terms with every version that there was."""

from datetime import UTC, date, datetime, time
from typing import Literal

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

Kind = Literal["privacy", "terms"]


class HouseText(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a text, in Markdown and in sanitised HTML, and from which day it holds."""

    kind: Kind
    effective_on: date
    source: str
    html: str
    updated_at: datetime

    @property
    def begins_at(self) -> datetime:
        """When that day begins."""
        return datetime.combine(self.effective_on, time.min, UTC)


_read = reader(HouseText)


async def versions(db: Connection, kind: Kind) -> list[HouseText]:
    """Every version, the one that holds last first."""
    rows = await db.fetch("select * from community_texts where kind = $1 order by effective_on desc", kind)
    return all_of(_read, rows)


async def put(
    db: Connection, kind: Kind, effective_on: date, *, source: str, html: str, now: datetime
) -> None:
    """Keep a text that holds from a day on; another one for the same day is replaced. Safe to run twice."""
    await db.execute(
        """
        insert into community_texts (kind, effective_on, source, html, updated_at)
        values ($1, $2, $3, $4, $5)
            on conflict (kind, effective_on) do update
           set source = excluded.source, html = excluded.html, updated_at = excluded.updated_at
        """,
        kind,
        effective_on,
        source,
        html,
        now,
    )


async def remove(db: Connection, kind: Kind, effective_on: date | None = None) -> bool:
    """Forget the version of a day, or all of them; False if there was none. Safe to run twice."""
    status = await db.execute(
        "delete from community_texts where kind = $1 and ($2::date is null or effective_on = $2)",
        kind,
        effective_on,
    )
    return bool(changed(status))

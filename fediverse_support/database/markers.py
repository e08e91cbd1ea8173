"""The `markers` table: how far somebody has read a timeline, for all their devices."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader

TIMELINES = ("home", "notifications")


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `markers`; `version` counts its changes."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: datetime


read = reader(Marker)


async def of(db: Connection, actor_id: int, timelines: Sequence[str]) -> list[Marker]:
    """How far an actor has read these timelines."""
    rows = await db.fetch(
        "select * from markers where actor_id = $1 and timeline = any($2::text[]) order by timeline",
        actor_id,
        list(timelines),
    )
    return all_of(read, rows)


async def put(db: Connection, actor_id: int, read_until: Mapping[str, int], now: datetime) -> list[Marker]:
    """Keep how far an actor has read, forwards or back. Two devices at once: each waits for the other, and
    the last word counts. Safe to run twice."""
    rows = await db.fetch(
        """
        insert into markers as m (actor_id, timeline, last_read_id, updated_at)
        select $1, t.timeline, t.last_read_id, $4
          from unnest($2::text[], $3::bigint[]) as t (timeline, last_read_id) order by t.timeline
            on conflict (actor_id, timeline) do update
           set last_read_id = excluded.last_read_id, version = m.version + 1, updated_at = excluded.updated_at
        returning *
        """,
        actor_id,
        list(read_until),
        list(read_until.values()),
        now,
    )
    return all_of(read, rows)

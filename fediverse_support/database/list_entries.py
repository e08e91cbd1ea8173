"""`list_entries`: what lists say about domains, as far as it counts."""

from collections.abc import Collection
from datetime import datetime

from fediverse_support.database.pool import Connection
from fediverse_support.policy.lists.rows import Listed


async def read(db: Connection, list_id: int) -> tuple[dict[str, Listed], frozenset[str]]:
    """What a list says, and which of it is kept although the list says it no longer."""
    rows = await db.fetch(
        """
        select domain, level, no_media, no_reports, public_reason, retracted_at is not null as is_kept
          from list_entries where list_id = $1
        """,
        list_id,
    )
    found = {
        row["domain"]: Listed(
            domain=row["domain"],
            level=row["level"],
            no_media=row["no_media"],
            no_reports=row["no_reports"],
            public_reason=row["public_reason"],
        )
        for row in rows
    }
    return found, frozenset(row["domain"] for row in rows if row["is_kept"])


async def store(db: Connection, list_id: int, listed: Collection[Listed]) -> None:
    """Let a list say this about these domains. Safe to run twice."""
    await db.execute(
        """
        insert into list_entries (list_id, domain, level, no_media, no_reports, public_reason)
        select $1, e.* from unnest($2::text[], $3::text[], $4::boolean[], $5::boolean[], $6::text[]) as e
            on conflict (list_id, domain) do update
           set level = excluded.level, no_media = excluded.no_media, no_reports = excluded.no_reports,
               public_reason = excluded.public_reason, retracted_at = null
        """,
        list_id,
        [one.domain for one in listed],
        [one.level for one in listed],
        [one.no_media for one in listed],
        [one.no_reports for one in listed],
        [one.public_reason for one in listed],
    )


async def drop(db: Connection, list_id: int, domains: Collection[str]) -> None:
    """Let a list say nothing about these domains any more. Safe to run twice."""
    await db.execute(
        "delete from list_entries where list_id = $1 and domain = any($2::text[])", list_id, list(domains)
    )


async def keep(db: Connection, list_id: int, domains: Collection[str], now: datetime) -> None:
    """Keep what a list said about these domains although it has taken that back. Safe to run twice."""
    await db.execute(
        """
        update list_entries set retracted_at = $3
         where list_id = $1 and domain = any($2::text[]) and retracted_at is null
        """,
        list_id,
        list(domains),
        now,
    )

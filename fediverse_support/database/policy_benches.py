"""What the workbench asks beside drafts, tries and versions."""

from collections.abc import Sequence

import msgspec

from fediverse_support.core.identifiers import id_at
from fediverse_support.database.decisions import Decided, Wanted
from fediverse_support.database.decisions import read as read_decided
from fediverse_support.database.policy_versions import Version, read
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader
from fediverse_support.policy.document import Document


class Became(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what was decided about; None for what there is not."""

    post_id: int | None
    public_id: str | None
    post_state: str | None
    hold_id: int | None
    hold_state: str | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A post that is here."""

    id: int
    public_id: str
    state: str


_read_became = reader(Became)
_read_found = reader(Found)


async def is_tried(db: Connection, account_id: int, scope: str, document: Document) -> bool:
    """Whether this person has tried exactly this draft to its end."""
    query = """
        select exists (select from policy_tries
                        where account_id = $1 and scope = $2 and body = $3 and state = 'done')
    """
    body = msgspec.json.encode(document, order="deterministic").decode()
    return bool(await db.fetchval(query, account_id, scope, body))


async def history(db: Connection, scope: str | None, before: int | None, limit: int) -> list[Version]:
    """The versions before the one with this number (None: all), the newest first; of one scope or of all."""
    rows = await db.fetch(
        """
        select v.version, v.made_at, p.name as by, v.why, v.kind, v.scope, v.undoes, v.document
          from policy_versions v
          left join accounts a on a.id = v.made_by
          left join actors p on p.id = a.actor_id
         where ($1::text is null or v.scope = $1) and ($2::integer is null or v.version < $2)
         order by v.version desc limit $3
        """,
        scope,
        before,
        limit,
    )
    return all_of(read, rows)


async def taken_back(db: Connection, scope: str | None) -> set[int]:
    """The versions that were taken back; `scope`: only those of the instance, or of a group."""
    rows = await db.fetch(
        "select undoes from policy_versions where undoes is not null and ($1::text is null or scope = $1)",
        scope,
    )
    return {row["undoes"] for row in rows}


async def became(db: Connection, decided: Decided) -> Became:
    """The post that a decision was about, if it is here, and what waits or waited because of the decision."""
    row = await db.fetchrow(
        """
        select p.id as post_id, p.public_id, p.state as post_state, h.id as hold_id, h.state as hold_state
          from (select 1) one
          left join posts p on p.uri = $2 and $2 <> ''
          left join lateral (
              select id, state from holds where actor_uri = $3 and decision_id = $1 limit 1) h on true
        """,
        decided.id,
        decided.object_uri,
        decided.actor_uri,
    )
    assert row is not None
    return _read_became(row)


async def posts_here(db: Connection, uris: Sequence[str]) -> dict[str, Found]:
    """Which of these posts are here and not deleted, by their id on the wire."""
    rows = await db.fetch(
        "select uri, id, public_id, state from posts where uri = any($1) and state <> 'deleted'", list(uris)
    )
    return {row["uri"]: _read_found(row) for row in rows}


async def newer(db: Connection, wanted: Wanted, after: int) -> list[Decided]:
    """The page of decisions just after the one with this number, the newest first; see `traffic`."""
    rows = await db.fetch(
        """
        select * from (
            select * from decisions
             where ($1 = '' or host = $1) and ($2 = '' or outcome = $2) and ($3 = '' or activity_type = $3)
               and ($4 = '' or group_name = $4) and ($5 = '' or $5 = any(rules))
               and ($6 = '' or actor_uri = $6) and ($7::bigint is null or id >= $7) and id > $8
             order by id limit $9) page
         order by id desc
        """,
        wanted.host,
        wanted.outcome,
        wanted.kind,
        wanted.group,
        wanted.rule,
        wanted.actor,
        id_at(wanted.since) if wanted.since is not None else None,
        after,
        wanted.limit,
    )
    return all_of(read_decided, rows)

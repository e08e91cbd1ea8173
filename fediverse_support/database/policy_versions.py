"""`policy_versions`, `policy_documents` and `policy_changes`: what was decided when, by whom and why.

A version names the document in force (the rules and word lists; many versions share one) and lists what it
changed beside it: domains, excludes, lists. Only ever added to.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader
from fediverse_support.policy.document import INSTANCE, Document

Kind = Literal["change", "undo", "list", "expiry"]
ChangeKind = Literal["domain", "exclude", "list"]
CHANNEL = "policy"
"""What those listen to who hold the policy compiled. It only wakes them: they look every second anyway."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `policy_versions`. `by` is None for what the command line or no person did."""

    version: int
    made_at: datetime
    by: str | None
    why: str
    kind: Kind
    scope: str
    undoes: int | None
    document: str | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `policy_changes`: None before is new, None after is taken away."""

    kind: ChangeKind
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


read = reader(Version)
read_change = reader(Change)


async def latest(db: Connection) -> int:
    """The number of the version in force."""
    return int(await db.fetchval("select max(version) from policy_versions"))


async def hold_still(db: Connection) -> None:
    """Wait until nobody else changes the policy, and let nobody until the end of the transaction."""
    await db.execute("select pg_advisory_xact_lock(hashtext('policy'))")


async def begin(
    db: Connection,
    *,
    by: int | None,
    why: str,
    kind: Kind = "change",
    scope: str = INSTANCE,
    document: Document | None = None,
    undoes: int | None = None,
) -> int:
    """Record a new version and wake those who hold the policy compiled; its number.

    `document` None: as it was. The caller opened the transaction; two that begin at once wait for each other.
    """
    await hold_still(db)
    digest = await _keep(db, document) if document is not None else None
    number = int(
        await db.fetchval(
            """
            insert into policy_versions (version, made_by, why, kind, scope, undoes, document)
            select v.version + 1, $1, left($2, 5000), $3, $4, $5, coalesce($6, v.document)
              from policy_versions v order by v.version desc limit 1
            returning version
            """,
            by,
            why,
            kind,
            scope,
            undoes,
            digest,
        )
    )
    await db.execute("select pg_notify('policy', $1)", str(number))
    return number


async def note(
    db: Connection,
    version: int,
    kind: ChangeKind,
    changed: Mapping[str, tuple[dict[str, Any] | None, dict[str, Any] | None]],
) -> None:
    """Record what a version changed beside the document: before and after, by domain or list name."""
    await db.executemany(
        """
        insert into policy_changes (version, kind, key, before, after) values ($1, $2, $3, $4, $5)
            on conflict (version, kind, key) do update set after = excluded.after
        """,
        [(version, kind, key, before, after) for key, (before, after) in changed.items()],
    )


async def changes(db: Connection, version: int) -> list[Change]:
    """What a version changed beside the document, by key."""
    rows = await db.fetch("select * from policy_changes where version = $1 order by kind, key", version)
    return all_of(read_change, rows)


async def changes_since(db: Connection, version: int) -> list[Change]:
    """What later versions changed beside the document: as it was at that version, and as it is now."""
    rows = await db.fetch(
        """
        select kind, key,
               (array_agg(before order by version))[1] as before,
               (array_agg(after order by version desc))[1] as after
          from policy_changes where version > $1
         group by kind, key order by kind, key
        """,
        version,
    )
    return all_of(read_change, rows)


async def by_number(db: Connection, version: int) -> Version | None:
    """One version, if there is one with this number."""
    row = await db.fetchrow(
        """
        select v.version, v.made_at, p.name as by, v.why, v.kind, v.scope, v.undoes, v.document
          from policy_versions v
          left join accounts a on a.id = v.made_by
          left join actors p on p.id = a.actor_id
         where v.version = $1
        """,
        version,
    )
    return read(row) if row else None


async def to_undo(db: Connection, scope: str) -> int | None:
    """The latest version of a scope that a person made, that changed something and is not taken back yet."""
    found: int | None = await db.fetchval(
        """
        select v.version from policy_versions v join policy_versions p on p.version = v.version - 1
         where v.scope = $1 and v.kind = 'change'
           and not exists (select from policy_versions u where u.undoes = v.version)
           and (v.document is distinct from p.document
                or exists (select from policy_changes c where c.version = v.version))
         order by v.version desc limit 1
        """,
        scope,
    )
    return found


async def document(db: Connection, version: int | None = None) -> Document:
    """The document of a version, or (None) the one in force; an empty one before any was written.

    Raises `Malformed` for one that another release of this program has written in another form.
    """
    body = await db.fetchval(
        """
        select d.body from policy_versions v left join policy_documents d on d.digest = v.document
         where v.version = coalesce($1, (select max(version) from policy_versions))
        """,
        version,
    )
    try:
        return msgspec.json.decode(body, type=Document) if body else Document()
    except msgspec.DecodeError:
        raise Malformed("Its rules are of another form than this program reads.") from None


async def history(db: Connection, limit: int = 200, scope: str | None = None) -> list[Version]:
    """The versions of the policy, the newest first; `scope`: only those of the instance, or of a group."""
    rows = await db.fetch(
        """
        select v.version, v.made_at, p.name as by, v.why, v.kind, v.scope, v.undoes, v.document
          from policy_versions v
          left join accounts a on a.id = v.made_by
          left join actors p on p.id = a.actor_id
         where $2::text is null or v.scope = $2
         order by v.version desc limit $1
        """,
        limit,
        scope,
    )
    return all_of(read, rows)


async def _keep(db: Connection, document: Document) -> str:
    body = msgspec.json.encode(document, order="deterministic")
    digest = hashlib.sha256(body).hexdigest()
    await db.execute(
        "insert into policy_documents (digest, body) values ($1, $2) on conflict do nothing",
        digest,
        body.decode(),
    )
    return digest

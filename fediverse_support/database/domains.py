"""The domain ladder: what was set by hand, what no list may touch, and what follows from both and the lists.

`domain_entries` and `domain_excludes` are what people decided. `domain_levels` is what holds: it is derived
(policy/precedence.py), and read by whatever needs to know quickly who is let in.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from fediverse_support.core.models import LEVELS, Level
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import Row, all_of, reader
from fediverse_support.policy.document import DomainText, Mode, Shown
from fediverse_support.policy.ladder import Rung
from fediverse_support.policy.precedence import Effective, Said, Source


class DomainLevel(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a domain, and where it comes from: by hand (`list_name` None) or from a list.

    `private_note`, `expires_on`, `review_on` and `set_by` are there only for what was set by hand.
    """

    domain: str
    level: Level
    no_media: bool
    no_reports: bool
    public_reason: str
    shown: Shown
    admits: bool
    list_id: int | None
    list_name: str | None
    is_by_hand: bool
    private_note: str
    expires_on: date | None
    review_on: date | None
    set_by: str | None
    set_at: datetime


class Exclude(msgspec.Struct, frozen=True, kw_only=True):
    """A domain of which no list says anything."""

    domain: str
    note: str
    set_by: str | None
    set_at: datetime


class Speaking(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that says something about domains: the arguments of `precedence.resolve`."""

    by_hand: Mapping[str, DomainText]
    excludes: frozenset[str]
    said: Sequence[Said]
    sources: Sequence[Source]


read = reader(DomainLevel)
read_exclude = reader(Exclude)
read_effective = reader(Effective)

_LEVELS: dict[str, Level] = {level: level for level in LEVELS}
_SHOWN: dict[str, Shown] = {"open": "open", "partly": "partly", "hidden": "hidden"}
_LISTED = """
    select l.domain, l.level, l.no_media, l.no_reports, l.public_reason, l.shown, l.admits, l.list_id,
           s.name as list_name, e.domain is not null as is_by_hand,
           coalesce(e.private_note, '') as private_note, e.expires_on, e.review_on,
           p.name as set_by, coalesce(e.set_at, l.set_at) as set_at
      from domain_levels l
      left join domain_entries e on e.domain = l.domain
      left join domain_lists s on s.id = l.list_id
      left join accounts a on a.id = e.set_by
      left join actors p on p.id = a.actor_id
"""
_ALL = "".join((_LISTED, " order by l.domain"))
_DUE = "".join((_LISTED, " where e.review_on <= $1 order by e.review_on, l.domain"))
_PAGE = "".join(
    (
        _LISTED,
        """
     where ($1 = '' or strpos(l.domain, $1) > 0) and ($2 = '' or l.level = $2)
       and ($3::bigint is null or coalesce(l.list_id, 0) = $3) and l.domain > $4
     order by l.domain limit $5
""",
    )
)


async def alone(db: Connection) -> None:
    """Let nobody else change the policy before the caller's transaction ends."""
    await db.execute("select pg_advisory_xact_lock(hashtext('policy'))")


async def listed(db: Connection) -> list[DomainLevel]:
    """Every domain with a level, by name."""
    return all_of(read, await db.fetch(_ALL))


async def find(
    db: Connection,
    *,
    search: str = "",
    level: str = "",
    list_id: int | None = None,
    after: str = "",
    limit: int,
) -> list[DomainLevel]:
    """One page of the domains with a level, by name, after the name `after`.

    `search`: a part of the name; `level`: only that one; `list_id`: what comes from one list (0: by hand).
    """
    rows = await db.fetch(
        _PAGE,
        search,
        level,
        list_id,
        after,
        limit,
    )
    return all_of(read, rows)


async def rungs(db: Connection) -> list[Rung]:
    """The ladder, as policy wants it."""
    rows = await db.fetch(
        "select domain, level, public_reason, no_media, no_reports, admits from domain_levels"
    )
    return [Rung(*row) for row in rows]


async def mode(db: Connection) -> Mode:
    """Whether all but the blocked are let in, or only those on the list."""
    found = await db.fetchval("select federation_mode from community")
    return "allow-list" if found == "allow-list" else "open"


async def set_mode(db: Connection, wanted: Mode) -> None:
    """Write down the mode of the version in force, for statements that need it."""
    await db.execute("update community set federation_mode = $1", wanted)


async def entries(db: Connection, names: Collection[str] | None = None) -> dict[str, DomainText]:
    """What was set by hand, for these domains or (None) all."""
    rows = await db.fetch(
        "select * from domain_entries where $1::text[] is null or domain = any($1) order by domain",
        None if names is None else list(names),
    )
    return {row["domain"]: _text(row) for row in rows}


async def put_entries(db: Connection, texts: Mapping[str, DomainText], by: int | None, now: datetime) -> None:
    """Set levels by hand, in one statement. Safe to run twice."""
    await db.execute(
        """
        insert into domain_entries (domain, level, no_media, no_reports, public_reason, private_note, shown,
                                    expires_on, review_on, set_by, set_at)
        select d.*, $10, $11
          from unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::text[], $6::text[],
                      $7::text[], $8::date[], $9::date[]) as d
            on conflict (domain) do update
           set level = excluded.level, no_media = excluded.no_media, no_reports = excluded.no_reports,
               public_reason = excluded.public_reason, private_note = excluded.private_note,
               shown = excluded.shown, expires_on = excluded.expires_on, review_on = excluded.review_on,
               set_by = excluded.set_by, set_at = excluded.set_at
        """,
        list(texts),
        [text.level for text in texts.values()],
        [text.no_media for text in texts.values()],
        [text.no_reports for text in texts.values()],
        [text.reason for text in texts.values()],
        [text.note for text in texts.values()],
        [text.shown for text in texts.values()],
        [text.expires for text in texts.values()],
        [text.review for text in texts.values()],
        by,
        now,
    )


async def remove_entries(db: Connection, names: Collection[str]) -> None:
    """Take away what was set by hand. Safe to run twice."""
    await db.execute("delete from domain_entries where domain = any($1::text[])", list(names))


async def expired(db: Connection, today: date) -> list[str]:
    """The domains whose entry has had its last day."""
    rows = await db.fetch("select domain from domain_entries where expires_on < $1 order by domain", today)
    return [row["domain"] for row in rows]


async def due_for_review(db: Connection, until: date) -> list[DomainLevel]:
    """What was set by hand and should be looked at again by this day; the longest due first."""
    return all_of(read, await db.fetch(_DUE, until))


async def excludes(db: Connection) -> list[Exclude]:
    """The domains of which no list says anything, by name."""
    rows = await db.fetch(
        """
        select x.domain, x.note, p.name as set_by, x.set_at
          from domain_excludes x
          left join accounts a on a.id = x.set_by
          left join actors p on p.id = a.actor_id
         order by x.domain
        """
    )
    return all_of(read_exclude, rows)


async def put_excludes(db: Connection, notes: Mapping[str, str], by: int | None, now: datetime) -> None:
    """Exclude domains from every list. Safe to run twice."""
    await db.execute(
        """
        insert into domain_excludes (domain, note, set_by, set_at)
        select x.*, $3, $4 from unnest($1::text[], $2::text[]) as x
            on conflict (domain) do update
           set note = excluded.note, set_by = excluded.set_by, set_at = excluded.set_at
        """,
        list(notes),
        list(notes.values()),
        by,
        now,
    )


async def remove_excludes(db: Connection, names: Collection[str]) -> None:
    """Let lists speak of these domains again. Safe to run twice."""
    await db.execute("delete from domain_excludes where domain = any($1::text[])", list(names))


async def speaking(db: Connection, names: Collection[str] | None = None) -> Speaking:
    """All that says something about domains, or about these with what is above and below them."""
    asked = None if names is None else list(names)
    by_hand = await db.fetch(
        """
        select * from domain_entries e
         where $1::text[] is null
            or exists (select from unnest($1) as n (name)
                        where e.domain = name or e.domain like '%.' || name or name like '%.' || e.domain)
        """,
        asked,
    )
    said = await db.fetch(
        """
        select e.list_id, e.domain, e.level, e.no_media, e.no_reports, e.public_reason
          from list_entries e
         where $1::text[] is null
            or exists (select from unnest($1) as n (name)
                        where e.domain = name or e.domain like '%.' || name or name like '%.' || e.domain)
        """,
        asked,
    )
    sources = await db.fetch("select id, name, priority, together, most from domain_lists where is_on")
    excluded = await db.fetch("select domain from domain_excludes")
    return Speaking(
        by_hand={row["domain"]: _text(row) for row in by_hand},
        excludes=frozenset(row["domain"] for row in excluded),
        said=[Said(*row) for row in said],
        sources=all_of(reader(Source), sources),
    )


async def effective(db: Connection, names: Collection[str] | None = None) -> dict[str, Effective]:
    """What holds, for all domains, or for these with what is above and below them."""
    rows = await db.fetch(
        """
        select l.domain, l.level, l.no_media, l.no_reports, l.public_reason, l.shown, l.admits, l.list_id
          from domain_levels l
         where $1::text[] is null
            or exists (select from unnest($1) as n (name)
                        where l.domain = name or l.domain like '%.' || name or name like '%.' || l.domain)
        """,
        None if names is None else list(names),
    )
    return {row["domain"]: read_effective(row) for row in rows}


async def write(db: Connection, holds: Iterable[Effective], gone: Collection[str], now: datetime) -> None:
    """Write what holds now for some domains, and that nothing holds any more for those `gone`."""
    await db.execute("delete from domain_levels where domain = any($1::text[])", list(gone))
    rows = list(holds)
    await db.execute(
        """
        insert into domain_levels (domain, level, no_media, no_reports, public_reason, shown, admits, list_id,
                                   set_at)
        select d.*, $9
          from unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::text[], $6::text[],
                      $7::boolean[], $8::bigint[]) as d
            on conflict (domain) do update
           set level = excluded.level, no_media = excluded.no_media, no_reports = excluded.no_reports,
               public_reason = excluded.public_reason, shown = excluded.shown, admits = excluded.admits,
               list_id = excluded.list_id, set_at = excluded.set_at
        """,
        [one.domain for one in rows],
        [one.level for one in rows],
        [one.no_media for one in rows],
        [one.no_reports for one in rows],
        [one.public_reason for one in rows],
        [one.shown for one in rows],
        [one.admits for one in rows],
        [one.list_id for one in rows],
        now,
    )


def _text(row: Row) -> DomainText:
    # The same objects as in the code: what is left at its default has no place in the JSON of a change.
    return DomainText(
        level=_LEVELS[row["level"]],
        no_media=row["no_media"],
        no_reports=row["no_reports"],
        reason=row["public_reason"],
        note=row["private_note"],
        shown=_SHOWN[row["shown"]],
        expires=row["expires_on"],
        review=row["review_on"],
    )

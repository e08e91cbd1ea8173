"""The tables `wiki_pages` and `wiki_revisions`: the pages of a group, and everything they ever said."""

from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page as its latest revision has it. `number` is that of the revision, 1 for the first."""

    id: int
    group_id: int
    slug: str
    deleted_at: datetime | None
    number: int
    title: str
    source: str
    html: str
    made_at: datetime


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision. `by` is the name of who made it, empty for who has left."""

    number: int
    title: str
    source: str
    html: str
    why: str
    by: str
    made_at: datetime


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A page or a revision in a list."""

    slug: str
    number: int
    title: str
    why: str
    by: str
    made_at: datetime
    is_deleted: bool


_read_page = reader(Page)
_read_revision = reader(Revision)
_read_line = reader(Line)


async def by_slug(db: Connection, group_id: int, slug: str, *, for_update: bool = False) -> Page | None:
    """The page at an address, deleted or not; with `for_update` it is held until the transaction ends."""
    if for_update:
        await db.execute(
            "select from wiki_pages where group_id = $1 and slug = $2 for update", group_id, slug
        )
    row = await db.fetchrow(
        """
        select p.id, p.group_id, p.slug, p.deleted_at, r.number, r.title, r.source, r.html, r.made_at
          from wiki_pages p
          join lateral (select * from wiki_revisions w
                         where w.page_id = p.id order by w.number desc limit 1) r on true
         where p.group_id = $1 and p.slug = $2
        """,
        group_id,
        slug,
    )
    return _read_page(row) if row else None


async def pages(db: Connection, group_id: int) -> list[Line]:
    """Every page of a group by title, those that are deleted among them."""
    rows = await db.fetch(
        """
        select p.slug, r.number, r.title, r.why, coalesce(nullif(a.display_name, ''), a.name, '') as by,
               r.made_at, p.deleted_at is not null as is_deleted
          from wiki_pages p
          join lateral (select * from wiki_revisions w
                         where w.page_id = p.id order by w.number desc limit 1) r on true
          left join actors a on a.id = r.author_id and a.state = 'active'
         where p.group_id = $1
         order by lower(r.title), p.slug
        """,
        group_id,
    )
    return all_of(_read_line, rows)


async def count(db: Connection, group_id: int) -> int:
    """How many pages a group has, those that are deleted among them."""
    return int(await db.fetchval("select count(*) from wiki_pages where group_id = $1", group_id))


async def insert(db: Connection, page_id: int, group_id: int, slug: str, now: datetime) -> bool:
    """Make an address for a page; False if it is taken. Its first revision must follow."""
    row = await db.fetchrow(
        """
        insert into wiki_pages (id, group_id, slug, created_at) values ($1, $2, $3, $4)
            on conflict (group_id, slug) do nothing returning id
        """,
        page_id,
        group_id,
        slug,
        now,
    )
    return row is not None


async def insert_revision(
    db: Connection,
    page_id: int,
    number: int,
    *,
    title: str,
    source: str,
    html: str,
    author_id: int,
    why: str,
    now: datetime,
) -> None:
    """Add a revision; the caller holds the page, so that its number is the next one."""
    await db.execute(
        """
        insert into wiki_revisions (page_id, number, title, source, html, author_id, why, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        page_id,
        number,
        title,
        source,
        html,
        author_id,
        why,
        now,
    )


async def revisions(db: Connection, page_id: int, before: int, limit: int) -> list[Line]:
    """The revisions of a page below number `before`, the newest first."""
    rows = await db.fetch(
        """
        select p.slug, r.number, r.title, r.why, coalesce(nullif(a.display_name, ''), a.name, '') as by,
               r.made_at, false as is_deleted
          from wiki_revisions r
          join wiki_pages p on p.id = r.page_id
          left join actors a on a.id = r.author_id and a.state = 'active'
         where r.page_id = $1 and r.number < $2
         order by r.number desc limit $3
        """,
        page_id,
        before,
        limit,
    )
    return all_of(_read_line, rows)


async def revision(db: Connection, page_id: int, number: int) -> Revision | None:
    """One revision of a page."""
    row = await db.fetchrow(
        """
        select r.number, r.title, r.source, r.html, r.why, r.made_at,
               coalesce(nullif(a.display_name, ''), a.name, '') as by
          from wiki_revisions r
          left join actors a on a.id = r.author_id and a.state = 'active'
         where r.page_id = $1 and r.number = $2
        """,
        page_id,
        number,
    )
    return _read_revision(row) if row else None


async def set_deleted(db: Connection, page_id: int, at: datetime | None) -> None:
    """Take a page away, or bring it back with None. Safe to run twice."""
    await db.execute("update wiki_pages set deleted_at = $2 where id = $1", page_id, at)


async def set_editors(db: Connection, group_id: int, editors: str) -> None:
    """Say who writes the wiki of a group. Safe to run twice."""
    await db.execute("update groups set wiki_editors = $2 where actor_id = $1", group_id, editors)

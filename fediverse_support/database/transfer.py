"""All rows out of a database and into an empty one, table by table, in PostgreSQL's own text format.

Made for backups: works on every server and between versions, knows the tables from the catalogue alone,
and needs no superuser. Statements with names in them are built by the server (`format('%I')`), which is
the only one that surely quotes right.
"""

import io
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import msgspec

from fediverse_support.core.errors import Misconfigured
from fediverse_support.database.pool import Connection

CHUNK = 4 * 1024 * 1024
FILLED_BY_MIGRATIONS = {"policy_versions"}
"""Tables that have rows before anybody lives here."""

_A_DAY = 86400.0


class Table(msgspec.Struct, frozen=True):
    """A table, the columns that are stored (not computed), and the query that reads them."""

    name: str
    columns: list[str]
    query: str


async def begin_reading(connection: Connection) -> None:
    """Settle how values are written and lift the time limits, for this transaction."""
    await connection.execute(
        """
        set local statement_timeout = 0;
        set local idle_in_transaction_session_timeout = 0;
        set local datestyle = 'ISO, YMD';
        set local intervalstyle = 'postgres';
        set local bytea_output = 'hex'
        """
    )


async def tables(connection: Connection) -> list[Table]:
    """Every table that holds what people made; not the record of migrations, not views."""
    rows = await connection.fetch(
        """
        select c.relname::text as name,
               array_agg(a.attname::text order by a.attnum) as columns,
               format('select %s from %s', string_agg(format('%I', a.attname), ', ' order by a.attnum),
                      c.oid::regclass) as query
          from pg_class c
          join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = current_schema()::regnamespace
           and c.relkind in ('r', 'p') and not c.relispartition
           and c.relname <> 'applied_migrations'
           and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
         group by c.oid, c.relname
         order by c.relname
        """
    )
    return [Table(**row) for row in rows]


async def first_filled(connection: Connection) -> str | None:
    """The name of a table in which somebody put a row; None in a new or only migrated database."""
    for table in await tables(connection):
        if table.name not in FILLED_BY_MIGRATIONS and await connection.fetchrow(table.query) is not None:
            return table.name
    return None


async def read_out(connection: Connection, table: Table, take: Callable[[bytes], Awaitable[None]]) -> None:
    """Give the rows of `table` to `take` in pieces of about `CHUNK` bytes, each of whole rows."""
    kept = bytearray()

    async def gather(data: bytes) -> None:
        nonlocal kept
        kept += data
        if len(kept) >= CHUNK:
            end = kept.rfind(b"\n") + 1  # a line break inside a value is written as \n
            await take(bytes(kept[:end]))
            kept = kept[end:]

    await connection.copy_from_query(table.query, output=gather, timeout=_A_DAY)
    if kept:
        await take(bytes(kept))


async def write_in(connection: Connection, table: str, columns: Sequence[str], rows: bytes) -> None:
    """Add a piece that `read_out` gave."""
    await connection.copy_to_table(table, columns=list(columns), source=io.BytesIO(rows), timeout=_A_DAY)


async def open_up(connection: Connection) -> list[str]:
    """Empty all tables and take off foreign keys and triggers, so that rows may come in any order.

    For this transaction; gives the statements that put them on again, for `close_up`.
    """
    rows = await connection.fetch(
        """
        select format('alter table %s drop constraint %I', conrelid::regclass, conname) as off,
               format('alter table %s add constraint %I %s', conrelid::regclass, conname,
                      pg_get_constraintdef(oid)) as on
          from pg_constraint
         where contype = 'f' and connamespace = current_schema()::regnamespace and conparentid = 0
         union all
        select format('alter table %s disable trigger user', oid::regclass),
               format('alter table %s enable trigger user', oid::regclass)
          from pg_class
         where relkind in ('r', 'p') and relnamespace = current_schema()::regnamespace and relhastriggers
        """
    )
    for row in rows:
        await connection.execute(row["off"])
    names = [table.name for table in await tables(connection)]
    await connection.execute(
        await connection.fetchval(
            "select 'truncate ' || string_agg(format('%I', name), ', ') from unnest($1::text[]) as name",
            names,
        )
    )
    return [row["on"] for row in rows]


async def close_up(connection: Connection, statements: Sequence[str]) -> None:
    """Put foreign keys and triggers on again; the server checks every row against them.

    Raises `Misconfigured` when rows contradict each other.
    """
    try:
        for statement in statements:
            await connection.execute(statement, timeout=_A_DAY)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise Misconfigured(f"These rows contradict each other: {error}.") from error


async def sequences(connection: Connection) -> dict[str, int | None]:
    """Where each sequence stands; None for one that was never used."""
    rows = await connection.fetch(
        """
        select format('%I', sequencename) as name, last_value
          from pg_sequences
         where schemaname = current_schema()
        """
    )
    return {row["name"]: row["last_value"] for row in rows}


async def set_sequences(connection: Connection, values: dict[str, int | None]) -> None:
    """Let each sequence go on where it stood."""
    used = [(name, value) for name, value in values.items() if value is not None]
    await connection.executemany("select setval($1::text::regclass, $2)", used)

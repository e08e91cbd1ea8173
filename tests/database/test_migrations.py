"""Migrations: once each, in order, never changed, one program at a time."""

import asyncio

import asyncpg
import pytest

from fediverse_support.core.errors import Misconfigured
from fediverse_support.database import migrations


@pytest.fixture
async def empty(empty_database_url):
    """A connection to a database without any table."""
    found = await asyncpg.connect(empty_database_url)
    yield found
    await found.close()


@pytest.fixture
def folder(tmp_path):
    """A folder of two migrations."""
    write(tmp_path, "0001_first.sql", "-- First.\ncreate table one (id integer);")
    write(tmp_path, "0002_second.sql", "-- Second.\ncreate table two (id integer);")
    return tmp_path


def write(folder, name, text):
    (folder / name).write_text(text)


def nothing(_):
    """Progress that nobody watches."""


async def names(connection):
    rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public' order by 1")
    return [row[0] for row in rows]


async def test_a_changed_migration_stops_the_start(empty, folder):
    await migrations.apply(empty, folder, nothing)
    write(folder, "0001_first.sql", "-- First.\ncreate table other (id integer);")

    with pytest.raises(Misconfigured, match=r"0001_first\.sql is not what was applied"):
        await migrations.pending(empty, folder)
    with pytest.raises(Misconfigured):
        await migrations.apply(empty, folder, nothing)


async def test_a_database_of_a_newer_program_stops_the_start(empty, folder):
    await migrations.apply(empty, folder, nothing)
    (folder / "0002_second.sql").unlink()

    with pytest.raises(Misconfigured, match="newer version"):
        await migrations.apply(empty, folder, nothing)


@pytest.mark.parametrize("name", ["0004_gap.sql", "0002_double.sql", "3_short.sql", "0003_Upper.sql"])
def test_a_file_out_of_line_is_refused(folder, name):
    write(folder, name, "select 1;")

    with pytest.raises(Misconfigured):
        migrations.read(folder)


def test_a_folder_without_migrations_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="not complete"):
        migrations.read(tmp_path)


async def test_a_migration_that_fails_leaves_nothing_of_itself_and_all_before_it(empty, folder):
    write(folder, "0003_broken.sql", "-- Broken.\ncreate table three (id integer);\nselect 1 / 0;")

    with pytest.raises(Misconfigured, match=r"0003_broken\.sql could not be applied"):
        await migrations.apply(empty, folder, nothing)
    assert await names(empty) == ["applied_migrations", "one", "two"]
    assert [item.name for item in await migrations.pending(empty, folder)] == ["0003_broken.sql"]


async def test_line_ends_of_another_system_are_no_change(empty, folder):
    await migrations.apply(empty, folder, nothing)
    (folder / "0001_first.sql").write_bytes((folder / "0001_first.sql").read_bytes().replace(b"\n", b"\r\n"))

    assert await migrations.pending(empty, folder) == []


async def test_applying_twice_does_nothing_the_second_time(empty, folder):
    told = []

    assert [item.number for item in await migrations.apply(empty, folder, told.append)] == [1, 2]
    assert await migrations.apply(empty, folder, told.append) == []
    assert len(told) == 2


async def test_migrations_can_stop_at_a_number(empty, folder):
    await migrations.apply(empty, folder, nothing, upto=1)

    assert await names(empty) == ["applied_migrations", "one"]


async def test_many_programs_at_once_apply_each_migration_once(empty_database_url, folder):
    write(
        folder,
        "0003_index.sql",
        "-- no-transaction\n-- Why.\ncreate index concurrently if not exists one_ids\n    on one (id);\n"
        "drop index concurrently if exists nothing_at_all;",
    )
    connections = [await asyncpg.connect(empty_database_url) for _ in range(4)]

    applied = await asyncio.gather(*(migrations.apply(one, folder, nothing) for one in connections))

    assert sorted(item.number for done in applied for item in done) == [1, 2, 3]
    assert await connections[0].fetchval(
        "select indisvalid from pg_index where indexrelid = 'one_ids'::regclass"
    )
    for one in connections:
        await one.close()


async def test_a_concurrent_index_whose_record_was_lost_is_made_once(empty, folder):
    write(
        folder, "0003_index.sql", "-- no-transaction\ncreate index concurrently if not exists i on one (id);"
    )
    await migrations.apply(empty, folder, nothing)
    await empty.execute("delete from applied_migrations where number = 3")

    assert [item.number for item in await migrations.apply(empty, folder, nothing)] == [3]


async def test_the_time_limit_for_statements_is_back_after_migrating(connection):
    await migrations.apply(connection, migrations.folder(), nothing)

    assert await connection.fetchval("show statement_timeout") == "30s"


def test_the_migrations_of_the_house_are_in_line():
    assert migrations.read(migrations.folder())

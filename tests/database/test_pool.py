"""The pool: values, time-outs, and what the server's troubles become."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest

from fediverse_support.core.errors import Misconfigured, Unavailable
from fediverse_support.database import pool


async def test_json_values_come_back_as_they_went(connection):
    value = {"a": [1, 2.5, None, True, "ü 🌱"], "b": {}}

    for kind in ("json", "jsonb"):
        assert await connection.fetchval(f"select $1::{kind}", value) == value
    assert await connection.fetchval("select null::jsonb") is None


async def test_a_wrong_call_stays_a_mistake_and_leaves_the_pool_usable(database):
    with pytest.raises(asyncpg.UndefinedTableError):
        async with pool.acquire(database) as connection:
            await connection.fetch("select * from nowhere")
    with pytest.raises(asyncpg.InterfaceError):
        async with pool.acquire(database) as connection:
            await connection.fetch("select $1::int", "one", "two")
    async with pool.acquire(database) as connection:
        assert await connection.fetchval("select 1") == 1


async def test_a_connection_that_is_cut_in_the_middle_is_unavailable(database):
    async def cut_and_go_on():
        async with pool.acquire(database) as connection:
            await cut(database, connection)
            await connection.fetchval("select 1")

    with pytest.raises(Unavailable):
        await cut_and_go_on()
    async with pool.acquire(database) as connection:
        assert await connection.fetchval("select 1") == 1


@pytest.mark.parametrize("turns", range(12))
async def test_a_connection_that_is_cut_between_two_queries_is_unavailable(database, database_url, turns):
    """Whenever the news arrives: the server's last message, the end of the stream, both, none yet."""
    other = await asyncpg.connect(database_url)

    async def cut_and_go_on():
        async with pool.acquire(database) as connection:
            pid = await connection.fetchval("select pg_backend_pid()")
            await other.execute("select pg_terminate_backend($1)", pid)
            for _ in range(turns):
                await asyncio.sleep(0)
            await connection.fetchval("select pg_sleep(5)")

    for _ in range(3):
        with pytest.raises(Unavailable):
            await cut_and_go_on()
    async with pool.acquire(database) as connection:
        assert await connection.fetchval("select 1") == 1
    await other.close()


async def test_a_transaction_whose_connection_was_cut_is_unavailable(database):
    async def cut_and_commit():
        async with pool.acquire(database) as connection, connection.transaction():
            await cut(database, connection)

    with pytest.raises(Unavailable):
        await cut_and_commit()


async def cut(database, connection):
    """Let the server end `connection` from another one, and give the news time to arrive."""
    async with pool.acquire(database) as other:
        pid = await connection.fetchval("select pg_backend_pid()")
        await other.execute("select pg_terminate_backend($1, 5000)", pid)


async def test_a_full_disk_is_unavailable(database):
    with pytest.raises(Unavailable):
        async with pool.acquire(database) as connection:
            await connection.execute("do $$ begin raise exception 'no room' using errcode = '53100'; end $$")


async def test_no_free_connection_within_the_time_is_unavailable(settings, database_url):
    one = await pool.connect(type(settings)(domain="a.example", database_pool=1), database_url)
    async with pool.acquire(one):
        with pytest.raises(Unavailable):
            async with pool.acquire(one, within=0.01):
                raise AssertionError("there was only one connection")
    one.terminate()


async def test_a_closed_pool_is_unavailable(settings, database_url):
    closed = await pool.connect(settings, database_url)
    await closed.close()
    with pytest.raises(Unavailable):
        async with pool.acquire(closed):
            raise AssertionError("the pool was closed")


async def test_an_open_transaction_does_not_go_back_to_the_pool(settings, database_url):
    one = await pool.connect(type(settings)(domain="a.example", database_pool=1), database_url)
    async with pool.acquire(one) as connection:
        await connection.execute("begin; create table forgotten (id integer)")
    async with pool.acquire(one) as connection:
        assert await connection.fetchval("select to_regclass('forgotten')") is None
    one.terminate()


async def test_a_server_that_is_not_there_is_unavailable(settings, tmp_path):
    with pytest.raises(Unavailable):
        await pool.connect(settings, f"postgresql://nobody@/nothing?host={tmp_path}")


async def test_a_database_that_does_not_exist_is_misconfigured(settings, database_url):
    with pytest.raises(Misconfigured) as caught:
        await pool.connect(settings, database_url.replace("/fs_test_", "/no_such_", 1))
    assert "DATABASE_URL" in caught.value.message


async def test_a_database_that_is_not_in_utf8_is_refused(settings, server, database_url):
    other = await asyncpg.connect(server["url"])
    name = f"{server['prefix']}_latin"
    await other.execute(
        f"create database {name} encoding 'LATIN1' template template0 locale_provider libc locale 'C'"
    )
    try:
        with pytest.raises(Misconfigured) as caught:
            await pool.connect(settings, urlsplit(database_url)._replace(path=f"/{name}").geturl())
    finally:
        await other.execute(f"drop database {name} with (force)")
        await other.close()
    assert "UTF-8" in caught.value.message


async def test_round_trips_are_counted_and_giving_back_costs_none(database):
    before = pool.spent.queries, pool.spent.seconds
    async with pool.acquire(database) as connection:
        await connection.fetchval("select 1")
        await connection.fetch("select 1")
        async with connection.transaction():
            await connection.execute("select 1")
    assert pool.spent.queries - before[0] == 5  # with begin and commit
    assert pool.spent.seconds > before[1]


async def test_statements_and_locks_have_a_time_limit(connection):
    rows = await connection.fetch(
        "select name, setting::int from pg_settings where name in ('statement_timeout', 'lock_timeout')"
    )
    assert {row["name"]: row["setting"] for row in rows} == {
        "statement_timeout": 30_000,
        "lock_timeout": 10_000,
    }


async def test_a_connection_that_cannot_be_set_up_is_dropped_at_once(database_url, monkeypatch):
    """To close it politely could take for ever where the server goes in the same moment."""
    monkeypatch.setattr(pool, "OLDEST_SERVER", 99)
    connection = await asyncpg.connect(database_url)
    with pytest.raises(Misconfigured):
        await pool._prepare(connection)
    assert connection.is_closed()
    waiting = await asyncpg.connect(database_url)
    monkeypatch.setattr(pool, "_set_up", lambda connection: connection.execute("select pg_sleep(60)"))
    setting_up = asyncio.create_task(pool._prepare(waiting))
    await asyncio.sleep(0)
    setting_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await setting_up
    assert waiting.is_closed()


async def test_whoever_tidies_up_for_ever_keeps_nobody_waiting(monkeypatch):
    """Cancelled once it begins to close what it had begun; that is cut off as well."""
    monkeypatch.setattr(pool, "_TIDY_WITHIN", 0.05)

    class Stubborn:
        async def acquire(self):
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.Event().wait()

    with pytest.raises(Unavailable):
        async with pool.acquire(Stubborn(), within=0.05):
            pass

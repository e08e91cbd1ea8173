import httpx
import pytest
from prometheus_client import REGISTRY

from fediverse_support.core.identifiers import new_id
from fediverse_support.web import metrics


@pytest.fixture
async def scrape(database):
    transport = httpx.ASGITransport(metrics.build(database))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9100") as client:

        async def get(path="/metrics"):
            return await client.get(path)

        yield get


def value(name: str) -> float | None:
    return REGISTRY.get_sample_value(name)


async def add_arrival(db, state: str, age: str) -> None:
    await db.execute(
        """
        insert into inbox (id, activity_uri, actor_uri, type, host, state, body, due_at, received_at)
        values ($1, $2, 'https://a.example/1', 'Create', 'a.example', $3, '', now(),
                now() - $4::text::interval)
        """,
        new_id(), f"https://a.example/{new_id()}", state, age,
    )  # fmt: skip


async def test_only_the_one_page_is_there(scrape):
    assert (await scrape("/")).status_code == 404
    assert (await scrape("/metrics/x")).status_code == 404


async def test_an_empty_database_has_nothing_that_waits(scrape):
    answer = await scrape()
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert [value(f"fs_{name}") for name in ("inbox_waiting", "inbox_oldest_seconds", "inbox_parked")] == [
        0,
        0,
        0,
    ]
    assert (value("fs_deliveries_waiting"), value("fs_database_up")) == (0, 1)


async def test_what_waits_in_the_inbox_is_counted_and_its_age_told(scrape, database):
    for state, age in (("waiting", "90 seconds"), ("unverified", "10 seconds"), ("parked", "9 days")):
        await add_arrival(database, state, age)
    await add_arrival(database, "done", "30 days")
    await scrape()
    assert (value("fs_inbox_waiting"), value("fs_inbox_parked")) == (2, 1)
    assert 90 <= value("fs_inbox_oldest_seconds") < 200


async def test_the_time_spent_waiting_for_the_database_only_grows(scrape):
    await scrape()
    before = value("fs_database_seconds_total"), value("fs_database_queries_total")
    await scrape()
    after = value("fs_database_seconds_total"), value("fs_database_queries_total")
    assert after[0] > before[0]
    assert after[1] >= before[1] + 2


async def test_without_the_database_the_gauges_say_that_they_do_not_know(scrape, database):
    await scrape()
    database.terminate()
    answer = await scrape()
    assert answer.status_code == 200
    assert value("fs_database_up") == 0
    assert value("fs_inbox_waiting") != value("fs_inbox_waiting")  # NaN
    assert "fs_database_seconds_total" in answer.text


async def test_no_label_names_anybody(scrape):
    await scrape()
    allowed = {
        "outcome",
        "le",
        "state",
        "generation",
        "implementation",
        "major",
        "minor",
        "patchlevel",
        "version",
    }
    labels = {label for family in REGISTRY.collect() for sample in family.samples for label in sample.labels}
    assert labels <= allowed


async def test_threads_that_are_looked_for_are_counted(scrape, database):
    await database.execute(
        """
        with author as (
            insert into actors (id, uri, type, is_local, name, host)
            values (1, 'https://a.example/1', 'Person', false, 'ana', 'a.example') returning id
        )
        insert into posts (id, uri, author_id, root_id, content_html, reach, published_at, active_at)
        select n, 'https://a.example/notes/' || n, author.id, n, '', 'open', now(), now()
          from author, generate_series(1, 3) n
        """
    )
    await database.execute(
        """
        insert into gatherings (root_id, state, finished_at)
        values (1, 'waiting', null), (2, 'running', null), (3, 'done', now())
        """
    )
    assert "fs_gatherings_waiting 2.0" in (await scrape()).text

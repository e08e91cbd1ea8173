"""What a thread's page says of the search for its rest; it never waits for it."""

from datetime import timedelta

import pytest

from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_id
from fediverse_support.database import pool as database_pool

LOOKING = "Looking for answers on other servers"
LOOKED = "Last looked for answers on other servers"


@pytest.fixture
async def spread(world, village, ada):
    """A thread with an answer from another server."""
    group = await village.group()
    await village.joins(ada, group)
    root = await village.writes(ada, group.actor, "Good morning.", title="A thread")
    author = await world.pool.fetchval(
        """
        insert into actors (id, uri, type, is_local, name, host)
        values ($1, 'https://peer.example/users/cat', 'Person', false, 'cat', 'peer.example') returning id
        """,
        new_id(),
    )
    number = new_id()
    await world.pool.execute(
        """
        insert into posts (id, uri, author_id, group_id, root_id, parent_id, content_html, reach,
                           published_at, active_at)
        values ($1, 'https://peer.example/notes/1', $2, $3, $4, $4, '<p>From afar.</p>', 'open', now(), now())
        """,
        number,
        author,
        group.actor.id,
        root.id,
    )
    return root


async def stands(world, root, state, **more):
    """Let the search for a thread be there in this state."""
    ended = clock.now() - timedelta(minutes=5) if state in ("done", "failed") else None
    await world.pool.execute(
        """
        insert into gatherings (root_id, state, found, finished_at) values ($1, $2, $3, $4)
            on conflict (root_id) do update set state = $2, found = $3, finished_at = $4
        """,
        root.id,
        state,
        more.get("found", 0),
        ended,
    )


async def test_a_guest_neither_begins_a_search_nor_hears_of_one(world, spread):
    page = (await world.browser().get(f"/posts/{spread.public_id}")).text
    assert "From afar." in page
    assert LOOKING not in page
    assert await world.pool.fetchval("select count(*) from gatherings") == 0
    await stands(world, spread, "running", found=3)
    assert LOOKING not in (await world.browser().get(f"/posts/{spread.public_id}")).text


async def test_a_thread_that_is_only_here_is_looked_for_nowhere_and_costs_no_question(world, village, ada):
    group = await village.group()
    await village.joins(ada, group)
    root = await village.writes(ada, group.actor, "Good morning.", title="A thread")
    browser = await world.signed_in(ada)
    page = await browser.get(f"/posts/{root.public_id}")
    assert (page.status_code, LOOKING in page.text, LOOKED in page.text) == (200, False, False)
    assert await world.pool.fetchval("select count(*) from gatherings") == 0


async def test_a_member_who_opens_a_thread_begins_a_search_and_sees_how_far_it_is(world, ada, spread):
    browser = await world.signed_in(ada)
    page = (await browser.get(f"/posts/{spread.public_id}")).text
    assert f"{LOOKING}… (0 so far)" in page
    assert "Show what has come" in page
    assert await world.pool.fetchval("select state from gatherings") == "waiting"
    await stands(world, spread, "running", found=12)
    page = (await browser.get(f"/posts/{spread.public_id}")).text
    assert f"{LOOKING}… (12 so far)" in page
    assert 'http-equiv="refresh"' not in page, "nothing moves by itself under who reads"
    await stands(world, spread, "done", found=12)
    page = (await browser.get(f"/posts/{spread.public_id}")).text
    assert LOOKED in page
    assert "5 minutes ago" in page
    assert await world.pool.fetchval("select state from gatherings") == "done", "not again so soon"


async def test_a_search_that_failed_says_so_kindly(world, ada, spread):
    await stands(world, spread, "failed")
    page = (await (await world.signed_in(ada)).get(f"/posts/{spread.public_id}")).text
    assert "could not be asked" in page


async def test_after_the_cool_down_the_next_opening_looks_again(world, ada, spread):
    await stands(world, spread, "done")
    await world.pool.execute("update gatherings set finished_at = now() - interval '11 minutes'")
    page = (await (await world.signed_in(ada)).get(f"/posts/{spread.public_id}")).text
    assert LOOKING in page


async def test_the_search_costs_the_page_two_questions_at_most(world, ada, spread):
    browser = await world.signed_in(ada)
    trips = []

    async def open_it():
        before = database_pool.spent.queries
        await browser.get(f"/posts/{spread.public_id}")
        trips.append(database_pool.spent.queries - before)

    await open_it()
    await world.pool.execute("delete from gatherings")
    await open_it()
    await open_it()
    await world.pool.execute("update posts set author_id = (select id from actors where is_local limit 1)")
    await open_it()
    _, begun, looked_at, only_here = trips
    assert (begun - only_here, looked_at - only_here) == (2, 1)

"""When a thread is looked for by itself: after outages, ours and others', and never more than is needed."""

from datetime import timedelta

import pytest

from fediverse_support.community.arriving import gathering
from fediverse_support.database import community, gatherings
from fediverse_support.database.pool import acquire


async def after_outages(search):
    async with acquire(search.world.pool) as db, db.transaction():
        return await gathering.after_outages(db, search.world.clock())


async def waiting(search):
    """The first posts of the threads that are to be looked for."""
    rows = await search.world.rows(
        """
        select p.uri from gatherings g join posts p on p.id = g.root_id
         where g.state = 'waiting' order by p.id
        """
    )
    return [row["uri"] for row in rows]


async def came_back(search, name, **ago):
    await search.world.pool.execute(
        """
        insert into hosts (name, recovered_at) values ($1, $2)
            on conflict (name) do update set recovered_at = $2, opened_at = null
        """,
        search.internet.url(name).removeprefix("http://"),
        search.world.clock() - timedelta(**ago),
    )


@pytest.fixture
async def story(search):
    """Threads of today: one of ana and ben in the group at hub, and one of ours that nobody else is in."""
    now = search.world.clock()
    today = {"published": now.isoformat()}
    search.thread = search.note(search.ana, **today)
    search.answer = search.note(search.ben, search.thread, **today)
    for note in (search.thread, search.answer):
        await search.arrives(note)
    ours = (await search.world.group()).actor
    search.ours = search.ana.note(ours.uri, **today)
    await search.world.send(search.ana, search.ana.wrap("Create", search.ours))
    await search.world.pool.execute("delete from gatherings")
    return search


@pytest.mark.parametrize(
    ("host", "which"),
    [("hub", ["thread"]), ("other", ["thread"]), ("peer", ["thread", "ours"]), ("stranger", [])],
    ids=["where the group is", "where an answer is from", "where two threads are from", "elsewhere"],
)
async def test_threads_that_a_server_has_a_part_in_are_looked_for_when_it_is_back(story, host, which):
    await came_back(story, host, minutes=1)
    assert await after_outages(story) == len(which)
    assert await waiting(story) == [getattr(story, name)["id"] for name in which]
    assert await after_outages(story) == 0, "once for each time that it comes back"


async def test_a_server_that_is_back_since_long_or_still_away_asks_for_nothing(story):
    await came_back(story, "peer", days=2)
    await came_back(story, "hub", minutes=1)
    await story.world.pool.execute("update hosts set opened_at = now() where name like 'hub%'")
    assert await after_outages(story) == 0


async def test_threads_in_which_nothing_was_said_for_a_week_are_left_alone(story):
    await story.world.pool.execute("update posts set active_at = active_at - interval '8 days'")
    await came_back(story, "peer", minutes=1)
    assert await after_outages(story) == 0


@pytest.mark.parametrize("change", ["reach = 'sealed'", "state = 'hidden'"])
async def test_what_is_sealed_or_hidden_is_left_alone(story, change):
    await story.world.pool.execute(f"update posts set {change}")
    await came_back(story, "peer", minutes=1)
    assert await after_outages(story) == 0


async def test_an_answer_to_what_is_on_that_server_is_looked_for_too(story):
    lost = story.internet.url("stranger", "/notes/1")
    stray = story.note(story.ben, published=story.world.clock().isoformat(), inReplyTo=lost)
    await story.arrives(stray)
    await story.world.pool.execute("delete from gatherings")
    await came_back(story, "stranger", minutes=1)
    await after_outages(story)
    assert await waiting(story) == [stray["id"]]


async def test_a_thread_that_was_looked_for_a_moment_ago_waits_for_its_turn(story):
    await story.gather(story.thread)
    await story.gather(story.ours)
    story.world.clock.let_pass(minutes=2)
    await came_back(story, "peer", minutes=1)
    assert await after_outages(story) == 0
    story.world.clock.let_pass(minutes=9)
    assert await after_outages(story) == 2


async def test_when_we_were_away_everything_that_others_have_a_part_in_is_looked_for(story):
    await community.make(story.world.pool, "Here")
    assert await after_outages(story) == 0, "the first time there was no before"
    story.world.clock.let_pass(minutes=1)
    assert await after_outages(story) == 0
    story.world.clock.let_pass(hours=1)
    assert await after_outages(story) == 2
    rows = await story.world.rows("select due_at from gatherings order by due_at")
    assert rows[1]["due_at"] - rows[0]["due_at"] == gathering.APART, "one after the other"
    story.world.clock.let_pass(minutes=1)
    assert await after_outages(story) == 0


async def test_searches_that_ended_long_ago_are_forgotten(story):
    await story.gather(story.thread)
    root = await story.world.post(story.thread["id"])
    async with acquire(story.world.pool) as db:
        await gathering.forget_old(db, story.world.clock() + timedelta(days=29))
        assert await gatherings.of_thread(db, root["id"]) is not None
        await gathering.forget_old(db, story.world.clock() + timedelta(days=31))
        assert await gatherings.of_thread(db, root["id"]) is None

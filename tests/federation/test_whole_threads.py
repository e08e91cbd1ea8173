"""After an outage threads become whole again by themselves, without anybody writing anything.

harbour hosts the group; garden and lake have members in it. What is announced to garden while it is away is
lost for good: nobody delivers it again.
"""

from datetime import timedelta

import pytest

from fediverse_support.community.arriving import gathering
from fediverse_support.community.joining import memberships
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire
from fediverse_support.inbox.gathering.gatherer import Gatherer


class Story:
    """A thread in the group of harbour, and the people in it."""

    def __init__(self, fediverse, group, people):
        self.fediverse, self.group, self.people = fediverse, group, people

    def server(self, name):
        return self.fediverse[name]

    async def write(self, name, words):
        server = self.server(name)
        post = await server.home.write(self.people[name], await server.known(self.group.actor), words)
        await self.fediverse.settle()
        return post

    async def answer(self, name, uri, words):
        server = self.server(name)
        parent = await server.home.post_by_uri(uri)
        post = await server.home.reply(self.people[name], parent, words)
        await self.fediverse.settle()
        return post

    async def lose_everything_for(self, name):
        """What waits for a server is given up, as after seven days."""
        host = self.server(name).site.host
        for community in self.fediverse.communities.values():
            await community.pool.execute("delete from deliveries where host = $1", host)

    async def tree(self, name):
        """Each post that a server has, with what it is stored below."""
        rows = await self.server(name).pool.fetch(
            "select p.uri, q.uri as parent from posts p left join posts q on q.id = p.parent_id"
        )
        return {row["uri"]: row["parent"] for row in rows}

    async def gather(self, name):
        """What the worker of a server does in the minutes after an outage; how many threads it asked for."""
        server = self.server(name)
        laid = server.home.foundation
        async with acquire(server.pool) as db, db.transaction():
            asked = await gathering.after_outages(db, clock.now())
        await server.pool.execute("update gatherings set due_at = now()")
        gatherer = Gatherer(
            laid.pool, laid.site, laid.documents, laid.acquaintance, laid.policies.current, pause=0
        )
        while (ended := await gatherer.step()) is not None:
            assert ended.state == "done", ended
        return asked


async def told(make_fediverse, **doors):
    """Members on three servers, and a thread that all of them have, with an answer from lake."""
    fediverse = await make_fediverse("harbour", "garden", "lake")
    harbour = fediverse["harbour"]
    group = await harbour.home.group("carers", **doors)
    people = {name: await fediverse[name].home.member("ada") for name in ("harbour", "garden", "lake")}
    await harbour.home.join(people["harbour"], group.actor)
    for name in ("garden", "lake"):
        server = fediverse[name]
        found = await server.find(group.actor.handle)
        async with acquire(server.pool) as db, db.transaction():
            await memberships.join_elsewhere(db, server.site, people[name], found)
        await fediverse.settle()
        if doors:
            asker = await harbour.known(people[name])
            async with acquire(harbour.pool) as db, db.transaction():
                await memberships.let_in(db, harbour.site, asker, group.actor, clock.now())
            await fediverse.settle()
    return Story(fediverse, group, people)


async def half_told(make_fediverse, writers, **doors):
    """A thread that goes on while garden is away: everything that `writers` say in it is lost for garden."""
    story = await told(make_fediverse, **doors)
    root = await story.write("harbour", "It begins.")
    assert set(await story.tree("garden")) == {root.uri}
    await story.lose_everything_for("garden")
    last = root
    server = story.server("garden")
    silent = type(server).__call__

    async def away(self, scope, receive, send):
        if self is not server:
            return await silent(self, scope, receive, send)
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    type(server).__call__ = away
    try:
        for name in writers:
            last = await story.answer(name, last.uri, f"And goes on, says {name}.")
        await story.answer("harbour", root.uri, "And has a second branch.")
    finally:
        type(server).__call__ = silent
    await story.lose_everything_for("garden")
    for name in ("harbour", "lake"):
        await story.server(name).pool.execute("update hosts set failures = 0, paused_until = null")
    assert set(await story.tree("garden")) == {root.uri}, "garden has heard of nothing"
    return story


async def fail(story, name, other):
    """`name` could not reach `other` for two hours, and has something to deliver there."""
    server, host = story.server(name), story.server(other).site.host
    await server.pool.execute(
        """
        update hosts set failures = 5, opened_at = now() - interval '2 hours', paused_until = null
         where name = $1
        """,
        host,
    )


async def test_when_the_other_server_is_back_the_thread_becomes_whole_without_a_new_post(make_fediverse):
    story = await half_told(make_fediverse, ["lake", "harbour", "lake"])
    await fail(story, "garden", "harbour")
    assert await story.gather("garden") == 0, "as long as it is away nothing is asked for"
    garden = story.server("garden")
    ben, known = await garden.home.member("ben"), await garden.known(story.group.actor)
    async with acquire(garden.pool) as db, db.transaction():
        await memberships.join_elsewhere(db, garden.site, ben, known)
    await garden.deliverer.step()
    assert await story.gather("garden") == 1
    assert await story.tree("garden") == await story.tree("harbour")
    assert await story.gather("garden") == 0, "and not again"


async def test_when_we_ourselves_were_away_the_thread_becomes_whole_without_a_new_post(make_fediverse):
    story = await half_told(make_fediverse, ["harbour", "lake"])
    garden = story.server("garden")
    assert await story.gather("garden") == 0
    await garden.pool.execute("update community set awake_at = $1", clock.now() - timedelta(hours=3))
    assert await story.gather("garden") == 1
    assert await story.tree("garden") == await story.tree("harbour")
    rows = await garden.pool.fetch("select distinct root_id from posts")
    assert len(rows) == 1


async def test_the_thread_of_a_members_group_becomes_whole_too_and_stays_inside(make_fediverse):
    story = await half_told(make_fediverse, ["harbour", "lake"], seeing="members", joining="approval")
    garden = story.server("garden")
    await garden.pool.execute("update community set awake_at = $1", clock.now() - timedelta(hours=3))
    assert await story.gather("garden") == 1
    assert await story.tree("garden") == await story.tree("harbour")
    assert {row["reach"] for row in await garden.pool.fetch("select reach from posts")} == {"members"}


@pytest.mark.parametrize(
    "doors", [{}, {"seeing": "members", "joining": "approval"}], ids=["open", "members only"]
)
async def test_threads_that_began_while_we_were_away_are_found_too(make_fediverse, doors):
    story = await half_told(make_fediverse, ["harbour"], **doors)
    harbour, garden = story.server("harbour"), story.server("garden")
    fresh = await harbour.home.write(story.people["harbour"], story.group.actor, "Something else.")
    await harbour.home.reply(story.people["harbour"], fresh, "And an answer to that.")
    await story.lose_everything_for("garden")
    await garden.pool.execute("update community set awake_at = $1", clock.now() - timedelta(hours=3))
    await story.gather("garden")
    assert fresh.uri in await story.tree("garden")
    assert await story.tree("garden") == await story.tree("harbour")

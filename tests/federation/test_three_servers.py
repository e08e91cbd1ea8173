"""One members-only group on three servers of ours, and a fourth that nobody let in.

harbour hosts the group; garden and lake have members in it. Then the member on lake is removed half-way.
Every word is told by a canary, and everything that reaches a server is looked through for those it must not
hear.
"""

import pytest

from fediverse_support.community.joining import memberships, servers
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire


class Story:
    """Who is there, and what they can do."""

    def __init__(self, fediverse, group, **people):
        self.fediverse = fediverse
        self.group = group
        self.people = people

    async def settle(self):
        await self.fediverse.settle()

    def server(self, name):
        return self.fediverse[name]

    async def writes(self, name, who, words):
        server = self.fediverse[name]
        group = await server.known(self.group.actor)
        post = await server.home.write(self.people[who], group, words, title="")
        await self.settle()
        return post

    async def answers(self, name, who, uri, words):
        server = self.fediverse[name]
        post = await server.home.reply(self.people[who], await server.home.post_by_uri(uri), words)
        await self.settle()
        return post


async def join(fediverse, group, name, member):
    """A member of `name` finds the group by its handle, asks, is looked at, and is let in."""
    server, harbour = fediverse[name], fediverse["harbour"]
    found = await server.find(group.actor.handle)
    async with acquire(server.pool) as db, db.transaction():
        await memberships.join_elsewhere(db, server.site, member, found)
    await fediverse.settle()
    asker = await harbour.known(member)
    async with acquire(harbour.pool) as db, db.transaction():
        warning = await servers.warning_about(db, asker, group)
        assert warning is not None
        assert (warning.keeps_private, warning.is_first_from_server) == ("yes", True)
        await memberships.let_in(db, harbour.site, asker, group.actor, clock.now())
    await fediverse.settle()


@pytest.fixture
async def story(make_fediverse):
    fediverse = await make_fediverse("harbour", "garden", "lake", "shore")
    harbour = fediverse["harbour"]
    group = await harbour.home.group("carers", seeing="members", joining="open")
    ada = await harbour.home.member("ada")
    await harbour.home.join(ada, group.actor)
    ben = await fediverse["garden"].home.member("ben")
    cleo = await fediverse["lake"].home.member("cleo")
    eve = await fediverse["shore"].home.member("eve")
    await join(fediverse, group, "garden", ben)
    await join(fediverse, group, "lake", cleo)
    return Story(fediverse, group, ada=ada, ben=ben, cleo=cleo, eve=eve)


async def learns(story, name, *uris):
    """Everything that a server is told when it asks for posts, threads, lists and activities."""
    asker, group = story.server(name), story.group.actor
    paths = [*uris, *(f"{uri}/{part}" for uri in uris for part in ("context", "context/1", "replies"))]
    for actor in (group, *(story.people[who] for who in ("ada", "ben"))):
        paths += [f"{actor.uri}/{part}" for part in ("", "outbox", "outbox/newest", "followers", "featured")]
    for server in ("harbour", "garden"):
        rows = await story.server(server).pool.fetch("select uri from activities")
        paths += [row["uri"] for row in rows]
    found = b""
    for path in paths:
        if not asker.site.is_ours(path):
            for is_signed in (True, False):
                found += (await asker.asks(path.removesuffix("/"), is_signed=is_signed)).body
    return found


def heard_of(community, words, since=0):
    """Requests to a community in which these words stand."""
    return [one for one in community.heard[since:] if words.encode() in one.body]


async def test_three_servers_hold_a_group_together_and_one_of_them_is_removed_half_way(story):
    harbour, garden, lake, shore = (story.server(name) for name in ("harbour", "garden", "lake", "shore"))
    ada, ben, cleo = (story.people[who] for who in ("ada", "ben", "cleo"))

    # Cleo writes on lake, Ben reads it on garden and answers, Ada sees both at home.
    first = await story.writes("lake", "cleo", "canary-one of Cleo")
    assert await garden.reads(ben, "canary-one")
    answer = await story.answers("garden", "ben", first.uri, "canary-two of Ben")
    for community, member in ((harbour, ada), (garden, ben), (lake, cleo)):
        for canary in ("canary-one", "canary-two"):
            assert await community.reads(member, canary)
    posts = await garden.pool.fetch("select distinct root_id, reach from posts")
    assert [(row["reach"]) for row in posts] == ["members"], "one thread, for members"

    # Each server may fetch what the members of the others wrote; whom nobody let in may fetch nothing.
    for community, uri in ((garden, first.uri), (lake, answer.uri), (harbour, first.uri)):
        assert await community.fetch(uri) is not None
    for uri in (first.uri, answer.uri):
        assert await shore.fetch(uri) is None
    assert heard_of(shore, "canary") == []
    assert b"canary" not in await learns(story, "shore", first.uri, answer.uri)
    assert heard_of(lake, "canary-two"), "as long as Cleo is a member lake is told"
    assert b"canary-two" in await learns(story, "lake", answer.uri)

    # The moderators remove Cleo. Lake is told that, and nothing after it.
    async with acquire(harbour.pool) as db, db.transaction():
        await memberships.decline(db, harbour.site, await harbour.known(cleo), story.group.actor)
    await story.settle()
    rows = await lake.pool.fetch("select 1 from follows where state = 'accepted'")
    assert rows == [], "lake knows that Cleo is no member any more"
    since = len(lake.heard)

    third = await story.writes("harbour", "ada", "canary-three of Ada")
    fourth = await story.answers("garden", "ben", third.uri, "canary-four of Ben")
    fifth = await story.answers("harbour", "ada", first.uri, "canary-five of Ada")
    for community, member in ((harbour, ada), (garden, ben)):
        for canary in ("canary-three", "canary-four", "canary-five"):
            assert await community.reads(member, canary)

    assert heard_of(lake, "canary", since) == []
    assert [one for one in lake.heard[since:] if one.method == "POST"] == []
    for uri in (third.uri, fourth.uri, fifth.uri):
        assert await lake.fetch(uri) is None
        assert await (harbour if uri == fourth.uri else garden).fetch(uri) is not None
    learnt = await learns(story, "lake", third.uri, fourth.uri, fifth.uri)
    assert not any(word in learnt for word in (b"canary-three", b"canary-four", b"canary-five"))
    nothing = await lake.asks(f"{harbour.site.origin}/posts/{'0' * 32}")
    for uri in (third.uri, fifth.uri):
        answer_to_lake = await lake.asks(uri)
        assert (answer_to_lake.status, answer_to_lake.body) == (nothing.status, nothing.body)
    assert nothing.status == 404
    stored = await lake.pool.fetch("select content_html from posts")
    assert not any(
        canary in row["content_html"]
        for row in stored
        for canary in ("canary-three", "canary-four", "canary-five")
    )
    assert not await lake.reads(cleo, "canary-two"), "who is no member any more reads no copy either"

"""A group on harbour that somebody on garden helps to look after, and a member on lake: both ways.

Three whole communities of ours, over real HTTP. What mia does on garden happens on harbour and is seen on
lake; what olga does on harbour is seen on both.
"""

from datetime import timedelta

import pytest

from fediverse_support.community.joining import memberships
from fediverse_support.core import clock
from fediverse_support.core.errors import Forbidden
from fediverse_support.core.models import Account
from fediverse_support.database import accounts, deeds, groups
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import bans, posts, reports, teams, threads
from fediverse_support.moderation.bans import Decision


class Story:
    """The three servers, their people, and the group as each knows it."""

    def __init__(self, fediverse, group, **people):
        self.fediverse, self.group, self.people = fediverse, group, people

    async def account(self, server, name) -> Account:
        async with acquire(self.fediverse[server].pool) as db:
            return await accounts.by_name(db, name)

    async def group_at(self, server):
        return await self.fediverse[server].known(self.group.actor)

    async def post_at(self, server, uri):
        return await self.fediverse[server].home.post_by_uri(uri)

    async def does(self, server, deed, *arguments, **more):
        """A deed on one server, and all that follows from it everywhere."""
        at = self.fediverse[server]
        async with acquire(at.pool) as db, db.transaction():
            await deed(db, at.site, *arguments, clock.now(), **more)
        await self.fediverse.settle()

    async def writes(self, server, name):
        post = await self.fediverse[server].home.write(
            self.people[name], await self.group_at(server), "Words", title="A thread"
        )
        await self.fediverse.settle()
        return post

    async def states(self, uri):
        return {name: (await self.post_at(name, uri)).state for name in ("harbour", "garden", "lake")}

    async def locks(self, uri):
        return {
            (await self.post_at(name, uri)).locked_at is not None for name in ("harbour", "garden", "lake")
        }

    async def rows(self, server, query, *arguments):
        return [tuple(row) for row in await self.fediverse[server].pool.fetch(query, *arguments)]


@pytest.fixture
async def story(make_fediverse):
    """The group, olga who owns it, mia on garden and leo on lake who are in it; olga names mia."""
    fediverse = await make_fediverse("harbour", "garden", "lake")
    harbour = fediverse["harbour"]
    group = await harbour.home.group("sober")
    people = {
        "olga": await harbour.home.member("olga"),
        "mia": await fediverse["garden"].home.member("mia"),
        "leo": await fediverse["lake"].home.member("leo"),
    }
    async with acquire(harbour.pool) as db:
        await groups.add_moderator(db, group.actor.id, people["olga"].id)
        await db.execute("update group_moderators set is_owner = true")
    found = Story(fediverse, group, **people)
    for server, name in (("garden", "mia"), ("lake", "leo")):
        at = fediverse[server]
        place = await at.find(group.actor.handle)
        async with acquire(at.pool) as db, db.transaction():
            await memberships.join_elsewhere(db, at.site, people[name], place)
    await fediverse.settle()
    mia = await harbour.known(people["mia"])
    await found.does("harbour", teams.name, group.actor, mia, await found.account("harbour", "olga"))
    return found


async def test_a_moderator_on_another_server_is_named_acts_and_is_thanked(story):
    mia = await story.account("garden", "mia")
    assert await story.rows("garden", "select actor_id from group_moderators") == [(mia.actor_id,)]
    post = await story.writes("lake", "leo")

    await story.does("garden", posts.hide, await story.post_at("garden", post.uri), mia, "It names somebody")
    assert set((await story.states(post.uri)).values()) == {"hidden"}
    async with acquire(story.fediverse["lake"].pool) as db:
        assert await deeds.why_hidden(db, [post.uri]) == {post.uri: "It names somebody"}
    assert await story.rows("harbour", "select by_uri, reason from deeds where deed = 'hide post'") == [
        (story.people["mia"].uri, "It names somebody")
    ]
    await story.does("garden", posts.show, await story.post_at("garden", post.uri), mia, "")
    assert set((await story.states(post.uri)).values()) == {"live"}

    await story.does("garden", threads.lock, await story.post_at("garden", post.uri), mia, "Enough")
    assert await story.locks(post.uri) == {True}
    for server, name in (("lake", "leo"),):
        with pytest.raises(Forbidden, match="closed"):
            await story.fediverse[server].home.reply(
                story.people[name], await story.post_at(server, post.uri)
            )
    await story.does("garden", threads.unlock, await story.post_at("garden", post.uri), mia, "")
    assert await story.locks(post.uri) == {False}

    await story.does("garden", threads.pin, await story.post_at("garden", post.uri), mia, "")
    for server in ("harbour", "garden", "lake"):
        assert await story.rows(server, "select object_uri from pins") == [(post.uri,)]
    await story.does("garden", threads.unpin, await story.post_at("garden", post.uri), mia, "")
    for server in ("harbour", "garden", "lake"):
        assert await story.rows(server, "select object_uri from pins") == []

    olga = await story.account("harbour", "olga")
    known = await story.fediverse["harbour"].known(story.people["mia"])
    await story.does("harbour", teams.dismiss, story.group.actor, known, olga)
    assert await story.rows("garden", "select * from group_moderators") == []
    await story.does("garden", threads.lock, await story.post_at("garden", post.uri), mia, "Still here")
    assert (await story.post_at("harbour", post.uri)).locked_at is None


async def test_a_ban_by_a_moderator_elsewhere_is_told_kept_and_lifted_by_another(story):
    mia, olga = await story.account("garden", "mia"), await story.account("harbour", "olga")
    post = await story.writes("lake", "leo")
    leo = await story.fediverse["garden"].known(story.people["leo"])
    decided = Decision(reason="Please rest", until=clock.now() + timedelta(days=2), hides_posts=True)
    await story.does("garden", bans.ban, await story.group_at("garden"), leo, mia, decided)
    assert (await story.post_at("harbour", post.uri)).state == "hidden"
    assert await story.rows("lake", "select blocked_uri, target_uri, reason from blocks") == [
        (story.people["leo"].uri, story.group.actor.uri, "Please rest")
    ]
    with pytest.raises(Forbidden, match="stay away"):
        await story.writes("lake", "leo")
    left = "select count(*) from follows f join actors a on a.id = f.follower_id where a.uri = $1"
    assert await story.rows("harbour", left, story.people["leo"].uri) == [(0,)]
    assert await story.rows("lake", left, story.people["leo"].uri) == [(0,)], "the group took the Accept back"
    await story.does("harbour", bans.lift, story.group.actor, leo.uri, olga, restores=True)
    assert (await story.post_at("harbour", post.uri)).state == "live"
    assert await story.rows("lake", "select * from blocks") == []


async def test_a_report_reaches_the_group_and_its_moderator_elsewhere_and_nobody_learns_who_asked(story):
    post = await story.writes("harbour", "olga")
    for community in story.fediverse.communities.values():
        community.heard.clear()
    at = story.fediverse["lake"]
    words = reports.Words(reason="This frightens me", tells_other_server=True)
    await story.does("lake", reports.file, await story.post_at("lake", post.uri), story.people["leo"], words)
    for server in ("harbour", "garden"):
        found = await story.rows(server, "select reason, reporter_uri, group_id is not null from reports")
        assert found == [("This frightens me", at.site.instance_actor, True)], server
    for community in story.fediverse.communities.values():
        for heard in community.heard:
            if b"Flag" in heard.body:
                assert b"leo" not in heard.body
                assert str(story.people["leo"].id).encode() not in heard.body
                assert b"#Public" not in heard.body

"""Members write, answer, edit and delete; what leaves this server when they do."""

from datetime import timedelta

import pytest

from fediverse_support.community.posts import posts
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Gone, Malformed, Missing
from fediverse_support.core.models import Viewer
from fediverse_support.database.pool import acquire
from tests.support.followers import followed, told
from tests.support.remote import RemoteActor


async def test_a_thread_is_told_to_each_follower_in_their_words(home):
    member, group = await home.member(), await home.group()
    await followed(home, group, software="lemmy")
    await followed(home, group, software="mastodon")
    post = await home.write(member, group.actor)
    await home.reply(member, post)
    assert await told(home, "lemmy.example") == [("Announce", "Create"), ("Announce", "Create")]
    assert await told(home, "mastodon.example") == [("Announce", "id")]


async def test_l2_nothing_of_a_sealed_group_leaves(home):
    member, group = await home.member(), await home.group(reach="sealed")
    await home.join(member, group.actor)
    there = await followed(home, group, software="lemmy")
    post = await home.write(member, group.actor, source="@lea@lemmy.example come here")
    post = await home.edit(member, post, "changed", clock.now() + timedelta(seconds=2))
    await home.reply(member, post)
    await home.delete(member, post)
    assert await home.pool.fetchval("select count(*) from deliveries") == 0
    assert await home.pool.fetchval("select count(*) from activities") == 0
    assert there.id


async def test_what_may_not_be_said_changes_nothing(home):
    member, group = await home.member(), await home.group(speaking="moderators")
    open_group = await home.group("open")
    with pytest.raises(Forbidden):
        await home.write(member, group.actor)
    for source, title in (("  ", "x"), ("x" * 20_001, "x"), ("x", "x" * 201)):
        with pytest.raises(Malformed):
            await home.write(member, open_group.actor, source=source, title=title)
    assert await home.pool.fetchval("select count(*) from posts") == 0


async def test_one_answers_only_what_one_sees(home):
    member, outsider = await home.member(), await home.member("otto")
    group = await home.group(seeing="members")
    await home.join(member, group.actor)
    post = await home.write(member, group.actor)
    async with acquire(home.pool) as db:
        with pytest.raises(Missing):
            await posts.reply(
                db,
                home.site,
                outsider,
                Viewer(actor_id=outsider.id),
                post.id,
                posts.Words(source="x"),
                clock.now(),
                policy=home.policy,
            )


async def test_an_edit_keeps_what_was_said_and_goes_to_everybody_who_was_told(home):
    member, group = await home.member(), await home.group()
    for software in ("lemmy", "mastodon"):
        await followed(home, group, software=software)
    post = await home.write(member, group.actor, source="before")
    changed = await home.edit(member, post, "after", post.published_at + timedelta(seconds=1))
    assert "after" in changed.content_html
    assert await home.pool.fetchval("select content_html from post_versions") == post.content_html
    assert (await told(home, "lemmy.example"))[-1] == ("Announce", "Update")
    assert (await told(home, "mastodon.example"))[-1] == ("Update", "Note")
    with pytest.raises(Conflict):
        await home.edit(member, changed, "at the same time", changed.edited_at)


async def test_who_was_asked_to_stay_away_changes_nothing_they_said_and_may_take_it_back(home):
    group, member = await home.group(), await home.member()
    await home.join(member, group.actor)
    post = await home.write(member, group.actor, "before")
    await home.pool.execute(
        "insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri) values ($1, $2, $1, 'x')",
        group.actor.uri,
        member.uri,
    )
    with pytest.raises(Forbidden, match="stay away"):
        await home.edit(member, post, "an insult", post.published_at + timedelta(seconds=1))
    assert await home.pool.fetchval("select source from posts where id = $1", post.id) == "before"
    await home.delete(member, post)


async def test_only_the_author_edits_and_deletes(home):
    member, other, group = await home.member(), await home.member("otto"), await home.group()
    post = await home.write(member, group.actor)
    with pytest.raises(Forbidden):
        await home.edit(other, post, "mine")
    with pytest.raises(Forbidden):
        await home.delete(other, post)


async def test_a_deletion_wipes_the_words_and_follows_them_everywhere(home):
    member, group = await home.member(), await home.group()
    for software in ("lemmy", "mastodon"):
        await followed(home, group, software=software)
    post = await home.write(member, group.actor, source="a secret")
    await home.delete(member, post)
    row = await home.pool.fetchrow("select * from posts where id = $1", post.id)
    assert (row["state"], row["content_html"], row["source"], row["title"]) == ("deleted", "", None, "")
    assert (await told(home, "lemmy.example"))[-1] == ("Announce", "Delete")
    assert ("Undo", "Announce") in await told(home, "mastodon.example")
    assert ("Delete", "Tombstone") in await told(home, "mastodon.example")
    with pytest.raises(Gone):
        await home.delete(member, post)


async def test_a_post_into_a_group_elsewhere_goes_there_and_nowhere_else(home):
    member = await home.member()
    there = await home.meet(RemoteActor("sober", "https://lemmy.example", "Group"))
    await home.write(member, there)
    rows = await home.pool.fetch("select inbox_url from deliveries")
    assert [row["inbox_url"] for row in rows] == [there.inbox_url]
    assert await home.pool.fetchval("select count(*) from activities where type = 'Announce'") == 0


async def test_an_answer_is_told_to_whom_it_answers(home):
    member, group = await home.member(), await home.group()
    post = await home.write(member, group.actor)
    author = await home.meet(RemoteActor("ana", "https://masto.example"))
    await home.pool.execute("update posts set author_id = $1 where id = $2", author.id, post.id)
    await home.reply(member, post)
    rows = await home.pool.fetch("select inbox_url from deliveries")
    assert author.inbox_url in [row["inbox_url"] for row in rows]

"""Taking posts down and up again: what goes to which kind of server, and what is on the record."""

import pytest

from fediverse_support.core.errors import Conflict
from fediverse_support.moderation import posts

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def test_microblogs_are_told_by_the_boost_and_the_others_by_the_delete(scene):
    post = await scene.post_of(scene.rosa)
    before = len(await scene.sent())
    await scene.does(posts.hide, post, scene.mo, "It names somebody.")
    undo, delete, announce = await scene.sent(before)
    mo = await scene.actor(scene.mo)
    assert (delete[0], delete[1]) == (mo.uri, "masto.example"), "the author hears it from the moderator"
    assert (delete[2]["type"], delete[2]["summary"]) == ("Delete", "It names somebody.")
    assert (announce[0], announce[1]) == (scene.group.actor.uri, "lemmy.example")
    assert announce[2]["object"] == delete[2]
    assert (undo[1], undo[2]["type"], undo[2]["object"]["object"]) == ("masto.example", "Undo", post.uri)
    await scene.does(posts.show, await scene.again(post), scene.mo, "A misunderstanding.")
    undone, announced, boost = await scene.sent(before + 3)
    assert (undone[2]["type"], undone[2]["object"]["id"]) == ("Undo", delete[2]["id"])
    assert (announced[1], announced[2]["object"]["type"]) == ("lemmy.example", "Undo")
    assert (boost[1], boost[2]["type"], boost[2]["object"]) == ("masto.example", "Announce", post.uri)
    assert (await scene.again(post)).state == "live"
    assert await scene.deeds() == [
        ("hide post", post.uri, "It names somebody."),
        ("show post", post.uri, "A misunderstanding."),
    ]


async def test_the_delete_is_not_withdrawn_with_the_boost(scene):
    post = await scene.post_of(scene.rosa)
    for _ in range(2):
        before = len(await scene.sent())
        await scene.does(posts.hide, await scene.again(post), scene.mo, "It names somebody.")
        announced = (await scene.sent(before))[-1][2]
        assert announced["object"]["type"] == "Delete"
        undone = "select undone_at from activities where uri = $1"
        assert await scene.home.pool.fetchval(undone, announced["id"]) is None, "or it is never sent"
        await scene.does(posts.show, await scene.again(post), scene.mo, "")


async def test_another_moderator_brings_a_post_back_in_their_own_name(scene):
    other = await scene.account("other")
    await scene.looks_after(other, scene.group.actor)
    post = await scene.post_of(scene.lea)
    await scene.does(posts.hide, post, scene.mo, "Spam")
    before = len(await scene.sent())
    await scene.does(posts.show, await scene.again(post), other, "")
    undo = (await scene.sent(before))[0][2]
    assert undo["actor"] == undo["object"]["actor"] == scene.home.site.person("other")
    assert undo["object"]["object"] == post.uri


async def test_what_a_moderator_elsewhere_took_down_can_be_brought_back_here(scene):
    far = await scene.meets("far", "piefed.example", joins=False)
    await scene.home.moderator(scene.group, far)
    post = await scene.post_of(scene.rosa)
    await scene.arrives(far, far.activity("Delete", post.uri, summary="Spam", to=[PUBLIC], cc=[]))
    assert (await scene.again(post)).state == "hidden"
    before = len(await scene.sent())
    await scene.does(posts.show, await scene.again(post), scene.mo, "")
    assert [(hosts, body["type"]) for _, hosts, body in await scene.sent(before)] == [
        ("masto.example", "Undo"),
        ("lemmy.example", "Announce"),
        ("masto.example", "Announce"),
    ]


async def test_a_member_who_moderates_a_group_elsewhere_tells_that_group_only(scene):
    harbour = await scene.meets("harbour", "lemmy.example", type="Group", joins=False)
    group = await scene.stored(harbour.uri)
    await scene.home.join(await scene.actor(scene.mo), group)
    await scene.looks_after(scene.mo, group)
    post = await scene.home.write(await scene.actor(scene.mo), group)
    before = len(await scene.sent())
    await scene.does(posts.hide, post, scene.mo, "Off topic")
    ((actor, hosts, delete),) = await scene.sent(before)
    assert (actor, hosts) == (scene.home.site.person("mo"), "lemmy.example")
    assert (delete["type"], delete["audience"], delete["summary"]) == ("Delete", harbour.uri, "Off topic")
    await scene.does(posts.show, await scene.again(post), scene.mo, "")
    ((_, hosts, undo),) = await scene.sent(before + 1)
    assert (hosts, undo["type"], undo["object"]["id"]) == ("lemmy.example", "Undo", delete["id"])


async def test_staff_who_do_not_moderate_a_group_elsewhere_hide_here_only(scene):
    harbour = await scene.meets("harbour", "lemmy.example", type="Group", joins=False)
    post = await scene.home.write(await scene.actor(scene.mo), await scene.stored(harbour.uri))
    boss = await scene.account("boss", role="admin")
    before = len(await scene.sent())
    await scene.does(posts.hide, post, boss, "Not for us")
    assert await scene.sent(before) == []
    assert (await scene.again(post)).state == "hidden"


async def test_what_never_left_is_taken_down_without_a_word(scene):
    inner = await scene.home.group("inner", reach="sealed")
    mo = await scene.actor(scene.mo)
    await scene.home.join(mo, inner.actor)
    await scene.looks_after(scene.mo, inner.actor)
    post = await scene.home.write(mo, inner.actor)
    before = len(await scene.sent())
    await scene.does(posts.hide, post, scene.mo, "x")
    await scene.does(posts.show, await scene.again(post), scene.mo, "x")
    assert await scene.sent(before) == []


async def test_a_post_is_hidden_once(scene):
    post = await scene.post_of(scene.rosa)
    await scene.does(posts.hide, post, scene.mo, "x")
    with pytest.raises(Conflict):
        await scene.does(posts.hide, await scene.again(post), scene.mo, "x")

"""Locks and pins by people of ours."""

import pytest

from fediverse_support.core.errors import Conflict, Forbidden
from fediverse_support.moderation import threads


async def test_a_lock_goes_to_servers_that_know_groups_and_refuses_answers(scene):
    post = await scene.post_of(scene.rosa)
    before = len(await scene.sent())
    await scene.does(threads.lock, post, scene.mo, "Enough said")
    (_, hosts, lock), (group, to, announce) = await scene.sent(before)
    assert (hosts, group, to) == ("", scene.group.actor.uri, "lemmy.example")
    assert (lock["type"], lock["object"], lock["summary"]) == ("Lock", post.uri, "Enough said")
    assert announce["object"] == lock
    ada = await scene.home.member("ada")
    with pytest.raises(Forbidden, match="closed this conversation"):
        await scene.home.reply(ada, post)
    answer = scene.lea.note(scene.group.actor.uri, inReplyTo=post.uri)
    await scene.arrives(scene.lea, scene.lea.create(answer))
    assert await scene.home.outcomes() == [("Create", "done"), ("Create", "refused")]
    await scene.home.reply(await scene.actor(scene.mo), post)
    after = len(await scene.sent())
    await scene.does(threads.unlock, await scene.again(post), scene.mo, "")
    (_, _, undo), (_, to, _) = await scene.sent(after)
    assert (undo["type"], undo["object"]["id"], to) == ("Undo", lock["id"], "lemmy.example")
    await scene.home.reply(ada, post)
    assert [deed for deed, _, _ in await scene.deeds()] == ["lock thread", "unlock thread"]


async def test_a_lock_of_a_branch_closes_what_is_below_it_and_nothing_else(scene):
    ada = await scene.home.member("ada")
    root = await scene.post_of(scene.rosa)
    branch, other = await scene.home.reply(ada, root), await scene.home.reply(ada, root)
    below = await scene.home.reply(ada, branch)
    await scene.does(threads.lock, branch, scene.mo, "")
    for post in (branch, below):
        with pytest.raises(Forbidden):
            await scene.home.reply(ada, post)
    for post in (root, other):
        await scene.home.reply(ada, post)


async def test_a_circle_of_answers_and_a_deep_thread_do_no_harm(scene):
    ada = await scene.home.member("ada")
    root = await scene.post_of(scene.rosa)
    one = await scene.home.reply(ada, root)
    two = await scene.home.reply(ada, one)
    locked = await scene.home.reply(ada, root)
    await scene.does(threads.lock, locked, scene.mo, "")
    await scene.home.pool.execute("update posts set parent_id = $1 where id = $2", two.id, one.id)
    await scene.home.reply(ada, two)
    deepest = await scene.home.pool.fetchval(
        """
        insert into posts (id, uri, author_id, group_id, root_id, parent_id, content_html, reach,
                           published_at, active_at)
        select n, 'https://deep.example/' || n, $1, $2, $3,
               case when n = 1 then $4::bigint else n - 1 end, '', 'open', now(), now()
          from generate_series(1, 3000) n returning (select 3000)
        """,
        ada.id,
        scene.group.actor.id,
        root.id,
        locked.id,
    )
    with pytest.raises(Forbidden):
        await scene.home.reply(ada, await scene.home.post_by_uri(f"https://deep.example/{deepest}"))


async def test_a_lock_is_set_once_and_lifted_once(scene):
    post = await scene.post_of(scene.rosa)
    await scene.does(threads.lock, post, scene.mo, "")
    with pytest.raises(Conflict):
        await scene.does(threads.lock, await scene.again(post), scene.mo, "")
    await scene.does(threads.unlock, await scene.again(post), scene.mo, "")
    with pytest.raises(Conflict):
        await scene.does(threads.unlock, await scene.again(post), scene.mo, "")


async def test_a_pin_is_announced_to_some_and_the_others_look_at_the_group(scene):
    post = await scene.post_of(scene.rosa)
    before = len(await scene.sent())
    await scene.does(threads.pin, post, scene.mo, "")
    update, add, announce = await scene.sent(before)
    assert (update[1], update[2]["type"], update[2]["object"]["type"]) == ("masto.example", "Update", "Group")
    assert (add[2]["type"], add[2]["target"]) == ("Add", f"{scene.group.actor.uri}/featured")
    assert (announce[1], announce[2]["object"]) == ("lemmy.example", add[2])
    featured = (await scene.home.get("/groups/sober/featured")).json()
    assert featured["orderedItems"] == [post.uri]
    activity = await scene.home.get(add[2]["id"].removeprefix(scene.home.site.origin))
    assert activity.json() == add[2], "whoever looks the Add up finds it"
    await scene.does(threads.unpin, post, scene.mo, "")
    assert (await scene.home.get("/groups/sober/featured")).json()["orderedItems"] == []
    assert (await scene.sent())[-1][2]["object"]["type"] == "Remove"


async def test_only_a_post_of_the_group_that_is_there_is_pinned_and_not_without_end(scene):
    post = await scene.post_of(scene.rosa)
    for number in range(20):
        await scene.home.pool.execute(
            "insert into pins (group_id, object_uri) values ($1, $2)",
            scene.group.actor.id,
            f"https://x/{number}",
        )
    with pytest.raises(Conflict):
        await scene.does(threads.pin, post, scene.mo, "")


@pytest.mark.parametrize("verb", ["Lock", "Add"])
async def test_in_a_group_elsewhere_the_group_is_told(scene, verb):
    harbour = await scene.meets("harbour", "lemmy.example", type="Group", joins=False)
    group = await scene.stored(harbour.uri)
    await scene.looks_after(scene.mo, group)
    post = await scene.home.write(await scene.actor(scene.mo), group)
    before = len(await scene.sent())
    await scene.does({"Lock": threads.lock, "Add": threads.pin}[verb], post, scene.mo, "")
    ((_, hosts, activity),) = await scene.sent(before)
    assert (hosts, activity["type"], activity["audience"]) == ("lemmy.example", verb, harbour.uri)

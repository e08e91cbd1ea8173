"""What is not taken into a thread, whoever lists it, and whom we do not even ask."""

import pytest


async def test_an_answer_does_not_drag_into_the_group_what_was_written_elsewhere(search):
    private = search.ana.note(None)
    search.internet.documents[private["id"]] = private
    stray = search.note(search.ben, private)
    await search.arrives(stray)
    await search.gather(stray)
    assert await search.world.post(private["id"]) is None
    assert (await search.tree())[stray["id"]] == (None, stray["id"])


async def test_a_thread_that_lists_posts_of_other_groups_gets_none_of_them(search):
    other = await search.world.known("quilting", "hub", type="Group")
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    foreign = search.ben.note(other.uri)
    search.internet.documents[foreign["id"]] = foreign
    lonely = search.ben.note(None, inReplyTo=foreign["id"])
    search.internet.documents[lonely["id"]] = lonely
    search.context(root, foreign, lonely)
    await search.arrives(root)
    ended = await search.gather(root)
    assert ended.found == 0
    assert set(await search.tree()) == {root["id"]}


async def test_a_post_counts_only_as_its_own_server_has_it(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    true = search.note(search.ben, root)
    forged = true | {"content": "<p>Never said</p>"}
    claims = search.ben.note(search.group.uri, inReplyTo=root["id"]) | {
        "id": search.internet.url("peer", "/forged"),
        "attributedTo": search.ben.uri,
    }
    search.internet.documents[claims["id"]] = claims
    url = search.context(root)
    search.internet.documents[url]["orderedItems"] += [forged, claims, claims["id"]]
    await search.arrives(root)
    await search.gather(root)
    assert set(await search.tree()) == {root["id"], true["id"]}
    assert (await search.world.post(true["id"]))["content_html"] == "<p>Hello to all of you</p>"


async def test_whom_the_group_has_sent_away_does_not_come_in_by_another_door(search):
    """The group's own list is the thread; the answers as their author's server keeps them may be more."""
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    fine, banned = search.note(search.ben, root), search.note(search.ben, root)
    search.context(root, fine)
    search.serve(root["replies"], fine, banned)
    await search.arrives(root)
    await search.gather(root)
    assert set(await search.tree()) == {root["id"], fine["id"]}


@pytest.mark.parametrize("is_whole", [True, False], ids=["of nobody", "not whole"])
async def test_a_list_that_is_not_the_groups_own_or_not_whole_decides_nothing(search, is_whole):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    listed, other = search.note(search.ben, root), search.note(search.ben, root)
    url = search.context(root, listed)
    gone = search.internet.url("hub", "/threads/1/2")
    search.internet.documents[url] |= {"attributedTo": None} if is_whole else {"next": gone}
    search.serve(root["replies"], listed, other)
    await search.arrives(root)
    await search.gather(root)
    assert set(await search.tree()) == {root["id"], listed["id"], other["id"]}


async def test_policy_is_asked_before_a_server_is_and_before_a_post_is_stored(search):
    cat, dan = await search.world.known("cat", "bad"), await search.world.known("dan", "odd")
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    blocked, held = search.note(cat, root), search.note(dan, root)
    search.context(root, blocked, held)
    search.world.set_levels(bad="blocked", odd="held")
    await search.arrives(root)
    await search.gather(root)
    assert search.asked(blocked) == 0
    assert (await search.world.post(held["id"]))["state"] == "held"
    assert await search.world.post(blocked["id"]) is None


async def test_what_was_said_in_a_sealed_thread_is_looked_for_nowhere(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    search.context(root, search.note(search.ben, root))
    await search.arrives(root)
    await search.world.pool.execute("update posts set reach = 'sealed'")
    before = len(search.internet.asked)
    await search.gather(root)
    assert len(search.internet.asked) == before


async def test_of_a_members_thread_only_servers_hear_that_know_of_it(search):
    """Those of who wrote in it, and those that the group itself names."""
    cat = await search.world.known("cat", "third")
    dan = await search.world.known("dan", "fourth")
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    inside, listed, outside = search.note(search.ana, root), search.note(cat, root), search.note(dan, root)
    search.context(root, inside, listed)
    search.serve(root["replies"], inside, outside)
    await search.arrives(root)
    await search.world.pool.execute("update posts set reach = 'members'")
    await search.gather(root)
    assert [search.asked(note) for note in (inside, listed, outside)] == [1, 1, 0]
    rows = await search.world.rows("select reach from posts")
    assert [row["reach"] for row in rows] == ["members"] * 3


async def test_a_first_post_that_its_own_server_has_deleted_is_deleted_here(search):
    root = search.note(search.ana, replies=None)
    await search.arrives(root)
    search.internet.documents[root["id"]] = 410
    await search.gather(root)
    assert (await search.world.post(root["id"]))["state"] == "deleted"


@pytest.mark.parametrize("answer", [404, 403, 500])
async def test_no_other_answer_deletes_anything(search, answer):
    root = search.note(search.ana, replies=None)
    await search.arrives(root)
    search.internet.documents[root["id"]] = answer
    await search.gather(root)
    assert (await search.world.post(root["id"]))["state"] == "live"


async def test_a_list_that_says_a_post_is_gone_deletes_nothing(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    reply = search.note(search.ben, root)
    url = search.context(root)
    search.internet.documents[url]["orderedItems"].append({"id": reply["id"], "type": "Tombstone"})
    await search.arrives(root)
    await search.arrives(reply)
    await search.gather(root)
    assert (await search.world.post(reply["id"]))["state"] == "live"

"""What is found of a thread, and where it is put."""

from fediverse_support.inbox.gathering import branches


async def test_what_the_thread_lists_is_fetched_post_by_post_and_put_in_its_place(search):
    context = search.internet.url("hub", "/threads/1")
    root = search.note(search.ana, context=context)
    first = search.note(search.ben, root)
    second = search.note(search.ana, first)
    search.context(root, first, second)
    await search.arrives(root)
    ended = await search.gather(root)
    assert (ended.state, ended.found) == ("done", 2)
    assert await search.tree() == {
        root["id"]: (None, root["id"]),
        first["id"]: (root["id"], root["id"]),
        second["id"]: (first["id"], root["id"]),
    }
    assert await search.world.sent("Announce") == [], "what we look up is announced to nobody"


async def test_answers_are_followed_from_answer_to_answer_where_no_list_of_the_thread_is_kept(search):
    root = search.note(search.ana)
    first = search.note(search.ben, root)
    second = search.note(search.ana, first)
    search.serve(root["replies"], first, type="Collection")
    search.serve(first["replies"], first=search.serve(f"{first['replies']}/1", second))
    await search.arrives(root)
    ended = await search.gather(root)
    assert ended.found == 2
    assert set(await search.tree()) == {root["id"], first["id"], second["id"]}


async def test_a_missing_parent_is_fetched_with_all_that_is_above_it(search):
    notes = [search.note(search.ana)]
    for _ in range(5):
        notes.append(search.note(search.ben, notes[-1]))
    stray = await search.arrives(notes[-1])
    assert stray["parent_id"] is None
    asked = await search.world.rows("select * from gatherings")
    assert [row["root_id"] for row in asked] == [stray["id"]], "it is looked for by itself"
    assert asked[0]["due_at"] > search.world.clock(), "the parent often comes by itself"
    search.world.clock.let_pass(seconds=30)
    ended = await search.gatherer().step()
    assert ended.found == 5
    tree = await search.tree()
    assert {root for _, root in tree.values()} == {notes[0]["id"]}
    assert [tree[note["id"]][0] for note in notes[1:]] == [note["id"] for note in notes[:-1]]
    moved = await search.world.rows("select p.uri from gatherings g join posts p on p.id = g.root_id")
    assert [row["uri"] for row in moved] == [notes[0]["id"]], "the search is now that of the whole thread"


async def test_a_parent_that_comes_by_itself_needs_no_search(search):
    root = search.note(search.ana)
    await search.arrives(search.note(search.ben, root))
    await search.arrives(root)
    search.world.clock.let_pass(minutes=1)
    before = len(search.internet.asked)
    await search.gatherer().step()
    assert len(search.internet.asked) == before
    assert await search.world.one("select count(*) from gatherings") == 0


async def test_the_first_post_is_asked_where_its_thread_is_kept_if_we_were_not_told(search):
    """PieFed tells it only in what is fetched, never in what it sends."""
    root = search.note(search.ana, replies=None)
    reply = search.note(search.ben, root)
    await search.arrives(root)
    search.internet.documents[root["id"]] |= {"context": search.context(root, reply)}
    await search.gather(root)
    assert reply["id"] in await search.tree()
    assert (await search.world.post(root["id"]))["context_url"] == search.internet.url("hub", "/threads/1")


async def test_activities_in_a_thread_stand_for_the_posts_that_they_carry(search):
    """`contextHistory` of FEP-f228, and what Lemmy keeps in its collections."""
    root = search.note(search.ana, replies=None, contextHistory=search.internet.url("peer", "/history"))
    first, second, third = (search.note(search.ben, root) for _ in range(3))
    items = [
        search.ben.does("Create", first),
        search.group.does("Announce", search.ben.does("Create", second)),
        search.group.does("Add", third["id"]),
        search.ben.does("Like", root["id"]),
        search.ben.does("Delete", first["id"]),
        {"type": "Announce", "object": {"type": "Announce", "object": {"type": "Announce", "object": {}}}},
    ]
    await search.arrives(root)
    search.serve(search.internet.url("peer", "/history"), *items)
    await search.gather(root)
    assert set(await search.tree()) == {root["id"], first["id"], second["id"], third["id"]}


async def test_a_branch_deeper_than_we_climb_is_put_together_by_its_pieces(search, monkeypatch):
    monkeypatch.setattr(branches, "MOST_ABOVE", 4)
    notes = [search.note(search.ana)]
    for _ in range(12):
        notes.append(search.note(search.ben, notes[-1]))
    await search.arrives(notes[-1])
    for _ in range(3):
        search.world.clock.let_pass(minutes=15)
        while (ended := await search.gatherer().step()) is not None:
            assert ended.state == "done"
    tree = await search.tree()
    assert {root for _, root in tree.values()} == {notes[0]["id"]}
    assert len(tree) == 13


async def test_a_stray_of_our_own_group_is_looked_for_and_its_parent_not_announced(world, search):
    ours = (await world.group()).actor
    root = search.ana.note(ours.uri)
    await world.send(search.ana, search.ana.wrap("Create", root))
    lost = search.ben.note(None, inReplyTo=root["id"])
    stray = search.ana.note(ours.uri, inReplyTo=lost["id"])
    await world.send(search.ana, search.ana.wrap("Create", stray))
    assert (await world.post(stray["id"]))["parent_id"] is None, "its parent's server did not answer then"
    before = len(await world.sent("Announce"))
    search.internet.documents[lost["id"]] = lost
    world.clock.let_pass(minutes=7)
    await search.gatherer().step()
    tree = await search.tree()
    assert tree[stray["id"]] == (lost["id"], root["id"])
    assert len(await world.sent("Announce")) == before

"""Threads that began while somebody was away: the outbox of their group names them."""

from fediverse_support.inbox.gathering import plan


async def read_outbox(search, root):
    """Look for what the group has begun since `root`; then for the rest of what was found."""
    row = await search.world.post(root["id"])
    await search.ask(row, outboxes=[row["id"]])
    worker = search.gatherer()
    while (ended := await worker.step()) is not None:
        assert ended.state == "done"


async def test_new_threads_in_the_outbox_of_a_group_are_found_with_their_answers(search):
    root = search.note(search.ana)
    await search.arrives(root)
    whole, named, embedded = (search.note(search.ben) for _ in range(3))
    answer = search.note(search.ana, whole)
    search.serve(whole["replies"], answer)
    search.outbox(search.ben.wrap("Create", whole), named["id"], embedded)
    await read_outbox(search, root)
    tree = await search.tree()
    assert set(tree) == {note["id"] for note in (root, whole, named, embedded, answer)}
    assert tree[answer["id"]] == (whole["id"], whole["id"])
    assert await search.world.sent("Announce") == []


async def test_without_an_outage_no_outbox_is_read(search):
    root = search.note(search.ana)
    await search.arrives(root)
    outbox = search.outbox(search.note(search.ben)["id"])
    await search.gather(root)
    assert search.asked(outbox) == 0


async def test_what_an_outbox_names_counts_only_as_its_own_server_has_it_and_in_this_group(search):
    other = await search.world.known("quilting", "hub", type="Group")
    root = search.note(search.ana)
    await search.arrives(root)
    foreign = search.ben.note(other.uri)
    stray = search.note(search.ben, foreign)
    search.internet.documents[foreign["id"]] = foreign
    true = search.note(search.ben)
    forged = true | {"content": "<p>Never said</p>"}
    search.outbox(foreign["id"], stray["id"], search.ben.wrap("Create", forged), 7, None, {"type": "Like"})
    await read_outbox(search, root)
    assert set(await search.tree()) == {root["id"], true["id"]}
    assert (await search.world.post(true["id"]))["content_html"] == "<p>Hello to all of you</p>"


async def test_of_an_outbox_only_the_newest_pages_are_read(search):
    root = search.note(search.ana)
    await search.arrives(root)
    base = search.internet.url("hub", "/pages")
    for number in range(9):
        found = search.note(search.ben)
        search.serve(f"{base}/{number}", found, type="OrderedCollectionPage", next=f"{base}/{number + 1}")
    search.outbox(first=f"{base}/0")
    await read_outbox(search, root)
    read = [url for url in search.internet.asked if url.startswith(base)]
    assert len(read) == plan.MOST_OF_AN_OUTBOX - 1
    assert len(await search.tree()) == plan.MOST_OF_AN_OUTBOX


async def test_a_list_of_one_thread_says_nothing_of_other_threads_of_the_group(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    search.context(root)
    await search.arrives(root)
    fresh = search.note(search.ben)
    search.outbox(fresh["id"])
    await read_outbox(search, root)
    assert set(await search.tree()) == {root["id"], fresh["id"]}

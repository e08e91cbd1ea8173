"""Everything that others say can be endless, in a circle or nonsense: here it has an end."""

from datetime import timedelta

from fediverse_support.community.arriving import gathering
from fediverse_support.inbox.gathering import branches, plan, walking


async def test_things_that_are_no_posts_are_passed_over(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    reply = search.note(search.ben, root)
    url = search.context(root)
    strange = [
        1,
        None,
        2.5,
        True,
        [],
        {},
        "",
        "not a URL",
        "javascript:alert(1)",
        {"id": 7},
        url,
        search.ben.uri,
    ]
    search.internet.documents[url]["orderedItems"] = [*strange, reply["id"], *strange, {"id": reply["id"]}]
    await search.arrives(root)
    ended = await search.gather(root)
    assert ended.state == "done"
    assert set(await search.tree()) == {root["id"], reply["id"]}


async def test_a_collection_that_leads_to_itself_is_read_once(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    url = search.context(root, first=search.internet.url("hub", "/threads/1"))
    search.internet.documents[url]["next"] = url
    loop = [search.internet.url("peer", f"/loop/{number}") for number in range(3)]
    for number, page in enumerate(loop):
        search.serve(page, {"id": loop[0]}, type="OrderedCollectionPage", next=loop[(number + 1) % 3])
    search.serve(root["replies"], first=loop[0])
    await search.arrives(root)
    ended = await search.gather(root)
    assert ended.state == "done"
    assert [search.asked(page) for page in (url, *loop)] == [1, 1, 1, 1]


async def test_a_collection_without_end_is_left_when_it_says_nothing_new(search):
    root = search.note(search.ana)
    await search.arrives(root)
    base = search.internet.url("peer", "/endless")
    for number in range(40):
        search.serve(f"{base}/{number}", root, type="OrderedCollectionPage", next=f"{base}/{number + 1}")
    search.serve(root["replies"], first=f"{base}/0")
    ended = await search.gather(root)
    assert ended.state == "done"
    read = [url for url in search.internet.asked if url.startswith(base)]
    assert len(read) == plan.MOST_BARREN + 1


async def test_a_collection_that_always_has_something_new_ends_with_the_bounds(search, monkeypatch):
    monkeypatch.setattr(plan, "MOST_POSTS", 12)
    monkeypatch.setattr(plan, "MOST_PAGES", 5)
    root = search.note(search.ana)
    await search.arrives(root)
    base = search.internet.url("peer", "/endless")
    for number in range(40):
        lies = [search.internet.url("peer", f"/lies/{number}/{item}") for item in range(50)]
        search.serve(f"{base}/{number}", *lies, type="OrderedCollectionPage", next=f"{base}/{number + 1}")
    search.serve(root["replies"], first=f"{base}/0")
    ended = await search.gather(root)
    assert (ended.state, ended.fetched) == ("done", 12)
    assert len([url for url in search.internet.asked if url.startswith(base)]) <= 4
    assert len([url for url in search.internet.asked if "/lies/" in url]) == 12


async def test_a_page_larger_than_we_take_is_left_out(search):
    root = search.note(search.ana, context=search.internet.url("hub", "/threads/1"))
    reply = search.note(search.ben, root)
    search.context(root, summary="x" * 1_100_000)
    search.serve(root["replies"], reply)
    await search.arrives(root)
    ended = await search.gather(root)
    assert (ended.state, ended.found) == ("done", 1)


async def test_bytes_and_time_have_an_end_too(search, monkeypatch):
    root = search.note(search.ana)
    search.serve(root["replies"], search.note(search.ben, root), summary="x" * 2_000)
    await search.arrives(root)
    monkeypatch.setattr(plan, "MOST_BYTES", 1_000)
    ended = await search.gather(root)
    assert (ended.state, ended.found, ended.fetched) == ("done", 0, 0)


async def test_circles_of_answers_are_stored_once_and_end(search):
    a, b = search.note(search.ana), search.note(search.ben)
    a["inReplyTo"], b["inReplyTo"] = b["id"], a["id"]
    own = search.note(search.ana)
    own["inReplyTo"] = own["id"]
    await search.arrives(a)
    await search.arrives(own)
    await search.gather(a)
    ended = await search.gather(own)
    assert ended.state == "done"
    tree = await search.tree()
    assert tree[own["id"]] == (None, own["id"])
    assert sorted(parent is None for parent, _ in (tree[a["id"]], tree[b["id"]])) == [False, True]
    assert len({tree[a["id"]][1], tree[b["id"]][1]}) == 1


def test_the_bounds_are_those_of_the_design():
    assert (plan.MOST_POSTS, plan.MOST_PAGES, plan.MOST_BARREN) == (1_000, 500, 10)
    assert timedelta(minutes=10) == gathering.COOL_DOWN
    assert branches.MOST_ABOVE == 50
    assert walking.LONGEST_REST < gathering.LOOKED_BACK

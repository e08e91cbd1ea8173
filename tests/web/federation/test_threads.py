"""The collections of a thread: where they end, and where an answer says that its thread is kept."""

from datetime import timedelta

import msgspec

from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.database import posts
from fediverse_support.protocol import parsing

ORIGIN = "http://garden.localhost:8000"


async def grow(home, root, author, number):
    """A thread with `number` more answers to its first post."""
    for place in range(number):
        moment = clock.now() + timedelta(seconds=place)
        public_id = new_public_id()
        reply = {
            "id": new_id(), "uri": home.site.post(public_id), "public_id": public_id,
            "in_reply_to": root.uri, "parent_id": root.id, "author_id": author.id, "title": "",
            "published_at": moment, "active_at": moment,
        }  # fmt: skip
        await posts.insert(home.pool, msgspec.structs.replace(root, **reply))


async def pages_of(home, path):
    """(items, whether there is a next page) of each page from the first on."""
    found, url = [], (await home.get(path)).json()["first"]
    while url:
        page = (await home.get(url.removeprefix(ORIGIN))).json()
        url = page.get("next")
        found.append((page["orderedItems"], url is not None))
    return found


async def test_the_last_page_of_a_thread_is_named_and_is_the_last(home):
    group, ada = await home.group(), await home.member()
    for total in (41, 80, 81):
        root = await home.write(ada, group.actor)
        await grow(home, root, ada, total - 1)
        path = f"/posts/{root.public_id}/context"
        whole = (await home.get(path)).json()
        pages = await pages_of(home, path)
        assert [len(items) for items, _ in pages] == [40] * (total // 40) + [total % 40] * (total % 40 > 0)
        assert [more for _, more in pages] == [True] * (len(pages) - 1) + [False]
        assert whole["last"] == f"{ORIGIN}{path}/{len(pages)}"
        assert whole["totalItems"] == total == len({uri for items, _ in pages for uri in items})
        assert pages[0][0][0] == root.uri, "in order, from the first post on"
        assert (await home.get(f"{path}/{len(pages) + 1}")).status_code == 404
        assert parsing.collection(whole, home.site.gate).attributed_to == group.actor.uri


async def test_answers_have_no_page_beyond_the_last_either(home):
    group, ada = await home.group(), await home.member()
    root = await home.write(ada, group.actor)
    await grow(home, root, ada, 40)
    path = f"/posts/{root.public_id}/replies"
    assert "next" not in (await home.get(path)).json()["first"]
    assert (await home.get(f"{path}/2")).status_code == 404


async def test_pages_of_a_thread_are_not_sent_again_either(home):
    group, ada = await home.group(), await home.member()
    root = await home.write(ada, group.actor)
    await grow(home, root, ada, 45)
    for path in (f"/posts/{root.public_id}/context/2", f"/posts/{root.public_id}/replies/2"):
        tag = (await home.get(path)).headers["etag"]
        assert (await home.get(path, if_none_match=tag)).status_code == 304


async def test_what_is_held_in_a_thread_moves_no_post_to_another_page(home):
    group, ada = await home.group(), await home.member()
    root = await home.write(ada, group.actor)
    await grow(home, root, ada, 80)
    await home.pool.execute(
        """
        update posts set state = 'held' where id in (
            select id from posts where root_id = $1 and id <> $1 order by published_at limit 20)
        """,
        root.id,
    )
    pages = await pages_of(home, f"/posts/{root.public_id}/context")
    assert [len(items) for items, _ in pages] == [40, 21]


async def test_an_answer_leads_to_the_thread_that_began_here(home):
    group, ada = await home.group(), await home.member()
    root = await home.write(ada, group.actor)
    answer = await home.reply(ada, await home.reply(ada, root))
    note = (await home.get(f"/posts/{answer.public_id}")).json()
    assert note["context"] == f"{root.uri}/context"
    assert note["replies"] == f"{answer.uri}/replies"


async def test_an_answer_in_a_thread_from_elsewhere_leads_to_where_that_is_kept(home, alice):
    """FEP-7888: copied from what is answered; else from the first post, if that has said it."""
    group, ada = await home.group(), await home.member()
    kept = "https://peer.example/threads/7"
    note = alice.note(group.actor.uri, context=kept, replies="https://peer.example/notes/1/replies")
    silent = alice.note(group.actor.uri, inReplyTo=note["id"])
    for one in (note, silent):
        await home.deliver(alice, alice.create(one))
        await home.process()
    for uri in (note["id"], silent["id"]):
        answer = await home.reply(ada, await home.post_by_uri(uri))
        assert (await home.get(f"/posts/{answer.public_id}")).json()["context"] == kept


async def test_an_address_on_a_third_server_is_not_kept_as_that_of_the_thread(home, alice):
    group, ada = await home.group(), await home.member()
    third = "https://third.example/track"
    note = alice.note(group.actor.uri, context=third, replies=third)
    await home.deliver(alice, alice.create(note))
    await home.process()
    stored = await home.post_by_uri(note["id"])
    assert (stored.context_url, stored.replies_url) == (None, None)
    answer = await home.reply(ada, stored)
    assert "context" not in (await home.get(f"/posts/{answer.public_id}")).json()

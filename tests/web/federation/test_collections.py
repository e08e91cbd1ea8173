"""Collections: only what everybody may see, in pages of a bounded size, and people only as a number."""

from datetime import timedelta

import msgspec

from fediverse_support.community.posts.published import LARGEST_PAGE
from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.database import groups, posts
from fediverse_support.protocol import parsing

ORIGIN = "http://garden.localhost:8000"


async def walk(home, path):
    """Every page from `first` on; the items, and how many pages there were."""
    items, pages, url = [], 0, (await home.get(path)).json()["first"]
    while url:
        assert "?" not in url, "what is signed of an address with a query differs from peer to peer"
        answer = await home.get(url.removeprefix(ORIGIN))
        assert answer.status_code == 200, url
        assert answer.json()["id"] == url
        assert answer.json()["partOf"] == ORIGIN + path
        items += answer.json()["orderedItems"]
        pages += 1
        url = answer.json().get("next")
    return items, pages


async def test_the_outbox_of_a_group_holds_whole_activities_as_lemmy_reads_them(home):
    group, ada = await home.group(), await home.member()
    post = await home.write(ada, group.actor)
    await home.reply(ada, post)
    found = (await home.get("/groups/sober/outbox")).json()
    assert found["totalItems"] == 1, "a thread start; answers reach microblog servers by the thread"
    (announce,) = found["orderedItems"]
    assert announce["type"] == "Announce"
    assert announce["object"]["type"] == "Create"
    assert announce["object"]["object"]["id"] == post.uri
    assert "@context" not in announce
    assert parsing.collection(found, home.site.gate).total == 1


async def test_an_outbox_is_read_to_its_end_each_activity_once(home):
    group, ada = await home.group(), await home.member()
    written = [(await home.write(ada, group.actor, f"Number {number}")).uri for number in range(45)]
    first = (await home.get("/groups/sober/outbox")).json()
    assert len(first["orderedItems"]) == 20
    assert first["totalItems"] == 45
    items, pages = await walk(home, "/groups/sober/outbox")
    assert [item["object"]["object"]["id"] for item in items] == written[::-1]
    assert pages == 3
    mine, _ = await walk(home, "/people/ada/outbox")
    assert [item["object"]["id"] for item in mine] == written[::-1]


async def test_a_page_stays_the_same_while_new_posts_come(home):
    group, ada = await home.group(), await home.member()
    for number in range(25):
        await home.write(ada, group.actor, f"Number {number}")
    next = (await home.get("/groups/sober/outbox/newest")).json()["next"].removeprefix(ORIGIN)
    before = (await home.get(next)).json()
    await home.write(ada, group.actor, "A new one")
    assert (await home.get(next)).json() == before


async def test_a_page_of_long_posts_is_cut_to_what_others_read(home):
    group, ada = await home.group(), await home.member()
    for _ in range(20):
        await home.write(ada, group.actor, "a word " * 2_800)
    answer = await home.get("/groups/sober/outbox")
    assert len(answer.content) < 1_000_000
    assert len(answer.content) > LARGEST_PAGE // 2
    items, _ = await walk(home, "/groups/sober/outbox")
    assert len(items) == 20


async def test_the_place_in_one_outbox_is_no_place_in_another(home):
    group, ada = await home.group(), await home.member()
    await home.write(ada, group.actor)
    mine = (await home.published(ada))[0]["id"].rpartition("/")[2]
    assert (await home.get(f"/people/ada/outbox/{mine}")).status_code == 200
    assert (await home.get(f"/groups/sober/outbox/{mine}")).status_code == 404


async def test_totals_do_not_count_what_is_hidden(home):
    group, ada = await home.group(), await home.member()
    root = await home.write(ada, group.actor)
    hidden = await home.reply(ada, root)
    await posts.set_state(home.pool, hidden.id, "hidden", None)
    context = (await home.get(f"/posts/{root.public_id}/context")).json()
    assert (context["totalItems"], context["orderedItems"]) == (1, [root.uri])
    assert (await home.get(f"/posts/{root.public_id}/replies")).json()["first"]["items"] == []
    await posts.set_state(home.pool, root.id, "hidden", None)
    assert (await home.get("/groups/sober/outbox")).json()["totalItems"] == 0
    assert (await home.get("/people/ada/outbox")).json()["totalItems"] == 0


async def test_followers_are_a_number_and_no_names(home, alice):
    group, ada = await home.group(), await home.member()
    await home.join(ada, group.actor)
    found = (await home.get("/groups/sober/followers")).json()
    assert found == {
        "@context": ["https://www.w3.org/ns/activitystreams"],
        "id": f"{ORIGIN}/groups/sober/followers",
        "type": "Collection",
        "totalItems": 1,
        "items": [],
    }


async def test_membership_of_a_closed_group_is_not_even_counted(home):
    ada, open_group = await home.member(), await home.group()
    for number, answers in enumerate(({"seeing": "members"}, {"reach": "sealed"}, {"reach": "members"})):
        closed = await home.group(f"secret{number}", **answers)
        await home.join(ada, closed.actor)
    await home.join(ada, open_group.actor)
    found = (await home.get("/people/ada/following")).json()
    assert (found["totalItems"], found["items"]) == (1, [])


async def test_moderators_are_listed_by_id(home):
    group, ada = await home.group(), await home.member()
    await groups.add_moderator(home.pool, group.actor.id, ada.id)
    found = (await home.get("/groups/sober/moderators")).json()
    assert (found["type"], found["orderedItems"]) == ("OrderedCollection", [ada.uri])


async def test_what_is_pinned_is_embedded_if_it_is_ours_and_named_if_it_is_not(home, alice):
    group, ada = await home.group(), await home.member()
    ours = await home.write(ada, group.actor)
    hidden = await home.write(ada, group.actor, "Not for showing.")
    note = alice.note(group.actor.uri)
    await home.deliver(alice, alice.create(note))
    await home.process()
    for uri in (hidden.uri, note["id"], ours.uri, "https://peer.example/notes/unknown"):
        await groups.pin(home.pool, group.actor.id, uri)
    await posts.set_state(home.pool, hidden.id, "hidden", None)
    items = (await home.get("/groups/sober/featured")).json()["orderedItems"]
    assert [item if isinstance(item, str) else item["id"] for item in items] == [ours.uri, note["id"]]
    assert items[0]["content"]


async def grow(home, root, author, number):
    """A thread with `number` more answers, without the cost of writing them."""
    now = clock.now()
    for place in range(number):
        moment = now + timedelta(seconds=place)
        public_id = new_public_id()
        reply = {
            "id": new_id(), "uri": home.site.post(public_id), "public_id": public_id,
            "in_reply_to": root.uri, "parent_id": root.id, "author_id": author.id, "title": "",
            "published_at": moment, "active_at": moment,
        }  # fmt: skip
        await posts.insert(home.pool, msgspec.structs.replace(root, **reply))


async def test_the_answers_to_a_post_and_its_thread_are_read_in_pages_of_forty(home):
    group, ada = await home.group(), await home.member()
    root = await home.write(ada, group.actor)
    await grow(home, root, ada, 100)
    replies = (await home.get(f"/posts/{root.public_id}/replies")).json()["first"]
    found, next = list(replies["items"]), replies["next"]
    while next:
        page = (await home.get(next.removeprefix(ORIGIN))).json()
        assert len(page["orderedItems"]) <= 40
        found += page["orderedItems"]
        next = page.get("next")
    assert len(found) == len(set(found)) == 100
    context = (await home.get(f"/posts/{root.public_id}/context")).json()
    assert context["totalItems"] == 101
    items, pages = await walk(home, f"/posts/{root.public_id}/context")
    assert items == [root.uri, *found]
    assert pages == 3


async def test_a_short_thread_is_there_at_once_with_its_group_as_owner(home):
    group, ada = await home.group(), await home.member()
    root = await home.write(ada, group.actor)
    reply = await home.reply(ada, root)
    found = (await home.get(f"/posts/{root.public_id}/context")).json()
    assert found["orderedItems"] == [root.uri, reply.uri]
    assert found["attributedTo"] == found["audience"] == group.actor.uri
    assert (await home.get(f"/posts/{reply.public_id}/context")).status_code == 404, "only a thread has one"


async def test_a_thread_that_has_not_grown_is_not_sent_again(home):
    """NodeBB asks so (If-None-Match), and PieFed again and again."""
    group, ada = await home.group(), await home.member()
    root = await home.write(ada, group.actor)
    path = f"/posts/{root.public_id}/context"
    tag = (await home.get(path)).headers["etag"]
    assert (await home.get(path, if_none_match=tag)).status_code == 304
    await home.reply(ada, root)
    assert (await home.get(path, if_none_match=tag)).status_code == 200


async def test_a_page_that_no_page_leads_to_is_not_there(home):
    group, ada = await home.group(), await home.member()
    root = await home.write(ada, group.actor)
    for number in ("0", "-1", "01", "1000", "x", "1e3", "٣"):
        assert (await home.get(f"/posts/{root.public_id}/replies/{number}")).status_code == 404, number
        assert (await home.get(f"/posts/{root.public_id}/context/{number}")).status_code == 404, number

"""Follower synchronisation (FEP-8fcf), the receiving side: whose word counts, and what it changes."""

import json
from datetime import timedelta

import pytest

from fediverse_support.protocol import synchronisation
from fediverse_support.protocol.signatures import cavage
from fediverse_support.protocol.signatures.digests import digest_header
from fediverse_support.protocol.signatures.requests import received
from fediverse_support.protocol.signatures.windows import http_date
from fediverse_support.protocol.synchronisation import Synchronisation


async def scene(world, *names):
    """A group elsewhere, and members of ours who are in it."""
    group = await world.known("sober", "lemmy", "Group")
    members = [await world.member(name) for name in names or ("mira", "noor")]
    for member in members:
        await world.join_elsewhere(member, group)
    await world.pool.execute("update follows set state = 'accepted', accepted_at = now() - interval '1 day'")
    return group, members


def said(group, *followers, **changes):
    fields = {
        "collection": group.followers,
        "url": f"{group.uri}/followers_synchronization",
        "digest": synchronisation.digest(member.uri for member in followers),
    }
    return synchronisation.render(Synchronisation(**fields | changes))


def serve(internet, group, *members, **changes):
    """The list that the group's server has for us."""
    url = f"{group.uri}/followers_synchronization"
    internet.documents[url] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": url,
        "type": "OrderedCollection",
        "orderedItems": [member if isinstance(member, str) else member.uri for member in members],
    } | changes


async def send(world, group, header, *, is_signed=True):
    """An activity of the group with the header, under its signature or beside it."""
    activity = group.does("Like", "http://lemmy.localhost:1/post/1")
    body = json.dumps(activity).encode()
    fields = {
        "host": world.site.host,
        "date": http_date(world.clock()),
        "digest": digest_header(body),
        "content-type": "application/activity+json",
    }
    name = synchronisation.HEADER.lower()
    signed = fields | ({name: header} if is_signed else {})
    signature = cavage.sign("POST", "/inbox", signed, group.key)
    raw = [(key.encode(), value.encode()) for key, value in (fields | {name: header}).items()]
    request = received("POST", "/inbox", [*raw, (b"signature", signature.encode())], body, world.site.origin)
    await world.reception.receive(request)
    await world.process()
    return await world.arrived(activity["id"])


async def who(world):
    rows = await world.rows(
        "select a.name from follows f join actors a on a.id = f.follower_id where f.state = 'accepted'"
        " order by 1"
    )
    return [row["name"] for row in rows]


@pytest.mark.parametrize(
    "change",
    [
        {"collection": "http://lemmy.localhost:1/users/other/followers"},
        {"url": "http://evil.localhost:1/followers_synchronization"},
        {"url": "not a url"},
    ],
    ids=["another collection", "a list on another server", "no address"],
)
async def test_a_header_about_what_is_not_the_senders_own_changes_nothing(world, internet, change):
    group, _ = await scene(world)
    serve(internet, group)
    internet.asked.clear()
    header = (
        'collectionId="x", url="y", digest="z"' if " " in change.get("url", "") else said(group, **change)
    )
    assert (await send(world, group, header)).state == "done"
    assert internet.asked == []
    assert await who(world) == ["mira", "noor"]


async def test_a_header_that_the_signature_does_not_cover_is_not_even_kept(world, internet):
    group, _ = await scene(world)
    serve(internet, group)
    internet.asked.clear()
    arrived = await send(world, group, said(group), is_signed=False)
    assert (arrived.state, arrived.synchronisation) == ("done", None)
    assert internet.asked == []
    assert await who(world) == ["mira", "noor"]


async def test_nobody_speaks_for_the_followers_of_another(world, internet):
    group, _ = await scene(world)
    eve = await world.known("eve", "lemmy")
    serve(internet, group)
    internet.asked.clear()
    await send(world, eve, said(group))
    assert internet.asked == []
    assert await who(world) == ["mira", "noor"]


async def test_a_header_whose_signature_is_false_is_forgotten_with_its_activity(world, internet, other_rsa):
    group, _ = await scene(world)
    serve(internet, group)
    forger = await world.known("sober", "lemmy", "Group", rsa=other_rsa)
    await world.pool.execute("delete from actor_keys where actor_id = $1", group.actor.id)
    group.publish()
    with pytest.raises(AssertionError, match="nothing was kept"):
        await send(world, forger, said(group))
    assert await who(world) == ["mira", "noor"]


@pytest.mark.parametrize(
    "change",
    [
        {"orderedItems": [], "totalItems": 2},
        {"orderedItems": [], "type": "Note"},
        {"orderedItems": [f"http://here.localhost:1/people/p{number}" for number in range(1001)]},
        {"orderedItems": [{"no": "id"}, 7]},
    ],
    ids=["only a number", "no collection", "too long", "unreadable"],
)
async def test_a_list_that_is_not_whole_drops_nobody(world, internet, change):
    group, _ = await scene(world)
    serve(internet, group, **change)
    await send(world, group, said(group))
    assert await who(world) == ["mira", "noor"]


async def test_a_list_that_never_ends_is_given_up_after_ten_pages(world, internet):
    group, _ = await scene(world)
    url = f"{group.uri}/followers_synchronization"
    serve(internet, group, first=f"{url}/1")
    for number in range(1, 30):
        internet.documents[f"{url}/{number}"] = {
            "id": f"{url}/{number}",
            "type": "OrderedCollectionPage",
            "orderedItems": [f"http://here.localhost:1/people/p{number}"],
            "next": f"{url}/{number + 1}",
        }
    internet.asked.clear()
    await send(world, group, said(group))
    assert len(internet.asked) == 11, "the collection and ten pages"
    assert await who(world) == ["mira", "noor"]


async def test_a_page_that_leads_back_to_itself_is_not_a_list(world, internet):
    group, _ = await scene(world)
    url = f"{group.uri}/followers_synchronization"
    serve(internet, group, next=url)
    internet.asked.clear()
    await send(world, group, said(group))
    assert internet.asked == [url]
    assert await who(world) == ["mira", "noor"]


async def test_the_same_digest_asks_for_nothing(world, internet):
    group, members = await scene(world)
    internet.asked.clear()
    arrived = await send(world, group, said(group, *members))
    assert arrived.synchronisation == said(group, *members)
    assert internet.asked == []


async def test_ours_whom_the_list_lacks_follow_no_longer(world, internet):
    group, (mira, _noor) = await scene(world)
    serve(internet, group, mira)
    await send(world, group, said(group, mira))
    assert await who(world) == ["mira"]


async def test_a_list_in_pages_is_read_to_its_end(world, internet):
    group, (mira, noor, _tom) = await scene(world, "mira", "noor", "tom")
    url = f"{group.uri}/followers_synchronization"
    serve(internet, group, first=f"{url}/1")
    for number, member in ((1, mira), (2, noor)):
        internet.documents[f"{url}/{number}"] = {
            "id": f"{url}/{number}",
            "type": "OrderedCollectionPage",
            "orderedItems": [member.uri],
        } | ({"next": f"{url}/2"} if number == 1 else {})
    await send(world, group, said(group, mira, noor))
    assert await who(world) == ["mira", "noor"]


async def test_who_was_let_in_while_we_asked_is_not_dropped(world, internet):
    group, (mira, noor) = await scene(world)
    serve(internet, group, mira)
    await world.pool.execute(
        "update follows set accepted_at = $2 where follower_id = $1",
        noor.id,
        world.clock() + timedelta(minutes=1),
    )
    await send(world, group, said(group, mira))
    assert await who(world) == ["mira", "noor"]


async def test_a_lost_accept_is_made_good_for_who_has_asked(world, internet):
    group, (mira, noor) = await scene(world)
    await world.pool.execute("update follows set state = 'pending' where follower_id = $1", noor.id)
    serve(internet, group, mira, noor)
    await send(world, group, said(group, mira, noor))
    assert await who(world) == ["mira", "noor"]


async def test_a_lost_leaving_is_told_again_once(world, internet):
    group, (mira, noor) = await scene(world)
    await world.pool.execute("delete from follows where follower_id = $1", noor.id)
    serve(internet, group, mira, noor, "http://here.localhost:1/people/nobody", world.site.instance_actor)
    for _ in range(3):
        await send(world, group, said(group, mira, noor))
    assert await who(world) == ["mira"]
    (undo,) = await world.sent("Undo")
    assert undo["body"]["actor"] == noor.uri
    assert undo["body"]["object"]["type"] == "Follow"
    assert undo["body"]["object"]["object"] == group.uri
    assert undo["inboxes"] == [f"{group.uri}/inbox"]


async def test_a_list_cannot_make_us_write_without_end(world, internet, monkeypatch):
    group, members = await scene(world, *[f"m{number}" for number in range(6)])
    monkeypatch.setattr("fediverse_support.inbox.synchronising.MOST_UNDONE", 4)
    await world.pool.execute("delete from follows")
    serve(internet, group, *members)
    await send(world, group, said(group, *members))
    assert len(await world.sent("Undo")) == 4


async def test_a_list_that_cannot_be_had_leaves_the_activity_done(world):
    group, _ = await scene(world)
    assert (await send(world, group, said(group))).state == "done"
    assert await who(world) == ["mira", "noor"]

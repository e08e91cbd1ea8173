"""Two questions about followers, and what ours say in groups elsewhere."""

from urllib.parse import quote

import pytest

from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.protocol import synchronisation
from tests.support.followers import followed
from tests.support.members_only import ORIGIN, Scene
from tests.support.remote import Answer, RemoteActor


async def test_a_server_with_members_may_ask_for_the_members_of_another(scene, reader):
    await followed(
        scene.home, scene.group, software="lemmy", version="1.0", host="second.example", name="eve"
    )
    await followed(scene.home, scene.group, software="mastodon", host="micro.example", name="max")
    for actor, status in (
        ("https://second.example/actor", 200),
        ("https://members.example/users/anybody", 200),
        ("https://micro.example/users/max", 404),
        ("https://other.example/users/lea", 404),
        ("https://members.example.evil.example/users/lea", 404),
        ("nonsense", 400),
    ):
        answer = await scene.asks(reader, f"/groups/sober/followers?is_follower={quote(actor, safe='')}")
        assert answer.status_code == status, actor
        assert answer.headers["cache-control"] == "private, no-store"


async def test_each_server_is_shown_its_own_followers_and_no_others(scene, reader):
    await followed(
        scene.home, scene.group, software="lemmy", version="1.0", host="second.example", name="eve"
    )
    await followed(scene.home, scene.group, software=None, host="members.example", name="max")
    pending = await followed(scene.home, scene.group, software=None, host="members.example", name="kim")
    await scene.home.pool.execute("update follows set state = 'pending' where follower_id = $1", pending.id)
    shown = (await scene.asks(reader, "/groups/sober/followers_synchronization")).json()
    assert shown["orderedItems"] == [f"https://members.example/users/{name}" for name in ("lea", "max")]
    assert shown["id"] == f"{scene.group.actor.uri}/followers_synchronization"
    said = synchronisation.parse(
        synchronisation.for_receiver(f"{scene.group.actor.uri}/followers", shown["orderedItems"])
    )
    assert said.url == shown["id"]


async def test_a_long_list_of_followers_comes_in_pages(scene, reader, monkeypatch):
    monkeypatch.setattr("fediverse_support.web.federation.membership.AT_ONCE", 2)
    for name in ("max", "kim", "eve", "tom"):
        await followed(scene.home, scene.group, software=None, host="members.example", name=name)
    listed = (await scene.asks(reader, "/groups/sober/followers_synchronization")).json()
    assert (listed["totalItems"], "orderedItems" in listed) == (5, False)
    found, url = [], listed["first"]
    while url:
        page = (await scene.asks(reader, url.removeprefix(ORIGIN))).json()
        found += page["orderedItems"]
        url = page.get("next")
    assert len(found) == len(set(found)) == 5


# Groups elsewhere


@pytest.fixture
async def elsewhere(home, peer):
    """What our Ada said in a members-only group on `peer`."""
    tea = peer.actor("tea", "Group", manuallyApprovesFollowers=True)
    group = await home.meet(tea)
    ada = await home.member()
    number, public = new_id(), new_public_id()
    await home.pool.execute(
        """
        insert into posts (id, uri, public_id, author_id, group_id, root_id, content_html, reach,
                           published_at, active_at)
        values ($1, $2, $3, $4, $5, $1, 'canary', 'members', now() - interval '1 hour', now())
        """,
        number, home.site.post(public), public, ada.id, group.id,
    )  # fmt: skip
    return f"/posts/{public}", tea


async def test_the_server_of_a_group_elsewhere_reads_what_ours_say_in_it(home, elsewhere, peer):
    path, tea = elsewhere
    scene = Scene(home, None, None, None, None)
    assert (await scene.asks(None, path)).status_code == 404
    assert (await scene.asks(tea, path)).status_code == 200
    assert [target for target in peer.fetched if "is_follower" in target] == []


@pytest.mark.parametrize("status", [200, 404, 403, 500])
async def test_other_servers_read_it_if_the_groups_server_says_so(home, elsewhere, peer, status):
    path, _ = elsewhere
    reader = RemoteActor("instance", "https://members.example", "Application")
    await home.meet(reader)
    question = f"/users/tea/followers?is_follower={quote(reader.uri, safe='')}"
    peer.rules[question] = Answer(status)
    scene = Scene(home, None, None, None, None)
    for part in ("", "/context", "/replies"):
        answer = await scene.asks(reader, path + part)
        assert answer.status_code == (200 if status == 200 else 404)

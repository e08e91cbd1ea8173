"""A signed GET whose key we do not know: fetched within bounds, for servers that we have met."""

import asyncio

import pytest

from fediverse_support.inbox import requesters
from tests.support.members_only import is_told_nothing
from tests.support.remote import Answer, RemoteActor


@pytest.fixture
async def unmet(scene, peer):
    """The instance actor of a server that is really there and has a member here."""
    peer.software = "fediverse-support"
    peer._serve_nodeinfo()
    lea = RemoteActor("lea", peer.origin)
    stored = await scene.home.meet(lea)
    await scene.home.pool.execute(
        "insert into hosts (name, software) values ($1, 'fediverse-support') on conflict do nothing", lea.host
    )
    await scene.home.pool.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris)
        values ($1, $2, 'accepted', '{x}')
        """,
        stored.id,
        scene.group.actor.id,
    )
    return peer.actor("instance", "Application")


async def test_the_key_of_an_unknown_actor_is_fetched_once(scene, unmet, peer):
    for path in await scene.paths():
        assert (await scene.asks(unmet, path)).status_code == 200
    assert peer.fetched.count("/users/instance") == 1


async def test_a_server_that_we_never_met_is_not_asked_for_keys(scene, peer):
    await is_told_nothing(scene, peer.actor("instance", "Application"))
    assert peer.asked == []


async def test_a_key_that_cannot_be_had_is_not_asked_for_again(scene, unmet, peer):
    peer.rules["/users/instance"] = Answer(404)
    await is_told_nothing(scene, unmet)
    assert peer.fetched.count("/users/instance") == 1


async def test_a_forged_signature_fetches_the_key_once_and_helps_nobody(scene, unmet, peer):
    unmet.key_name = "forger"
    await is_told_nothing(scene, unmet)
    assert peer.fetched.count("/users/instance") == 1


async def test_nobody_waits_longer_than_the_deadline(scene, unmet, peer, monkeypatch):
    monkeypatch.setattr(requesters, "SECONDS", 0.2)
    never = asyncio.Event()
    peer.rules["/users/instance"] = Answer(200, wait=never)
    await is_told_nothing(scene, unmet)
    never.set()


async def test_a_client_makes_us_fetch_only_so_many_keys(scene, unmet, peer):
    (path, *_) = await scene.paths()
    for number in range(30):
        actor = RemoteActor(f"nobody{number}", peer.origin, key_name="forger")
        assert (await scene.asks(actor, path)).status_code == 404
    assert len([target for target in peer.fetched if "nobody" in target]) <= requesters.AT_ONCE + 1


async def test_a_new_key_of_a_known_actor_is_taken_up(scene, unmet, peer):
    (path, *_) = await scene.paths()
    await scene.home.meet(unmet)
    unmet.key_name = "the new one"
    peer.show(unmet)
    assert (await scene.asks(unmet, path)).status_code == 200

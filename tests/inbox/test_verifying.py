"""Arrivals whose key we did not know: looked up by the worker, kept only if the signature is good."""

import pytest

from fediverse_support.protocol.signatures.keys import PrivateKey


async def kept(world):
    return await world.one("select count(*) from inbox")


async def actors_elsewhere(world):
    return await world.one("select count(*) from actors where not is_local")


async def test_a_signature_that_does_not_fit_leaves_nothing_behind(world, other_rsa):
    ana, group = world.remote(), await world.group()
    follow = ana.does("Follow", group.actor.uri)
    assert await world.receive(ana, follow, key=PrivateKey(ana.key.key_id, other_rsa)) == "unverified"
    await world.process()
    assert await kept(world) == 0
    assert await world.one("select count(*) from follows") == 0


@pytest.mark.parametrize("answer", [404, 403, 401, 410, 200])
async def test_a_key_that_cannot_be_had_leaves_nothing_behind(world, internet, answer):
    ana, group = world.remote(), await world.group()
    internet.documents[ana.uri] = answer if answer != 200 else {"id": ana.uri, "type": "Note"}
    await world.receive(ana, ana.does("Follow", group.actor.uri))
    await world.process()
    assert await kept(world) == 0
    assert await actors_elsewhere(world) == 0


async def test_a_server_in_trouble_is_asked_again_later_and_in_the_end_forgotten(world, internet):
    ana, group = world.remote(), await world.group()
    internet.documents[ana.uri] = 503
    follow = ana.does("Follow", group.actor.uri)
    await world.receive(ana, follow)
    for _ in range(12):
        await world.process()
        world.clock.let_pass(hours=7)
    assert await world.rows("select state from inbox") == []


async def test_what_was_never_verified_keeps_no_id_from_its_owner(world, internet):
    ana, group = world.remote(), await world.group()
    internet.documents[ana.uri] = 503
    follow = ana.does("Follow", group.actor.uri)
    await world.receive(ana, follow)
    await world.process()
    (row,) = await world.rows("select state, attempts from inbox")
    assert (row["state"], row["attempts"]) == ("unverified", 1)
    known = await world.known()
    assert (await world.send(known, follow | {"x": 1})).outcome == "Let in."


async def test_a_stranger_is_met_with_three_look_ups_and_then_known(world, internet):
    ana, group = world.remote(), await world.group()
    internet.software["peer"] = "mastodon"
    assert (await world.send(ana, ana.does("Follow", group.actor.uri))).outcome == "Let in."
    assert len(internet.asked) == 3
    (row,) = await world.rows("select * from actors where not is_local")
    assert row["handle_confirmed"]
    assert await world.one("select software from hosts where name = $1", row["host"]) == "mastodon"
    assert await world.receive(ana, ana.does("Like", ana.id())) == "waiting"
    ben = world.remote("ben")
    internet.asked.clear()
    await world.send(ben, ben.does("Follow", group.actor.uri))
    assert len(internet.asked) == 2, "the software of a server is asked for once"


async def test_o13_a_bad_key_is_asked_for_once_however_often_it_comes(world, internet, other_rsa):
    ana, group = world.remote(), await world.group()
    bad = PrivateKey(ana.key.key_id, other_rsa)
    for _ in range(5):
        await world.receive(ana, ana.does("Follow", group.actor.uri), key=bad)
    await world.process()
    assert await kept(world) == 0
    assert internet.asked.count(ana.uri) == 1


async def test_o13_a_rotated_key_is_fetched_again_when_the_old_one_has_been_known_for_a_while(
    world, internet, other_rsa
):
    ana, group = await world.known(), await world.group()
    world.clock.let_pass(minutes=6)
    newer = world.remote("ana", rsa=other_rsa)
    assert (await world.send(newer, newer.does("Follow", group.actor.uri))).outcome == "Let in."
    assert internet.asked.count(ana.uri) == 1


async def test_o1_the_key_must_be_listed_by_its_actor(world, internet):
    ana, eve, group = world.remote(), world.remote("eve"), await world.group()
    follow = ana.does("Follow", group.actor.uri)
    await world.receive(eve, follow)
    await world.process()
    assert await kept(world) == 0
    assert await world.one("select count(*) from follows") == 0


async def test_o13_a_key_does_not_change_its_owner(world, internet, other_rsa):
    ana, group = await world.known(), await world.group()
    eve = world.remote("eve", rsa=other_rsa)
    stolen = {
        "id": ana.key.key_id,
        "owner": eve.uri,
        "publicKeyPem": eve.document()["publicKey"]["publicKeyPem"],
    }
    eve.publish(publicKey=[eve.document()["publicKey"], stolen])
    await world.send(eve, eve.does("Follow", group.actor.uri))
    owner = await world.one("select actor_id from actor_keys where id = $1", ana.key.key_id)
    assert owner == ana.actor.id


async def test_the_farewell_of_somebody_who_is_gone_is_believed(world, internet, other_rsa):
    ana = await world.known()
    world.clock.let_pass(minutes=6)
    internet.documents[ana.uri] = 410
    newer = PrivateKey(ana.key.key_id, other_rsa)
    delete = ana.does("Delete", ana.uri)
    assert await world.receive(ana, delete, key=newer) == "unverified"
    await world.process()
    assert await world.one("select state from actors where uri = $1", ana.uri) == "gone"


async def test_nothing_but_a_farewell_is_believed_from_somebody_who_is_gone(world, internet, other_rsa):
    ana, group = await world.known(), await world.group()
    world.clock.let_pass(minutes=6)
    internet.documents[ana.uri] = 410
    newer = PrivateKey(ana.key.key_id, other_rsa)
    await world.receive(ana, ana.does("Follow", group.actor.uri), key=newer)
    await world.process()
    assert await kept(world) == 0
    assert await world.one("select state from actors where uri = $1", ana.uri) == "active"


async def test_d8_a_family_of_servers_brings_so_many_strangers_an_hour(world, monkeypatch):
    monkeypatch.setattr("fediverse_support.inbox.acquaintance.NEW_ACTORS_AN_HOUR", 2)
    group = await world.group()
    for number in range(4):
        stranger = world.remote(f"s{number}", "big")
        await world.receive(stranger, stranger.does("Follow", group.actor.uri))
        await world.process()
    assert await actors_elsewhere(world) == 2
    assert await world.one("select count(*) from inbox where state = 'unverified'") == 2

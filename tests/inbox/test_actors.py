"""Actors that change, leave and move."""

import pytest

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def actor(world, uri):
    (row,) = await world.rows("select * from actors where uri = $1", uri)
    return row


async def test_nobody_describes_another(world):
    ana, eve = await world.known(), await world.known("eve")
    assert (await world.send(eve, eve.does("Update", ana.document(name="Owned")))).state == "refused"
    assert (await actor(world, ana.uri))["display_name"] == "Ana"


async def test_an_actor_describes_itself_anew(world):
    ana = await world.known()
    update = ana.does("Update", ana.document(name="Ana B.", summary="<p>Hi<script>x</script></p>"))
    assert (await world.send(ana, update)).outcome == "The description was renewed."
    found = await actor(world, ana.uri)
    assert (found["display_name"], found["summary_html"]) == ("Ana B.", "<p>Hi</p>")


async def test_an_actor_named_by_id_is_fetched(world):
    ana = await world.known()
    ana.publish(name="Fetched")
    await world.send(ana, ana.does("Update", ana.uri))
    assert (await actor(world, ana.uri))["display_name"] == "Fetched"


async def test_a_new_key_is_told_with_the_old_one(world, other_rsa):
    ana = await world.known()
    newer = world.remote("ana", rsa=other_rsa)
    await world.send(ana, ana.does("Update", newer.document()))
    world.keys.forget(ana.key.key_id)
    assert await world.receive(newer, newer.does("Like", ana.id("notes"))) == "waiting"


async def test_an_update_does_not_confirm_another_name(world):
    ana = await world.known()
    await world.send(ana, ana.does("Update", ana.document(preferredUsername="admin")))
    assert (await actor(world, ana.uri))["name"] == "ana"


async def test_an_update_never_brings_back_who_is_gone(world):
    ana = await world.known()
    await world.send(ana, ana.does("Delete", ana.uri))
    assert (await actor(world, ana.uri))["state"] == "gone"
    back = ana.does("Update", ana.document(name="Back"))
    assert (await world.send(ana, back)).outcome == "This account was deleted."
    assert (await actor(world, ana.uri))["state"] == "gone"
    assert (await actor(world, ana.uri))["display_name"] == ""


async def test_o18_a_move_needs_the_new_account_to_name_the_old_one(world):
    ana = await world.known()
    other = world.remote("ana", "new")
    before = await world.counts()
    move = ana.does("Move", ana.uri, target=other.uri)
    assert (await world.send(ana, move)).state == "refused"
    assert await world.counts() == before
    assert (await actor(world, ana.uri))["moved_to"] is None


@pytest.mark.parametrize("claims", [7, {"id": "OLD"}, [["OLD"]], "oldish"])
async def test_o18_the_names_are_compared_as_they_are(world, claims):
    ana = await world.known()
    claims = ana.uri + "x" if claims == "oldish" else claims
    other = world.remote("ana", "new", alsoKnownAs=claims)
    await world.send(ana, ana.does("Move", ana.uri, target=other.uri))
    assert (await actor(world, ana.uri))["moved_to"] is None


async def test_o18_a_move_is_noted_and_carries_no_membership_along(world):
    ana, group = await world.known(), await world.group()
    await world.follows_us(ana, group.actor)
    other = world.remote("ana", "new", alsoKnownAs=[ana.uri])
    for _ in range(2):
        assert (await world.send(ana, ana.does("Move", ana.uri, target=other.uri))).state == "done"
    assert (await actor(world, ana.uri))["moved_to"] == other.uri
    assert await world.rows("select follower_id from follows") == [{"follower_id": ana.actor.id}]


async def test_o18_nobody_moves_another(world):
    ana, eve = await world.known(), await world.known("eve")
    other = world.remote("eve", "new", alsoKnownAs=[ana.uri])
    assert (await world.send(eve, eve.does("Move", ana.uri, target=other.uri))).state == "refused"


async def test_o17_an_actor_document_that_claims_to_be_ours_changes_nothing(world):
    ana, group = await world.known(), await world.group()
    document = ana.document(id=group.actor.uri, name="Owned")
    assert (await world.send(ana, ana.does("Update", document))).state == "refused"
    assert (await actor(world, group.actor.uri))["display_name"] == "Carers"

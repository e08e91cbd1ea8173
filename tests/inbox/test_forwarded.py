"""What others hand on: believed with the author's proof, or as the author's own server has it."""

import pytest

from fediverse_support.core.errors import Unauthenticated

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
LD_SIGNATURE = {"type": "RsaSignature2017", "creator": "x", "created": "x", "signatureValue": "x"}


async def scene(world):
    ana, relay, group = await world.known(), await world.known("relay", "relay"), await world.group()
    return ana, relay, group.actor


async def test_o1_what_bears_no_mark_of_forwarding_is_refused_and_leaves_no_row(world, internet):
    ana, relay, group = await scene(world)
    with pytest.raises(Unauthenticated):
        await world.receive(relay, ana.create(group.uri))
    assert await world.one("select count(*) from inbox") == 0


async def test_o9_an_ld_signature_proves_nothing(world, internet):
    ana, relay, group = await scene(world)
    forged = ana.create(group.uri) | {"signature": LD_SIGNATURE}
    assert (await world.send(relay, forged)).state == "refused"
    assert await world.post(forged["object"]["id"]) is None


async def test_o9_what_was_forwarded_is_read_from_its_own_server(world, internet):
    ana, relay, group = await scene(world)
    true = ana.create(group.uri)
    internet.documents[true["object"]["id"]] = true["object"]
    shown = true | {"object": true["object"] | {"content": "forged"}, "signature": LD_SIGNATURE}
    assert (await world.send(relay, shown)).outcome == "Stored."
    assert (await world.post(true["object"]["id"]))["content_html"] == "<p>Hello to all of you</p>"


async def test_a_forwarded_deletion_must_be_confirmed(world, internet):
    ana, relay, group = await scene(world)
    create = ana.create(group.uri)
    uri = create["object"]["id"]
    await world.send(ana, create)
    internet.documents[uri] = create["object"]
    first = ana.does("Delete", uri, signature=LD_SIGNATURE)
    assert (await world.send(relay, first)).state == "refused"
    assert (await world.post(uri))["state"] == "live"
    internet.documents[uri] = {"id": uri, "type": "Tombstone"}
    await world.send(relay, ana.does("Delete", uri, signature=LD_SIGNATURE))
    assert (await world.post(uri))["state"] == "deleted"


@pytest.mark.parametrize("type", ["Follow", "Like", "Undo", "Block", "Announce", "Move"])
async def test_nothing_else_can_be_forwarded_without_a_proof(world, type):
    ana, relay, group = await scene(world)
    before = await world.counts()
    activity = ana.does(type, group.uri, signature=LD_SIGNATURE)
    assert (await world.send(relay, activity)).state == "refused"
    assert await world.counts() == before


async def test_o10_a_proof_lets_everything_be_forwarded(world, internet):
    ana, relay, group = await scene(world)
    internet.asked.clear()
    follow = ana.proved(ana.does("Follow", group.uri))
    assert (await world.send(relay, follow)).outcome == "Let in."
    create = ana.proved(ana.create(group.uri))
    assert (await world.send(relay, create)).outcome == "Stored."
    (announced, *_) = [row["body"]["object"] for row in await world.sent("Announce")]
    assert announced["proof"] == create["proof"], "the proof goes on with what it proves"
    delete = ana.proved(ana.does("Delete", create["object"]["id"]))
    assert (await world.send(relay, delete)).outcome == "Deleted."
    assert internet.asked == []


@pytest.mark.parametrize("change", ["object", "proof", "signer", "expired", "key of another server"])
async def test_o10_a_proof_that_does_not_fit_lets_nothing_in(world, change):
    ana, relay, group = await scene(world)
    eve = await world.known("eve", "evil")
    follow = ana.proved(ana.does("Follow", group.uri))
    if change == "object":
        follow["object"] = (await world.group("other")).actor.uri
    elif change == "proof":
        follow["proof"]["proofValue"] = eve.proved(follow)["proof"]["proofValue"]
    elif change == "signer":
        follow = eve.proved(follow)
    elif change == "expired":
        follow["proof"]["expires"] = "2020-01-01T00:00:00Z"
    else:
        follow["proof"]["verificationMethod"] = eve.proof_key.key_id
    before = await world.counts()
    assert (await world.send(relay, follow)).state == "refused"
    assert await world.counts() == before


async def test_o10_a_proof_with_a_key_that_we_do_not_know_yet(world):
    ana = world.remote("nora", "new")
    relay, group = await world.known("relay", "relay"), await world.group()
    follow = ana.proved(ana.does("Follow", group.actor.uri))
    assert (await world.send(relay, follow)).outcome == "Let in."


async def test_o10_a_forged_first_copy_does_not_keep_the_true_one_out(world):
    ana, relay, group = await scene(world)
    create = ana.create(group.uri)
    forged = create | {"object": create["object"] | {"content": "forged"}, "signature": LD_SIGNATURE}
    await world.send(relay, forged)
    await world.send(ana, create)
    assert (await world.post(create["object"]["id"]))["content_html"] == "<p>Hello to all of you</p>"

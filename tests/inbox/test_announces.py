"""Announce by groups of other servers: what may be believed of what they pass on (O11)."""

import pytest

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def scene(world):
    """A group elsewhere that a member of ours is in, and an author on a third server."""
    group, ana = await world.known("sober", "lemmy", "Group"), await world.known("ana", "far")
    member = await world.member()
    await world.join_elsewhere(member, group)
    await world.pool.execute("update follows set state = 'accepted'")
    return group, ana


def announce(group, object):
    return group.does("Announce", object, to=[group.uri, PUBLIC], cc=[group.followers])


async def test_a_group_that_nobody_is_in_is_not_listened_to(world):
    group, ana = await world.known("sober", "lemmy", "Group"), await world.known("ana", "far")
    before = await world.counts()
    arrived = await world.send(group, announce(group, ana.create(group.uri)))
    assert (arrived.state, arrived.outcome) == ("refused", "Nobody here is in this group.")
    assert await world.counts() == before


async def test_o11_what_a_group_makes_up_about_an_author_elsewhere_is_not_believed(world):
    group, ana = await scene(world)
    forged = ana.create(group.uri, content="<p>I hate you all</p>")
    arrived = await world.send(group, announce(group, forged))
    assert arrived.state == "refused"
    assert await world.post(forged["object"]["id"]) is None


@pytest.mark.parametrize("form", ["Create", "object", "id", "activity id"])
async def test_o11_the_authors_own_server_has_the_last_word(world, internet, form):
    group, ana = await scene(world)
    true = ana.create(group.uri, content="<p>True</p>", audience=group.uri)
    internet.documents[true["object"]["id"]] = true["object"]
    internet.documents[true["id"]] = true
    forged = true | {"object": true["object"] | {"content": "<p>Forged</p>"}}
    shown = {
        "Create": forged,
        "object": forged["object"],
        "id": true["object"]["id"],
        "activity id": true["id"],
    }[form]
    assert (await world.send(group, announce(group, shown))).outcome == "Stored."
    post = await world.post(true["object"]["id"])
    assert (post["content_html"], post["group_id"]) == ("<p>True</p>", group.actor.id)


async def test_a_post_of_the_groups_own_server_is_taken_as_it_stands(world, internet):
    group, _ = await scene(world)
    lea = await world.known("lea", "lemmy")
    create = lea.create(group.uri, audience=group.uri)
    internet.asked.clear()
    assert (await world.send(group, announce(group, create))).outcome == "Stored."
    assert internet.asked == []
    assert await world.sent("Announce") == []


async def test_an_author_on_the_groups_server_whom_we_never_met_is_met(world):
    group, _ = await scene(world)
    lea = world.remote("lea", "lemmy")
    create = lea.create(group.uri, audience=group.uri)
    assert (await world.send(group, announce(group, create))).outcome == "Stored."
    assert await world.one("select count(*) from actors where uri = $1", lea.uri) == 1


async def test_o11_an_integrity_proof_stands_for_its_author(world, internet):
    group, ana = await scene(world)
    create = ana.proved(ana.create(group.uri, audience=group.uri))
    internet.asked.clear()
    assert (await world.send(group, announce(group, create))).outcome == "Stored."
    assert internet.asked == []


async def test_o11_an_object_with_a_proof_is_believed_too(world, internet):
    group, ana = await scene(world)
    note = ana.proved(ana.note(group.uri, audience=group.uri))
    internet.asked.clear()
    assert (await world.send(group, announce(group, note))).outcome == "Stored."
    assert internet.asked == []


@pytest.mark.parametrize("change", ["content", "key", "actor"])
async def test_o10_a_proof_that_does_not_fit_is_no_proof(world, change):
    group, ana = await scene(world)
    eve = await world.known("eve", "evil")
    create = ana.create(group.uri, audience=group.uri)
    if change == "content":
        proved = ana.proved(create)
        proved["object"] = proved["object"] | {"content": "<p>Forged</p>"}
    elif change == "key":
        proved = eve.proved(create)
    else:
        stolen = create["object"]
        proved = eve.proved(eve.does("Create", stolen, to=[PUBLIC]))
    arrived = await world.send(group, announce(group, proved))
    assert arrived.state == "refused"
    assert await world.post(create["object"]["id"]) is None


async def test_a_proof_by_somebody_new_makes_us_meet_them(world):
    group, _ = await scene(world)
    new = world.remote("nora", "new")
    create = new.proved(new.create(group.uri, audience=group.uri))
    assert (await world.send(group, announce(group, create))).outcome == "Stored."


async def test_o14_a_blocked_author_does_not_come_in_by_way_of_a_group(world, internet):
    group, ana = await scene(world)
    create = ana.create(group.uri, audience=group.uri)
    internet.documents[create["object"]["id"]] = create["object"]
    world.set_levels(far="blocked")
    internet.asked.clear()
    arrived = await world.send(group, announce(group, create))
    assert arrived.state == "refused"
    assert await world.post(create["object"]["id"]) is None
    assert internet.asked == []
    assert (await world.send(group, announce(group, ana.proved(create)))).state == "refused"
    assert await world.post(create["object"]["id"]) is None


async def test_o14_a_held_author_is_held_by_whatever_way(world, internet):
    group, ana = await scene(world)
    create = ana.create(group.uri, audience=group.uri)
    internet.documents[create["object"]["id"]] = create["object"]
    world.set_levels(far="held")
    await world.send(group, announce(group, create))
    assert (await world.post(create["object"]["id"]))["state"] == "held"


async def test_what_is_not_public_is_not_taken_from_a_group(world):
    group, _ = await scene(world)
    lea = await world.known("lea", "lemmy")
    create = lea.create(group.uri, to=[lea.followers], cc=[])
    assert (await world.send(group, announce(group, create))).state == "refused"


async def test_an_answer_in_the_group_finds_its_thread(world):
    group, _ = await scene(world)
    lea, leo = await world.known("lea", "lemmy"), await world.known("leo", "lemmy")
    first = lea.create(group.uri, audience=group.uri)
    answer = leo.create(None, inReplyTo=first["object"]["id"])
    await world.send(group, announce(group, first))
    await world.send(group, announce(group, answer))
    root, reply = await world.post(first["object"]["id"]), await world.post(answer["object"]["id"])
    assert (reply["root_id"], reply["group_id"]) == (root["id"], group.actor.id)


async def test_our_own_post_announced_by_a_group_elsewhere_is_known(world):
    group, _ = await scene(world)
    ours = "http://here.localhost:1/posts/" + "a" * 32
    note = {"id": ours, "type": "Note", "attributedTo": "http://here.localhost:1/people/mira", "to": [PUBLIC]}
    before = await world.counts()
    for shown in (ours, note, {"type": "Create", "actor": note["attributedTo"], "object": note}):
        await world.send(group, announce(group, shown))
    assert await world.counts() == before


async def test_a_deletion_is_believed_when_the_posts_own_server_confirms_it(world, internet):
    group, ana = await scene(world)
    create = ana.create(group.uri, audience=group.uri)
    uri = create["object"]["id"]
    internet.documents[uri] = create["object"]
    await world.send(group, announce(group, create))
    await world.send(group, announce(group, ana.does("Delete", uri)))
    assert (await world.post(uri))["state"] == "hidden", "its server still has it: the group took it down"
    internet.documents[uri] = 410
    await world.send(group, announce(group, ana.does("Delete", uri)))
    assert (await world.post(uri))["state"] == "deleted"


async def test_a_group_takes_down_and_restores_only_what_is_in_it(world, internet):
    group, _ana = await scene(world)
    other = await world.known("other", "piefed", "Group")
    member = await world.member("mika")
    await world.join_elsewhere(member, other)
    await world.pool.execute("update follows set state = 'accepted'")
    lea = await world.known("lea", "lemmy")
    create = lea.create(group.uri, audience=group.uri)
    uri = create["object"]["id"]
    internet.documents[uri] = create["object"]
    await world.send(group, announce(group, create))
    delete = lea.does("Delete", uri, summary="rule 1")
    assert (await world.send(other, announce(other, other.does("Delete", uri)))).state == "refused"
    await world.send(group, announce(group, delete))
    assert (await world.post(uri))["state"] == "hidden"
    await world.send(other, announce(other, lea.does("Undo", delete)))
    assert (await world.post(uri))["state"] == "hidden"
    await world.send(group, announce(group, lea.does("Undo", delete)))
    assert (await world.post(uri))["state"] == "live"


async def test_a_group_withdraws_what_it_had_announced(world):
    group, _ = await scene(world)
    lea, eve = await world.known("lea", "lemmy"), await world.known("eve", "evil", "Group")
    create = lea.create(group.uri, audience=group.uri)
    uri = create["object"]["id"]
    boost = announce(group, create["object"])
    await world.send(group, boost)
    await world.send(eve, eve.does("Undo", announce(eve, uri)))
    assert (await world.post(uri))["state"] == "live"
    await world.send(group, group.does("Undo", announce(group, uri) | {"id": boost["id"]}))
    assert (await world.post(uri))["state"] == "hidden"


async def test_a_group_pins_its_own(world):
    group, _ = await scene(world)
    lea = await world.known("lea", "lemmy")
    uri = lea.id("notes")
    add = lea.does("Add", uri, target=f"{group.uri}/featured")
    await world.send(group, announce(group, add))
    assert await world.rows("select object_uri from pins") == [{"object_uri": uri}]
    await world.send(group, announce(group, lea.does("Remove", uri, target=f"{group.uri}/featured")))
    assert await world.rows("select object_uri from pins") == []


async def test_a_batch_is_taken_apart_and_one_bad_part_does_not_spoil_it(world):
    group, _ = await scene(world)
    lea = await world.known("lea", "lemmy")
    good = [lea.create(group.uri, audience=group.uri) for _ in range(2)]
    bad = lea.create(group.uri, to=[], cc=[])
    batch = [good[0], bad, {"type": "Note"}, lea.does("Like", good[0]["object"]["id"]), 7, good[1]]
    assert (await world.send(group, announce(group, batch))).state == "done"
    assert await world.one("select count(*) from posts") == 2


async def test_the_same_post_by_two_announces_and_directly_is_one(world):
    group, _ = await scene(world)
    lea = await world.known("lea", "lemmy")
    create = lea.create(group.uri, audience=group.uri)
    for sender, activity in (
        (group, announce(group, create)),
        (group, announce(group, create["object"])),
        (group, announce(group, create)),
        (lea, create),
    ):
        await world.send(sender, activity)
    assert await world.one("select count(*) from posts") == 1


@pytest.mark.parametrize("order", ["announced first", "sent first"])
async def test_a_post_for_a_group_of_ours_stays_in_it_whoever_else_passes_it_on(world, order):
    group, _ = await scene(world)
    ours = (await world.group()).actor
    lea = await world.known("lea", "lemmy")
    create = lea.create(ours.uri)
    sendings = [(group, announce(group, create)), (lea, create)]
    for sender, activity in sendings if order == "announced first" else reversed(sendings):
        assert (await world.send(sender, activity)).state == "done"
    assert (await world.post(create["object"]["id"]))["group_id"] == ours.id
    assert len(await world.sent("Announce")) == 2, "once in each dialect"

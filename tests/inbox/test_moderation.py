"""Add, Remove, Block and Flag: what moderators and those who ask for them do over the wire."""

from datetime import timedelta

import pytest

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def scene(world):
    ana, mod, group = await world.known(), await world.known("mod", "other"), await world.group()
    await world.pool.execute(
        "insert into group_moderators (group_id, actor_id) values ($1, $2)", group.actor.id, mod.actor.id
    )
    activity = ana.create(group.actor.uri)
    await world.send(ana, activity)
    return ana, mod, group.actor, activity["object"]["id"]


@pytest.mark.parametrize("verb", ["Add", "Remove"])
@pytest.mark.parametrize("collection", ["featured", "moderators"])
async def test_only_a_moderator_pins_and_names(world, verb, collection):
    ana, _mod, group, uri = await scene(world)
    object = uri if collection == "featured" else ana.uri
    before = await world.counts()
    act = ana.does(verb, object, target=f"{group.uri}/{collection}", to=[PUBLIC])
    assert (await world.send(ana, act)).state == "refused"
    assert await world.counts() == before


@pytest.mark.parametrize(
    "target", [None, 7, "http://here.localhost:1/groups/carers/followers", "http://peer.localhost:9/c/x"]
)
async def test_another_collection_is_none_of_our_business(world, target):
    _, mod, _, uri = await scene(world)
    before = await world.counts()
    assert (await world.send(mod, mod.does("Add", uri, target=target))).state == "done"
    assert await world.counts() == before


async def test_a_moderator_pins_and_unpins(world):
    _, mod, group, uri = await scene(world)
    before = len(await world.sent())
    add = mod.does("Add", uri, target=group.featured_url, to=[PUBLIC], cc=[group.uri])
    for _ in range(2):
        assert (await world.send(mod, add)).state == "done"
    await world.send(mod, add | {"id": mod.id()})
    assert await world.rows("select object_uri from pins") == [{"object_uri": uri}]
    sent = (await world.sent())[before:]
    assert next(row["body"]["object"] for row in sent if row["type"] == "Announce") == add
    assert "Update" in {row["type"] for row in sent}, "microblogs look at what the group features"
    await world.send(mod, mod.does("Remove", uri, target=group.featured_url))
    assert await world.rows("select object_uri from pins") == []


async def test_only_what_is_in_the_group_is_pinned(world):
    _, mod, group, _ = await scene(world)
    add = mod.does("Add", mod.id("notes"), target=group.featured_url)
    assert (await world.send(mod, add)).state == "refused"


async def test_a_moderator_names_another_and_ends_it(world):
    ana, mod, group, _ = await scene(world)
    await world.send(mod, mod.does("Add", ana.uri, target=group.moderators_url))
    assert await world.one("select count(*) from group_moderators") == 2
    await world.send(mod, mod.does("Remove", ana.uri, target=group.moderators_url))
    assert await world.one("select count(*) from group_moderators") == 1


async def test_a_moderator_who_is_named_is_met_first(world):
    _, mod, group, _ = await scene(world)
    stranger = world.remote("sam", "strange")
    await world.send(mod, mod.does("Add", stranger.uri, target=group.moderators_url))
    assert await world.one("select count(*) from actors where uri = $1", stranger.uri) == 1
    assert await world.one("select count(*) from group_moderators") == 2


async def test_only_a_moderator_blocks_from_a_group(world):
    ana, mod, group, _ = await scene(world)
    before = await world.counts()
    assert (await world.send(ana, ana.does("Block", mod.uri, target=group.uri))).state == "refused"
    assert await world.counts() == before


@pytest.mark.parametrize("form", ["embedded", "by id"])
async def test_a_block_from_a_group_holds_until_it_is_lifted(world, form):
    ana, mod, group, uri = await scene(world)
    block = mod.does("Block", ana.uri, target=group.uri, summary="spam", removeData=False)
    await world.send(mod, block)
    assert await world.one("select reason from blocks") == "spam"
    assert (await world.send(ana, ana.create(group.uri))).state == "refused"
    answer = ana.create(None, inReplyTo=uri)
    assert (await world.send(ana, answer)).state == "refused"
    eve = await world.known("eve")
    await world.send(eve, eve.does("Undo", block if form == "embedded" else block["id"]))
    assert await world.one("select count(*) from blocks") == 1
    await world.send(mod, mod.does("Undo", block if form == "embedded" else block["id"]))
    assert await world.one("select count(*) from blocks") == 0
    assert (await world.send(ana, ana.create(group.uri))).state == "done"


async def test_a_block_ends_by_itself(world):
    ana, mod, group, _ = await scene(world)
    soon = (world.clock() + timedelta(minutes=30)).replace(microsecond=0).isoformat()
    await world.send(mod, mod.does("Block", ana.uri, target=group.uri, endTime=soon))
    assert (await world.send(ana, ana.create(group.uri))).state == "refused"
    world.clock.let_pass(hours=1)
    assert (await world.send(ana, ana.create(group.uri))).state == "done"


async def test_a_block_of_one_of_ours_is_noted_and_of_others_is_not(world):
    ana = await world.known()
    member = await world.member()
    await world.send(ana, ana.does("Block", member.uri))
    await world.send(ana, ana.does("Block", "http://peer.localhost:9/users/x"))
    assert await world.rows("select blocked_uri from blocks") == [{"blocked_uri": member.uri}]


@pytest.mark.parametrize("object", [None, 5, [], {}])
async def test_a_report_about_nothing_is_refused(world, object):
    ana = await world.known()
    assert (await world.send(ana, ana.does("Flag", object))).state == "refused"
    assert await world.one("select count(*) from reports") == 0


async def test_a_report_reaches_the_moderators_once_and_nobody_else(world):
    ana, mod, group, uri = await scene(world)
    before = len(await world.sent())
    await world.follows_us(await world.known("fan", "third"), group)
    flag = ana.does("Flag", [ana.uri, uri, 7, {"id": mod.uri}], content="<p>Please <b>look</b></p>")
    for _ in range(2):
        assert (await world.send(ana, flag)).state == "done"
    (report,) = await world.rows("select * from reports")
    assert report["object_uris"] == [ana.uri, uri, mod.uri]
    assert (report["reason"], report["reporter_uri"]) == ("Please look", ana.uri)
    assert report["group_id"] == group.id
    (relayed,) = (await world.sent())[before:]
    assert relayed["inboxes"] == [f"{mod.uri}/inbox"], "the one moderator who lives elsewhere"
    assert (relayed["body"]["to"], relayed["body"]["cc"]) == ([mod.uri], [])
    assert relayed["body"]["object"] == flag


async def test_a_report_without_an_id_is_taken_once(world):
    ana, _, _, uri = await scene(world)
    flag = ana.does("Flag", uri, content="x")
    del flag["id"]
    for _ in range(2):
        await world.receive(ana, flag)
        await world.process()
    assert await world.one("select count(*) from reports") == 1


@pytest.mark.parametrize("type", ["View", "Invite", "Snooze"])
async def test_what_we_have_no_use_for_changes_nothing(world, type):
    ana, _, _, uri = await scene(world)
    before = await world.counts()
    assert (await world.send(ana, ana.does(type, uri))).state == "done"
    assert (await world.send(ana, ana.does("Undo", ana.does(type, uri)))).state == "done"
    assert await world.counts() == before

"""Follow, its Undo, and the answers to our own Follows."""

import pytest

from fediverse_support.inbox.handlers.follows import NOBODY_THERE

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def follows(world):
    return await world.rows("select state, activity_uris from follows")


@pytest.mark.parametrize(
    "answers",
    [
        {"reach": "sealed"},
        {"seeing": "members", "reach": "sealed"},
        {"seeing": "members", "joining": "invite"},
        {"reach": "members", "joining": "invite"},
    ],
    ids=str,
)
async def test_a_group_that_nobody_outside_may_know_of_answers_like_none(world, answers):
    ana, group = await world.known(), await world.group(**answers)
    before = await world.counts()
    nobody = await world.send(ana, ana.does("Follow", "http://here.localhost:1/groups/nobody"))
    arrived = await world.send(ana, ana.does("Follow", group.actor.uri))
    assert (arrived.state, arrived.outcome) == (nobody.state, nobody.outcome) == ("refused", NOBODY_THERE)
    assert await world.counts() == before
    assert await world.sent() == []


async def test_a_group_by_invitation_declines_and_says_so(world):
    ana, group = await world.known(), await world.group(joining="invite")
    follow = ana.does("Follow", group.actor.uri)
    arrived = await world.send(ana, follow)
    assert "invitation" in arrived.outcome
    assert await follows(world) == []
    (reject,) = await world.sent("Reject")
    assert reject["body"]["object"]["id"] == follow["id"]
    assert reject["inboxes"] == [f"{ana.uri}/inbox"]


@pytest.mark.parametrize(
    "followed",
    ["http://here.localhost:1/groups/nobody", "http://here.localhost:1/actor", "http://peer.localhost:9/u/x"],
)
async def test_nobody_follows_who_is_not_there(world, followed):
    ana = await world.known()
    before = await world.counts()
    assert (await world.send(ana, ana.does("Follow", followed))).state == "refused"
    assert await world.counts() == before


async def test_who_is_blocked_does_not_follow(world):
    ana, group = await world.known(), await world.group()
    await world.pool.execute(
        "insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri) values ($1, $2, $1, 'x')",
        group.actor.uri,
        ana.uri,
    )
    await world.send(ana, ana.does("Follow", group.actor.uri))
    assert await follows(world) == []


async def test_a_follow_of_an_open_group_is_accepted_at_once(world):
    ana, group = await world.known(), await world.group()
    follow = ana.does("Follow", group.actor.uri)
    assert (await world.send(ana, follow)).outcome == "Let in."
    assert await follows(world) == [{"state": "accepted", "activity_uris": [follow["id"]]}]
    (accept,) = await world.sent("Accept")
    assert accept["body"]["object"] == {
        "id": follow["id"],
        "type": "Follow",
        "actor": ana.uri,
        "object": group.actor.uri,
    }
    assert accept["inboxes"] == [f"{ana.uri}/inbox"]


async def test_the_same_follow_under_two_ids_is_one_membership_answered_twice(world):
    ana, group = await world.known(), await world.group()
    first, second = ana.does("Follow", group.actor.uri), ana.does("Follow", group.actor.uri)
    for follow in (first, first, second):
        await world.send(ana, follow)
    assert await follows(world) == [{"state": "accepted", "activity_uris": [first["id"], second["id"]]}]
    accepted = [row["body"]["object"]["id"] for row in await world.sent("Accept")]
    assert accepted == [first["id"], second["id"]]


async def test_a_group_by_approval_lets_a_follow_wait(world):
    ana, group = await world.known(), await world.group(joining="approval")
    assert (await world.send(ana, ana.does("Follow", group.actor.uri))).outcome == "Waits for a moderator."
    assert (await follows(world))[0]["state"] == "pending"
    assert await world.sent() == []


@pytest.mark.parametrize("level", ["limited", "held"])
async def test_a_follow_from_a_server_that_is_watched_waits(world, level):
    ana, group = await world.known(), await world.group()
    world.set_levels(peer=level)
    await world.send(ana, ana.does("Follow", group.actor.uri))
    assert (await follows(world))[0]["state"] == "pending"


async def test_nobody_ends_the_follow_of_another(world):
    ana, eve, group = await world.known(), await world.known("eve"), await world.group()
    follow = ana.does("Follow", group.actor.uri)
    await world.send(ana, follow)
    assert (await world.send(eve, eve.does("Undo", follow))).state == "refused"
    await world.send(eve, eve.does("Undo", follow["id"]))
    await world.send(eve, eve.does("Undo", follow | {"actor": eve.uri}))
    assert len(await follows(world)) == 1


@pytest.mark.parametrize("form", ["embedded", "by id", "under a new id"])
async def test_undo_ends_a_follow(world, form):
    ana, group = await world.known(), await world.group()
    follow = ana.does("Follow", group.actor.uri)
    await world.send(ana, follow)
    undone = {"embedded": follow, "by id": follow["id"], "under a new id": follow | {"id": ana.id()}}[form]
    assert (await world.send(ana, ana.does("Undo", undone))).outcome == "Has left."
    assert await follows(world) == []
    again = await world.send(ana, ana.does("Undo", undone))
    assert again.state == "done"


@pytest.mark.parametrize("embedded", [True, False])
async def test_an_undo_that_comes_before_its_follow_still_counts(world, embedded):
    ana, group = await world.known(), await world.group()
    follow = ana.does("Follow", group.actor.uri)
    await world.send(ana, ana.does("Undo", follow if embedded else follow["id"]))
    await world.send(ana, follow)
    assert await follows(world) == []
    assert await world.sent("Accept") == []


async def test_o16_an_accept_of_what_nobody_asked_for_is_refused(world):
    member, group = await world.member(), await world.known("sober", "lemmy", "Group")
    eve = await world.known("eve", "evil")
    invented = {"id": group.id(), "type": "Follow", "actor": member.uri, "object": group.uri}
    assert (await world.send(group, group.does("Accept", invented))).state == "refused"
    uri = await world.join_elsewhere(member, group)
    assert (await world.send(eve, eve.does("Accept", uri))).state == "refused"
    theirs = {"id": uri, "type": "Follow", "actor": member.uri, "object": group.uri}
    assert (await world.send(eve, eve.does("Accept", theirs))).state == "refused"
    assert [row["state"] for row in await follows(world)] == ["pending"]


@pytest.mark.parametrize("form", ["id", "embedded", "embedded under another id", "PieFed's"])
async def test_o16_the_accept_of_our_follow_lets_our_member_in(world, form):
    member, group = await world.member(), await world.known("sober", "lemmy", "Group")
    uri = await world.join_elsewhere(member, group)
    (follow,) = await world.sent("Follow")
    assert follow["inboxes"] == [f"{group.uri}/inbox"]
    assert [row["state"] for row in await follows(world)] == ["pending"]
    embedded = {"type": "Follow", "actor": member.uri, "object": group.uri}
    answered = {
        "id": uri,
        "embedded": embedded | {"id": uri},
        "embedded under another id": embedded | {"id": group.id()},
        "PieFed's": embedded | {"id": uri, "to": None},
    }[form]
    accept = group.does("Accept", answered)
    assert (await world.send(group, accept)).outcome == "One of ours was let in."
    assert [row["state"] for row in await follows(world)] == ["accepted"]
    assert (await world.send(group, group.does("Accept", answered))).state == "done"


async def test_a_reject_ends_what_we_asked_for(world):
    member, group = await world.member(), await world.known("sober", "lemmy", "Group")
    eve = await world.known("eve", "evil")
    uri = await world.join_elsewhere(member, group)
    assert (await world.send(eve, eve.does("Reject", uri))).state == "refused"
    assert (await world.send(group, group.does("Reject", uri))).state == "done"
    assert await follows(world) == []
    assert (await world.send(group, group.does("Reject", uri))).state == "refused"

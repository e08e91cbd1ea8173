"""Asking people to stay away, from a group and from everywhere."""

from datetime import timedelta

import pytest

from fediverse_support.community.joining import bans as community
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import bans
from fediverse_support.moderation.bans import Decision

SOON = timedelta(days=3)


async def test_a_ban_ends_the_membership_tells_the_person_and_refuses_what_they_say(scene):
    rosa = await scene.stored(scene.rosa.uri)
    until = clock.now() + SOON
    before = len(await scene.sent())
    await scene.does(bans.ban, scene.group.actor, rosa, scene.mo, Decision(reason="Insults", until=until))
    reject, block, announce = await scene.sent(before)
    assert (reject[1], reject[2]["type"]) == ("masto.example", "Reject")
    assert (block[1], block[2]["type"], block[2]["object"]) == ("masto.example", "Block", rosa.uri)
    assert (block[2]["target"], block[2]["summary"]) == (scene.group.actor.uri, "Insults")
    assert block[2]["endTime"] == block[2]["expires"] == clock.wire_time(until)
    assert (announce[1], announce[2]["object"]) == ("lemmy.example", block[2])
    follow = scene.rosa.activity("Follow", scene.group.actor.uri)
    await scene.arrives(scene.rosa, follow)
    assert (await scene.sent())[-1][2]["type"] == "Reject"
    await scene.arrives(scene.rosa, scene.rosa.create(scene.rosa.note(scene.group.actor.uri)))
    assert (await scene.home.outcomes())[-1] == ("Create", "refused")
    assert await scene.deeds() == [("ban from group", rosa.uri, "Insults")]


async def test_a_ban_that_hides_can_be_lifted_with_what_it_hid_and_nothing_more(scene):
    rosa = await scene.stored(scene.rosa.uri)
    first, second = await scene.post_of(scene.rosa), await scene.post_of(scene.rosa)
    hidden_before = await scene.post_of(scene.rosa)
    await scene.home.pool.execute("update posts set state = 'hidden' where id = $1", hidden_before.id)
    before = len(await scene.sent())
    decided = Decision(reason="Spam", hides_posts=True)
    await scene.does(bans.ban, scene.group.actor, rosa, scene.mo, decided)
    assert [(await scene.again(post)).state for post in (first, second)] == ["hidden", "hidden"]
    sent = await scene.sent(before)
    withdrawn = [body["object"]["object"] for _, hosts, body in sent if body["type"] == "Undo"]
    assert sorted(withdrawn) == sorted([first.uri, second.uri])
    assert [body["removeData"] for _, _, body in sent if body["type"] == "Block"] == [True]
    await scene.does(bans.lift, scene.group.actor, rosa.uri, scene.mo, restores=True)
    states = [(await scene.again(post)).state for post in (first, second, hidden_before)]
    assert states == ["live", "live", "hidden"]
    undo = next(body for _, hosts, body in reversed(await scene.sent()) if body["type"] == "Undo")
    assert (undo["object"]["type"], undo["restoreData"]) == ("Block", True)
    boosted = [body["object"] for _, hosts, body in (await scene.sent(before)) if hosts == "masto.example"]
    assert first.uri in boosted


async def test_a_lifted_ban_opens_the_door_and_leaves_posts_hidden_if_so_wanted(scene):
    rosa = await scene.stored(scene.rosa.uri)
    post = await scene.post_of(scene.rosa)
    await scene.does(bans.ban, scene.group.actor, rosa, scene.mo, Decision(reason="x", hides_posts=True))
    await scene.does(bans.lift, scene.group.actor, rosa.uri, scene.mo, restores=False)
    assert (await scene.again(post)).state == "hidden"
    await scene.arrives(scene.rosa, scene.rosa.activity("Follow", scene.group.actor.uri))
    assert (await scene.sent())[-1][2]["type"] == "Accept"
    with pytest.raises(Conflict):
        await scene.does(bans.lift, scene.group.actor, rosa.uri, scene.mo, restores=False)


async def test_a_ban_ends_by_itself(scene):
    ada = await scene.home.member("ada")
    await scene.home.join(ada, scene.group.actor)
    until = clock.now() + SOON
    await scene.does(bans.ban, scene.group.actor, ada, scene.mo, Decision(reason="x", until=until))
    with pytest.raises(Forbidden):
        await scene.home.write(ada, scene.group.actor)
    async with acquire(scene.home.pool) as db:
        assert await community.current(db, ada.uri, scene.group.actor.uri, until - timedelta(seconds=1))
        assert await community.current(db, ada.uri, scene.group.actor.uri, until) is None
        assert await community.end_expired(db, scene.home.site, until - timedelta(seconds=1)) == 0
        assert await community.end_expired(db, scene.home.site, until) == 1
    await scene.home.write(ada, scene.group.actor)


@pytest.mark.parametrize("who", ["moderator", "self", "group"])
async def test_who_looks_after_the_group_and_the_group_itself_are_not_banned(scene, who):
    other = await scene.account("other")
    await scene.looks_after(other, scene.group.actor, owner=True)
    person = {
        "moderator": await scene.actor(other),
        "self": await scene.actor(scene.mo),
        "group": scene.group.actor,
    }[who]
    before = len(await scene.sent())
    with pytest.raises((Conflict, Malformed)):
        await scene.does(bans.ban, scene.group.actor, person, scene.mo, Decision(reason="x"))
    assert await scene.sent(before) == []
    assert await scene.home.pool.fetchval("select count(*) from blocks") == 0


@pytest.mark.parametrize(
    "decided", [Decision(reason=""), Decision(reason="x", until=clock.now() - timedelta(seconds=1))]
)
async def test_a_ban_needs_a_reason_and_a_day_to_come(scene, decided):
    rosa = await scene.stored(scene.rosa.uri)
    with pytest.raises(Malformed):
        await scene.does(bans.ban, scene.group.actor, rosa, scene.mo, decided)
    with pytest.raises(Malformed):
        await scene.does(bans.suspend, rosa, scene.mo, decided)
    assert await scene.home.pool.fetchval("select count(*) from blocks") == 0
    assert await scene.deeds() == []


async def test_a_ban_from_one_group_is_none_from_another(scene):
    ada = await scene.home.member("ada")
    other = await scene.home.group("other")
    await scene.does(bans.ban, scene.group.actor, ada, scene.mo, Decision(reason="x"))
    await scene.home.write(ada, other.actor)


async def test_a_suspension_keeps_somebody_out_of_everything_until_it_ends(scene):
    other = await scene.home.group("other")
    boss = await scene.account("boss", role="admin")
    rosa = await scene.stored(scene.rosa.uri)
    await scene.home.join(rosa, other.actor)
    post = await scene.post_of(scene.rosa)
    until = clock.now() + SOON
    before = len(await scene.sent())
    decided = Decision(reason="Hate", until=until, hides_posts=True)
    await scene.does(bans.suspend, rosa, boss, decided)
    sent = await scene.sent(before)
    assert sorted(body["type"] for _, hosts, body in sent if hosts == "masto.example") == [
        "Block",
        "Reject",
        "Reject",
    ]
    block = next(body for _, _, body in sent if body["type"] == "Block")
    assert (block["target"], block["object"]) == (f"{scene.home.site.origin}/", rosa.uri)
    assert not any(body["type"] == "Announce" for _, _, body in sent), "it concerns their server and no other"
    assert (await scene.again(post)).state == "hidden"
    await scene.arrives(scene.rosa, scene.rosa.create(scene.rosa.note(other.actor.uri)))
    assert (await scene.home.outcomes())[-1] == ("Create", "refused")
    async with acquire(scene.home.pool) as db:
        assert await community.end_expired(db, scene.home.site, until) == 1
    assert (await scene.stored(rosa.uri)).state == "active"
    await scene.arrives(scene.rosa, scene.rosa.activity("Follow", other.actor.uri))
    assert (await scene.sent())[-1][2]["type"] == "Accept"


async def test_a_suspension_is_ended_with_what_it_hid(scene):
    boss = await scene.account("boss", role="admin")
    rosa = await scene.stored(scene.rosa.uri)
    post = await scene.post_of(scene.rosa)
    await scene.does(bans.suspend, rosa, boss, Decision(reason="Hate", hides_posts=True))
    before = len(await scene.sent())
    await scene.does(bans.admit, rosa.uri, boss, restores=True)
    assert (await scene.again(post)).state == "live"
    undo = next(body for _, hosts, body in await scene.sent(before) if body["type"] == "Undo")
    assert (undo["object"]["type"], undo["object"]["target"]) == ("Block", f"{scene.home.site.origin}/")
    assert [deed for deed, _, _ in await scene.deeds()] == ["suspend", "end suspension"]


async def test_people_of_our_own_are_not_suspended_but_their_account_is_closed(scene):
    boss = await scene.account("boss", role="admin")
    ada = await scene.home.member("ada")
    with pytest.raises(Malformed):
        await scene.does(bans.suspend, ada, boss, Decision(reason="x"))


async def test_a_group_elsewhere_is_asked_to_ban(scene):
    harbour = await scene.meets("harbour", "lemmy.example", type="Group", joins=False)
    group, rosa = await scene.stored(harbour.uri), await scene.stored(scene.rosa.uri)
    await scene.looks_after(scene.mo, group)
    before = len(await scene.sent())
    await scene.does(bans.ban, group, rosa, scene.mo, Decision(reason="Spam"))
    ((_, hosts, block),) = await scene.sent(before)
    assert (hosts, block["type"], block["target"]) == ("lemmy.example masto.example", "Block", harbour.uri)

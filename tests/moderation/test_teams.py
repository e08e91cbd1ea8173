"""Naming who looks after a group, here and elsewhere."""

import pytest

from fediverse_support.core.errors import Conflict, Forbidden, Malformed
from fediverse_support.moderation import teams
from fediverse_support.moderation.bans import Decision, ban


async def test_somebody_elsewhere_is_named_by_a_person_and_both_are_told(scene):
    lea = await scene.stored(scene.lea.uri)
    far = await scene.meets("far", "piefed.example", joins=False)
    before = len(await scene.sent())
    await scene.does(teams.name, scene.group.actor, await scene.stored(far.uri), scene.mo)
    (actor, hosts, add), (group, to, announce) = await scene.sent(before)
    assert (actor, hosts) == (scene.home.site.person("mo"), "piefed.example")
    assert (add["type"], add["object"], add["target"]) == (
        "Add",
        far.uri,
        f"{scene.group.actor.uri}/moderators",
    )
    assert (group, to, announce["object"]) == (scene.group.actor.uri, "lemmy.example", add)
    listed = (await scene.home.get("/groups/sober/moderators")).json()["orderedItems"]
    assert listed == [scene.home.site.person("mo"), far.uri]
    await scene.does(teams.dismiss, scene.group.actor, await scene.stored(far.uri), scene.mo)
    assert (await scene.sent())[-1][2]["object"]["type"] == "Remove"
    assert [deed for deed, _, _ in await scene.deeds()] == ["add moderator", "remove moderator"]
    with pytest.raises(Conflict):
        await scene.does(teams.dismiss, scene.group.actor, lea, scene.mo)


async def test_the_command_line_is_nobody_so_the_group_says_it(scene):
    lea = await scene.stored(scene.lea.uri)
    before = len(await scene.sent())
    await scene.does(teams.name, scene.group.actor, lea, None)
    add, announce, update = await scene.sent(before)
    assert (add[0], add[2]["actor"]) == (scene.group.actor.uri, scene.group.actor.uri)
    assert announce[2]["object"] == add[2]
    assert (update[1], update[2]["type"]) == ("lemmy.example masto.example", "Update")


async def test_the_owner_stays_and_no_group_and_nobody_banned_is_named(scene):
    boss = await scene.account("boss")
    await scene.looks_after(boss, scene.group.actor, owner=True)
    with pytest.raises(Forbidden):
        await scene.does(teams.dismiss, scene.group.actor, await scene.actor(boss), scene.mo)
    harbour = await scene.meets("harbour", "lemmy.example", type="Group", joins=False)
    with pytest.raises(Malformed):
        await scene.does(teams.name, scene.group.actor, await scene.stored(harbour.uri), boss)
    rosa = await scene.stored(scene.rosa.uri)
    await scene.does(ban, scene.group.actor, rosa, scene.mo, Decision(reason="x"))
    before = len(await scene.sent())
    with pytest.raises(Conflict):
        await scene.does(teams.name, scene.group.actor, rosa, boss)
    assert await scene.sent(before) == []

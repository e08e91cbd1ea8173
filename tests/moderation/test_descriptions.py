"""What a group says of itself is told by the group, and by the person who changed it."""

import msgspec

from fediverse_support.community.groups import groups
from fediverse_support.database.pool import acquire


async def test_a_change_is_told_in_both_styles(scene):
    before = len(await scene.sent())
    async with acquire(scene.home.pool) as db, db.transaction():
        answers = msgspec.structs.replace(groups.answers_of(scene.group), title="Sober together")
        await groups.edit(db, scene.home.site, scene.group, answers, await scene.actor(scene.mo))
    by_group, by_person, announce = await scene.sent(before)
    assert (by_group[0], by_group[1]) == (scene.group.actor.uri, "lemmy.example masto.example")
    assert (by_person[0], by_person[1]) == (scene.home.site.person("mo"), "")
    assert by_person[2]["object"]["name"] == by_group[2]["object"]["name"] == "Sober together"
    assert by_person[2]["audience"] == scene.group.actor.uri
    assert (announce[1], announce[2]["object"]) == ("lemmy.example", by_person[2])


async def test_nobody_hears_of_a_sealed_group(scene):
    inner = await scene.home.group("inner", reach="sealed")
    before = len(await scene.sent())
    async with acquire(scene.home.pool) as db, db.transaction():
        answers = msgspec.structs.replace(groups.answers_of(inner), title="Closer")
        await groups.edit(db, scene.home.site, inner, answers, await scene.actor(scene.mo))
    assert await scene.sent(before) == []


async def test_changing_nothing_but_the_title_leaves_every_door_as_it_was(scene):
    group = await scene.home.group("quiet_ones", joining="approval", speaking="members", reach="quiet")
    answers = groups.answers_of(group)
    async with acquire(scene.home.pool) as db, db.transaction():
        changed = await groups.edit(
            db, scene.home.site, group, msgspec.structs.replace(answers, title="Other")
        )
    assert groups.answers_of(changed) == msgspec.structs.replace(answers, title="Other")

"""D8: what strangers make us remember is forgotten again, and what protects a post is not."""

from datetime import timedelta

from fediverse_support.database import reactions, tombstones
from fediverse_support.database.pool import acquire


async def test_d8_traces_of_what_never_came_are_forgotten_and_those_of_what_came_are_kept(world):
    ana, group = await world.known(), await world.group()
    create = ana.create(group.actor.uri)
    uri = create["object"]["id"]
    other = ana.create(group.actor.uri)
    await world.send(ana, create)
    await world.send(ana, other)
    await world.send(ana, ana.does("Delete", uri))
    await world.send(ana, ana.does("Delete", ana.id("notes")))
    await world.send(ana, ana.does("Like", other["object"]["id"]))
    await world.send(ana, ana.does("Like", ana.id("notes")))
    await world.send(ana, ana.does("Undo", ana.id()))
    before = await world.counts()
    async with acquire(world.pool) as db:
        await tombstones.forget_strays(db, world.clock() - timedelta(minutes=1))
        await reactions.forget_strays(db, world.clock() - timedelta(minutes=1))
    assert await world.counts() == before, "nothing is forgotten too early"
    async with acquire(world.pool) as db:
        for _ in range(2):
            await tombstones.forget_strays(db, world.clock() + timedelta(minutes=1))
            await reactions.forget_strays(db, world.clock() + timedelta(minutes=1))
    assert await world.rows("select uri from tombstones") == [{"uri": uri}]
    assert await world.rows("select object_uri from reactions") == [{"object_uri": other["object"]["id"]}]
    assert await world.one("select count(*) from undone") == 0
    await world.send(ana, ana.wrap("Create", create["object"]))
    assert (await world.post(uri))["state"] == "deleted"

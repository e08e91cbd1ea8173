"""The tree of topics at the desk: for admins only, and every change on the record."""

import pytest

from fediverse_support.database.pool import acquire


async def fetch(world, query):
    async with acquire(world.pool) as db:
        return [tuple(row) for row in await db.fetch(query)]


@pytest.mark.parametrize("role", ["member", "moderator"])
async def test_who_is_no_admin_neither_sees_nor_changes_the_tree(world, role):
    browser = await world.signed_in(await world.member("mod", role=role))
    await browser.get("/you")
    token = browser.forms()[0][1]["csrf_token"]
    assert (await browser.get("/desk/topics")).status_code == 404
    fields = {"csrf_token": token, "deed": "add", "name": "Grief"}
    assert (await browser.post("/desk/topics", fields)).status_code == 404
    assert await fetch(world, "select * from topics") == []


async def test_a_refusal_keeps_what_was_typed(world):
    browser = await world.signed_in(await world.member("root", role="admin"))
    await browser.get("/desk/topics")
    answer = await browser.submit("/desk/topics", deed="add", name="???", description="Kept words")
    assert answer.status_code == 400
    assert "Kept words" in answer.text
    answer = await browser.submit("/desk/topics", deed="burn", name="x", slug="y")
    assert answer.status_code == 404
    assert await fetch(world, "select * from deeds") == []


async def test_an_admin_tends_the_tree_and_it_is_written_down(world):
    browser = await world.signed_in(await world.member("root", role="admin"))
    for name, below in (("Grief", ""), ("Sleep", ""), ("Pets", "grief")):
        await browser.get("/desk/topics")
        assert (await browser.submit("/desk/topics", deed="add", name=name, below=below)).status_code == 303

    async def does(**fields: str) -> None:
        await browser.get("/desk/topics")
        token = browser.forms()[0][1]["csrf_token"]
        answer = await browser.post("/desk/topics", {"csrf_token": token, **fields})
        assert answer.status_code == 303, answer.text

    await does(deed="up", slug="sleep")
    await does(deed="move", slug="pets", below="sleep")
    await does(deed="rename", slug="pets", name="Animals", description="Fur and feathers")
    await does(deed="remove", slug="grief")
    found = await fetch(
        world,
        "select t.slug, t.name, p.slug from topics t left join topics p on p.id = t.parent_id order by 1",
    )
    assert found == [("pets", "Animals", "sleep"), ("sleep", "Sleep", None)]
    deeds = [row[0] for row in await fetch(world, "select deed from deeds order by id")]
    assert deeds == ["add topic"] * 3 + ["up topic", "move topic", "rename topic", "remove topic"]

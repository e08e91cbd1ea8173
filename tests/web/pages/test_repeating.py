"""Threads that repeat, on the pages of who looks after a group. Refusals first."""

import pytest

from fediverse_support.database import groups
from fediverse_support.database.pool import acquire


@pytest.fixture
async def owls(village):
    return await village.group()


@pytest.fixture
async def keeper(world, owls, ada):
    """The browser of somebody who looks after the group."""
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, owls.actor.id, ada.actor_id)
    return await world.signed_in(ada)


async def rows(world) -> list[dict]:
    async with acquire(world.pool) as db:
        return [dict(row) for row in await db.fetch("select * from repeating_threads order by id")]


WEEKLY = {
    "title": "Monday check-in, {date}",
    "source": "How are you?",
    "frequency": "weekly",
    "weekday": "0",
    "at_time": "09:00",
    "time_zone": "Europe/Berlin",
}


async def set_up(keeper, **changes):
    await keeper.get("/groups/night_owls/repeating/new")
    return await keeper.submit("/groups/night_owls/repeating/new", **WEEKLY | changes)


async def test_to_whoever_does_not_look_after_the_group_there_is_no_such_page(world, owls, keeper, ben):
    await set_up(keeper)
    number = (await rows(world))[0]["id"]
    browser = await world.signed_in(ben)
    await browser.get("/you")
    fields = WEEKLY | {"csrf_token": browser.forms()[0][1]["csrf_token"], "do": "delete"}
    for place in ("", "/new", f"/{number}"):
        assert (await browser.get(f"/groups/night_owls/repeating{place}")).status_code == 404
        assert (await world.browser().get(f"/groups/night_owls/repeating{place}")).status_code in (303, 404)
    for place in ("/new", f"/{number}", f"/{number}/rest"):
        assert (await browser.post(f"/groups/night_owls/repeating{place}", fields)).status_code == 404
    assert len(await rows(world)) == 1


async def test_one_of_another_group_is_not_there(world, village, keeper, ada):
    await set_up(keeper)
    number = (await rows(world))[0]["id"]
    other = await village.group("other")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, other.actor.id, ada.actor_id)
    assert (await keeper.get(f"/groups/other/repeating/{number}")).status_code == 404
    for number in ("0", "x", "9" * 40):
        assert (await keeper.get(f"/groups/night_owls/repeating/{number}")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "1 to 160"),
        ({"source": " "}, "1 to 20,000"),
        ({"frequency": "hourly"}, "how often"),
        ({"frequency": "monthly", "day_of_month": "31"}, "1 to 28"),
        ({"frequency": "monthly", "day_of_month": ""}, "1 to 28"),
        ({"frequency": "weekly", "weekday": "8"}, "day of the week"),
        ({"at_time": "25:00"}, "Please give a time"),
        ({"time_zone": "Mars/Olympus"}, "time zone"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_that_was_typed_is_lost(world, keeper, changes, words):
    page = await set_up(keeper, **{"source": "MARKER"} | changes)
    assert page.status_code == 400
    assert words in page.text
    assert ("MARKER" in page.text) == ("source" not in changes)
    assert await rows(world) == []


async def test_it_is_set_up_changed_rests_goes_on_and_is_deleted(world, keeper):
    await set_up(keeper)
    page = await keeper.follow()
    assert "Every week on Monday at 09:00 (Europe/Berlin)" in page.text
    assert "Next: Monday" in page.text
    number = (await rows(world))[0]["id"]
    base = f"/groups/night_owls/repeating/{number}"
    await keeper.get(base)
    await keeper.submit(base, **WEEKLY | {"frequency": "monthly", "day_of_month": "28"})
    assert "Every month on day 28" in (await keeper.follow()).text
    await keeper.submit(f"{base}/rest", do="rest")
    page = await keeper.follow()
    assert "It rests." in page.text
    await keeper.submit(f"{base}/rest", do="again")
    assert "Next:" in (await keeper.follow()).text
    await keeper.get(base)
    await keeper.submit(f"{base}/rest", do="delete")
    assert "Nothing repeats yet" in (await keeper.follow()).text
    assert await rows(world) == []


async def test_why_one_rests_is_shown(world, keeper):
    await set_up(keeper)
    async with acquire(world.pool) as db:
        await db.execute("update repeating_threads set is_paused = true, why_paused = 'author'")
    page = await keeper.get("/groups/night_owls/repeating")
    assert "does not look after this group any more" in page.text

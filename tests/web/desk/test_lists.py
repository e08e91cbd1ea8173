"""Lists that are fetched by themselves: nothing counts before a yes, and what would end is said."""

import pytest

from fediverse_support.core import clock
from fediverse_support.database import domain_lists as stored
from fediverse_support.database.pool import acquire
from fediverse_support.moderation.list_taking import Given, take
from fediverse_support.policy.lists import formats as list_formats

WANTED = {
    "name": "big", "url": "https://lists.example/blocks.csv", "priority": "120", "hours": "12",
    "most": "blocked", "format": "csv", "together": "",
}  # fmt: skip


@pytest.fixture
async def desk(world):
    return await world.signed_in(await world.member("mod", role="moderator"))


async def levels(world):
    async with acquire(world.pool) as db:
        rows = await db.fetch("select domain, level from domain_levels order by domain")
    return {row["domain"]: row["level"] for row in rows}


async def fetched(world, *names, is_sure=False):
    """What a fetch of the list gives, without the network."""
    async with acquire(world.pool) as db, db.transaction():
        listing = list_formats.read("\n".join(["#domain", *names]))
        known, now = await stored.by_name(db, "big"), clock.now()
        came_to = await take(db, world.site, known, Given(listing=listing), now, is_sure=is_sure)
        await stored.record_fetch(db, known.id, came_to.outcome, came_to.numbers, came_to.message, now)
        failure = came_to.message if came_to.outcome == "too-small" else ""
        await stored.finish(db, known.id, next_fetch_at=now, now=now, failure=failure)


async def subscribed(desk, **fields):
    await desk.get("/desk/lists")
    return await desk.submit("/desk/lists", **WANTED | fields)


async def test_a_subscription_that_makes_no_sense_is_refused(world, desk):
    for fields in (
        {"name": "Big List"}, {"url": "file:///etc/passwd"}, {"url": "https://garden.example/x"},
        {"priority": "many"}, {"priority": "300"}, {"hours": "0"}, {"most": "allowed"}, {"format": "x"},
        {"url": "https://127.0.0.1/list"},
    ):  # fmt: skip
        answer = await subscribed(desk, **fields)
        assert answer.status_code in (400, 409), fields
        assert 'value="' + ({"url": WANTED["url"]} | fields)["url"] + '"' in answer.text, "nothing is lost"
    assert (await subscribed(desk)).status_code == 303
    assert (await subscribed(desk)).status_code == 409, "there is one of this name"
    for path in ("/desk/lists/nope", "/desk/lists/Big"):
        assert (await desk.get(path)).status_code == 404


async def test_what_a_list_wants_waits_for_a_yes_or_a_no(world, desk):
    await subscribed(desk)
    await desk.follow()
    await fetched(world, "one.example", "two.example", "three.example")
    page = (await desk.get("/desk/lists/big")).text
    assert page.count('name="id.') == 3
    assert "3 changes wait for a yes" in (await desk.get("/desk/lists")).text
    assert await levels(world) == {}
    async with acquire(world.pool) as db:
        known = await stored.by_name(db, "big")
        ids = {change.domain: change.id for change in await stored.waiting(db, known.id)}

    async def decide(do, *domains):
        await desk.get("/desk/lists/big")
        token = next(v for f, v in desk.forms() if f["action"] == "/desk/lists/big/decide")["csrf_token"]
        ticked = {f"id.{ids[domain]}": "yes" for domain in domains}
        return await desk.post("/desk/lists/big/decide", {"csrf_token": token, "do": do} | ticked)

    await decide("approve")
    assert await levels(world) == {}, "nothing was ticked"
    await decide("approve", "one.example")
    assert await levels(world) == {"one.example": "blocked"}
    assert (await decide("approve", "two.example", "one.example")).status_code == 404, "one is decided"
    await decide("decline", "two.example")
    await decide("approve-all")
    assert await levels(world) == {"one.example": "blocked", "three.example": "blocked"}
    await fetched(world, "one.example", "two.example", "three.example")
    assert "Waits for a yes" not in (await desk.get("/desk/lists/big")).text, "a no is not asked again"

    await fetched(
        world, "one.example", "two.example", "three.example", *(f"n{number}.example" for number in range(20))
    )
    await decide("approve-all")
    await fetched(world, "one.example")
    page = (await desk.get("/desk/lists/big")).text
    assert "Take it anyway" in page
    assert len(await levels(world)) > 20, "a list that has shrunk changes nothing"
    await desk.submit("/desk/lists/big", do="pause")
    assert await levels(world) == {}
    assert "paused" in (await desk.get("/desk/lists")).text
    await desk.get("/desk/lists/big")
    await desk.submit("/desk/lists/big", do="resume")
    assert len(await levels(world)) > 20
    await desk.get("/desk/lists/big")
    await desk.submit("/desk/lists/big", do="remove")
    assert await levels(world) == {}
    assert "No list is fetched yet." in (await desk.follow()).text


async def test_before_a_list_ends_follows_it_says_whose(world, village, ada, desk):
    for number in range(3):
        group = await village.remote(f"https://n{number}.example/c/lamp", "Group", "lamp")
        async with acquire(world.pool) as db:
            await db.execute(
                "insert into follows (follower_id, followed_id, state, activity_uris) "
                "values ($1, $2, 'accepted', '{}')",
                ada.actor_id,
                group.id,
            )
    await subscribed(desk)
    await fetched(world, "n1.example")
    await desk.get("/desk/lists/big")
    answer = await desk.submit("/desk/lists/big/decide", do="approve-all")
    assert "lamp@n1.example" in answer.text
    assert await levels(world) == {}
    await desk.submit("/desk/lists/big/decide")
    assert await levels(world) == {"n1.example": "blocked"}
    page = (await desk.get("/desk/domains?from=big")).text
    assert 'href="/desk/domains/of/n1.example"' in page
    assert "Follows end soon" in page


async def test_what_a_fetch_came_to_is_said_in_the_language_of_who_reads(world, desk):
    await subscribed(desk, drafts="yes")
    await fetched(world, "bad.example", "worse.example", "10.0.0.1", "co.uk")
    page = " ".join((await desk.get("/desk/lists/big")).text.split())
    assert "2 changes wait for a yes." in page
    assert "It names everybody" in page
    assert "Left out: an IP address (1)" in page, "what is not taken is counted, with why"
    german = " ".join((await desk.get("/desk/lists/big", **{"accept-language": "de"})).text.split())
    assert "changes wait" not in german
    await fetched(world, "bad.example")
    page = " ".join((await desk.get("/desk/lists/big")).text.split())
    assert "1 of 2 servers would be gone" in page

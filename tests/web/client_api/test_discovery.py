"""Groups that may be for somebody, the directory, and announcements."""

from datetime import timedelta

from fediverse_support.community.house import announcements, topics
from fediverse_support.community.house.announcements import Words
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire


async def under(world, group, *names):
    async with acquire(world.pool) as db, db.transaction():
        known = {branch.topic.name: branch.topic for branch in await topics.tree(db)}
        slugs = [(known[name] if name in known else await topics.add(db, name)).slug for name in names]
        await topics.put_group(db, group.actor.id, slugs)


async def test_groups_are_suggested_by_need_and_nobody_else_is(world, village, api, ada, ben):
    owls = await village.group()
    dawn = await village.group("dawn", title="Dawn")
    garden = await village.group("garden", title="Allotment")
    await village.group("closed_door", title="By invitation", joining="invite", seeing="members")
    await village.group("letters", title="Letters", joining="invite")
    asks = await village.group("asks", title="Asks first", joining="approval")
    await under(world, owls, "Sleep")
    await under(world, dawn, "Sleep")
    await under(world, garden, "Grief")
    await village.joins(ada, owls)
    app = await api(ada)
    found = await app.get("/api/v2/suggestions")
    assert [one["account"]["acct"] for one in found] == ["dawn", "garden", "asks"]
    assert {one["source"] for one in found} == {"staff"}
    assert found[0]["sources"] == ["featured"]
    assert found[0]["account"]["group"] is True
    answer = await app.call("DELETE", f"/api/v1/suggestions/{dawn.actor.id}")
    assert (answer.status_code, answer.json()) == (200, {})
    assert [one["acct"] for one in await app.get("/api/v1/suggestions", limit=1)] == ["garden"]
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into follows (follower_id, followed_id, state, activity_uris) "
            "values ($1, $2, 'pending', '{}')",
            ada.actor_id,
            asks.actor.id,
        )
    assert [one["acct"] for one in await app.get("/api/v1/suggestions")] == ["garden"], "asked already"
    assert "dawn" in [one["acct"] for one in await (await api(ben)).get("/api/v1/suggestions")]
    assert await (await api()).refused(401, "GET", "/api/v2/suggestions")


async def test_the_directory_lists_groups_that_one_may_find(world, village, api, ada):
    owls = await village.group()
    dawn = await village.group("dawn", title="Dawn")
    hidden = await village.group("hidden", title="Hidden", joining="invite", seeing="members")
    await village.group("sealed_one", title="Sealed", reach="sealed", seeing="members", joining="approval")
    await village.joins(ada, owls)
    await village.joins_by_hand(ada, hidden)
    await village.writes(ada, owls.actor, "Who is awake?")
    guest = await api()
    assert [one["acct"] for one in await guest.get("/api/v1/directory")] == ["night_owls", "dawn"]
    assert [one["acct"] for one in await guest.get("/api/v1/directory", order="new")] == [
        "dawn",
        "night_owls",
    ]
    page = await guest.call("GET", "/api/v1/directory", params={"limit": 1, "offset": 1, "local": "true"})
    assert [one["id"] for one in page.json()] == [str(dawn.actor.id)]
    assert "offset=2" in page.links["next"]["url"]
    own = [one["acct"] for one in await (await api(ada)).get("/api/v1/directory")]
    assert set(own) == {"night_owls", "dawn", "hidden", "sealed_one"}
    assert await guest.get("/api/v1/directory", offset="9" * 30) == []
    assert await guest.refused(422, "GET", "/api/v1/directory", params={"offset": "many"})


async def test_announcements_are_read_put_away_and_answered_with_emojis(world, api, ada, ben):
    now = clock.now()
    async with acquire(world.pool) as db:
        said = await announcements.publish(db, Words(source="We move on **Sunday**."), now)
        over = await announcements.publish(
            db, Words(source="Past", ends_at=now - timedelta(days=1)), now - timedelta(days=2)
        )
    app, other = await api(ada), await api(ben)
    (shown,) = await app.get("/api/v1/announcements")
    assert shown == {
        "id": str(said.id),
        "content": "<p>We move on <strong>Sunday</strong>.</p>",
        "starts_at": None,
        "ends_at": None,
        "all_day": False,
        "published_at": shown["published_at"],
        "updated_at": shown["published_at"],
        "read": False,
        "mentions": [],
        "statuses": [],
        "tags": [],
        "emojis": [],
        "reactions": [],
    }
    path = f"/api/v1/announcements/{said.id}"
    for wrong in ("yes", "<b>", "👍👍👍👍👍👍👍👍👍👍👍"):
        assert await app.refused(422, "PUT", f"{path}/reactions/{wrong}")
    assert await app.refused(404, "PUT", f"/api/v1/announcements/{over.id}/reactions/👍")
    assert await app.refused(404, "DELETE", f"{path}/reactions/👍")
    for someone in (app, app, other):
        assert (await someone.call("PUT", f"{path}/reactions/👍🏽")).json() == {}
    assert (await app.get("/api/v1/announcements"))[0]["reactions"] == [
        {"name": "👍🏽", "count": 2, "me": True}
    ]
    assert (await app.call("DELETE", f"{path}/reactions/👍🏽")).status_code == 200
    assert (await app.get("/api/v1/announcements"))[0]["reactions"][0] == {
        "name": "👍🏽",
        "count": 1,
        "me": False,
    }
    for emoji in "🌱🌲🌳🌴🌵🌷🌸":
        assert (await app.call("PUT", f"{path}/reactions/{emoji}")).status_code == 200
    assert await app.refused(422, "PUT", f"{path}/reactions/🌹"), "eight kinds are enough"
    assert await app.post(f"{path}/dismiss") == {}
    assert await app.post(f"{path}/dismiss") == {}
    assert await app.get("/api/v1/announcements") == []
    assert (await app.get("/api/v1/announcements", with_dismissed="true"))[0]["read"] is True
    assert len(await other.get("/api/v1/announcements")) == 1
    assert await app.refused(404, "POST", f"/api/v1/announcements/{over.id}/dismiss")
    assert await (await api()).refused(401, "GET", "/api/v1/announcements")
    assert await (await api(ada, scopes=("read",))).refused(403, "POST", f"{path}/dismiss")

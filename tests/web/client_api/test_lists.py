"""Lists: one's own, one's groups, and what the server makes; and what may not be done to them."""

from fediverse_support.database.pool import acquire


async def follows(world, follower, followed):
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into follows (follower_id, followed_id, state, activity_uris, accepted_at)
            values ($1, $2, 'accepted', '{}', now()) on conflict do nothing
            """,
            follower.actor_id,
            followed.actor_id,
        )


async def in_home(world, follower, followed_id):
    async with acquire(world.pool) as db:
        return await db.fetchval(
            "select in_home from follows where follower_id = $1 and followed_id = $2",
            follower.actor_id,
            followed_id,
        )


async def test_a_list_of_ones_own_from_beginning_to_end(world, api, ada, ben):
    cyn = await world.member("cyn")
    app, other = await api(ada), await api(ben)
    await follows(world, ada, ben)
    assert await app.refused(422, "POST", "/api/v1/lists", json={"title": "  "})
    assert await app.refused(422, "POST", "/api/v1/lists", json={"title": "x" * 201})
    assert await app.refused(422, "POST", "/api/v1/lists", json={"title": "x", "replies_policy": "all"})
    made = await app.post("/api/v1/lists", {"title": "Close", "exclusive": True})
    assert made == {"id": made["id"], "title": "Close", "replies_policy": "list", "exclusive": True}
    path = f"/api/v1/lists/{made['id']}"
    for method, address in (("GET", path), ("PUT", path), ("DELETE", path), ("GET", f"{path}/accounts")):
        assert await other.refused(404, method, address) == "Record not found", "somebody else's"
    wanted = {"account_ids": [str(ben.actor_id), str(cyn.actor_id)]}
    assert await app.refused(404, "POST", f"{path}/accounts", json=wanted), "cyn is not followed"
    assert await app.get(f"{path}/accounts") == []
    await app.post(f"{path}/accounts", {"account_ids": [str(ben.actor_id)]})
    await app.post(f"{path}/accounts", {"account_ids": [str(ben.actor_id)]})
    assert [account["acct"] for account in await app.get(f"{path}/accounts", limit=0)] == ["ben"]
    assert await in_home(world, ada, ben.actor_id) is False, "an exclusive list keeps out of Home"
    assert [one["id"] for one in await app.get(f"/api/v1/accounts/{ben.actor_id}/lists")] == [made["id"]]
    changed = await app.call("PUT", path, data={"exclusive": "false", "replies_policy": "none"})
    assert changed.json() == {**made, "exclusive": False, "replies_policy": "none"}
    assert await in_home(world, ada, ben.actor_id) is True
    await app.call("PUT", path, json={"exclusive": True})
    taken = await app.call("DELETE", f"{path}/accounts", data={"account_ids[]": str(ben.actor_id)})
    assert (taken.status_code, taken.json()) == (200, {})
    assert await app.get(f"{path}/accounts") == []
    assert await in_home(world, ada, ben.actor_id) is True
    await app.post(f"{path}/accounts", {"account_ids": [str(ben.actor_id)]})
    assert (await app.call("DELETE", path)).json() == {}
    assert await in_home(world, ada, ben.actor_id) is True, "nothing keeps ben out of Home any more"
    assert await app.refused(404, "GET", path) == "Record not found"
    for wrong in ("0", "9" * 30, "abc", "1e3"):
        assert await app.refused(404, "GET", f"/api/v1/lists/{wrong}")


async def test_whom_one_leaves_is_in_no_list_and_pages_go_by_place(world, api, ada, ben):
    app = await api(ada)
    made = await app.post("/api/v1/lists", {"title": "All"})
    people = [ben] + [await world.member(f"person{number}") for number in range(3)]
    for person in people:
        await follows(world, ada, person)
        await app.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [str(person.actor_id)]})
    seen, address = [], f"/api/v1/lists/{made['id']}/accounts?limit=2"
    while address:
        answer = await app.call("GET", address)
        seen += [account["acct"] for account in answer.json()]
        address = answer.links.get("next", {}).get("url")
    assert seen == ["person2", "person1", "person0", "ben"]
    async with acquire(world.pool) as db:
        await db.execute("delete from follows where followed_id = $1", ben.actor_id)
    shown = await app.get(f"/api/v1/lists/{made['id']}/accounts", limit=0)
    assert "ben" not in [account["acct"] for account in shown]


async def test_groups_are_lists_that_the_server_manages(world, village, api, ada, ben):
    owls = await village.group()
    await village.joins(ada, owls)
    app, number = await api(ada), str(owls.actor.id)
    found = await app.get("/api/v1/lists")
    assert [one["title"] for one in found] == ["Needs a reply", "My groups", "Night owls"]
    assert found[2] == {"id": number, "title": "Night owls", "replies_policy": "list", "exclusive": False}
    assert await app.get(f"/api/v1/lists/{number}") == found[2]
    path = f"/api/v1/lists/{number}"
    answer = await app.call("PUT", path, json={**found[2], "exclusive": True})
    assert answer.json() == {**found[2], "exclusive": True}
    assert await in_home(world, ada, owls.actor.id) is False
    await app.call("PUT", path, json={"exclusive": False})
    assert await in_home(world, ada, owls.actor.id) is True
    managed = "This list is managed by the server."
    assert await app.refused(422, "PUT", path, json={"title": "Mine"}) == managed
    assert await app.refused(422, "PUT", path, json={"title": "Night owls", "replies_policy": "none"})
    assert await app.refused(422, "DELETE", path) == managed
    for method in ("POST", "DELETE"):
        sent = {"account_ids": [str(ben.actor_id)]}
        assert await app.refused(422, method, f"{path}/accounts", json=sent) == managed
        assert await app.refused(422, method, "/api/v1/lists/1/accounts", json=sent) == managed
    assert await app.refused(422, "PUT", "/api/v1/lists/2", json={"title": "x"}) == managed
    assert [one["id"] for one in await app.get(f"{path}/accounts")] == [number]
    assert [one["id"] for one in await app.get("/api/v1/lists/2/accounts")] == [number]
    assert [one["id"] for one in await app.get(f"/api/v1/accounts/{number}/lists")] == [number]
    outside = await api(ben)
    assert await outside.refused(404, "GET", path) == "Record not found"
    assert await outside.refused(404, "PUT", path, json={"exclusive": True}) == "Record not found"


async def test_a_group_has_no_groups_and_scopes_are_asked_for(world, village, api, ada):
    owls = await village.group()
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into group_moderators (group_id, actor_id) values ($1, $2)", owls.actor.id, ada.actor_id
        )
    acting = await api(ada, acts_as=owls.actor.id)
    assert await acting.get("/api/v1/lists") == []
    reader = await api(ada, scopes=("read",))
    assert await reader.refused(403, "POST", "/api/v1/lists", json={"title": "x"})
    assert await (await api()).refused(401, "GET", "/api/v1/lists")


async def test_what_needs_a_reply_stands_in_its_list_until_it_has_one(world, village, api, ada, ben):
    owls = await village.group()
    for member in (ada, ben):
        await village.joins(member, owls)
    question = await village.writes(ben, owls.actor, "Is anybody awake?")
    own = await village.writes(ada, owls.actor, "Mine")
    app = await api(ada)

    async def shown(number):
        return [one["id"] for one in await app.get(f"/api/v1/timelines/list/{number}")]

    assert await shown(1) == [str(question.id)], "not what one has begun oneself"
    assert set(await shown(2)) == {str(question.id), str(own.id)}
    assert set(await shown(owls.actor.id)) == {str(question.id), str(own.id)}
    await app.post("/api/v1/statuses", {"status": "I am.", "in_reply_to_id": str(question.id)})
    assert await shown(1) == []

"""Tags that somebody follows, and that stand on profiles."""

from typing import Any

from fediverse_support.database.pool import acquire


async def send(app: Any, method: str, path: str, **sent: Any) -> Any:
    answer = await app.call(method, path, **sent)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_tags_are_followed_and_listed_page_by_page(world, ada, ben, api) -> None:
    app, other, guest = await api(ada), await api(ben), await api()
    address = f"{world.site.origin}/tags/sleep"
    assert await guest.get("/api/v1/tags/Sleep") == {
        "id": "sleep",
        "name": "sleep",
        "url": address,
        "history": [],
    }
    assert (await app.get("/api/v1/tags/sleep"))["following"] is False
    for _ in range(2):
        assert (await send(app, "POST", "/api/v1/tags/SLEEP/follow"))["following"] is True
    for name in ("müdigkeit", "減肥", "a1"):
        assert (await send(app, "POST", f"/api/v1/tags/{name}/follow"))["name"] == name
    listed = await app.call("GET", "/api/v1/followed_tags", params={"limit": 3})
    assert [tag["name"] for tag in listed.json()] == ["a1", "減肥", "müdigkeit"]
    assert all(tag["following"] for tag in listed.json())
    older = listed.links["next"]["url"].removeprefix(world.site.origin)
    rest = await app.call("GET", older)
    assert [tag["name"] for tag in rest.json()] == ["sleep"]
    assert "next" not in rest.links
    newer = rest.links["prev"]["url"].removeprefix(world.site.origin)
    assert [tag["name"] for tag in (await app.call("GET", newer)).json()] == ["a1", "減肥", "müdigkeit"]
    assert await other.get("/api/v1/followed_tags") == []
    assert (await send(other, "POST", "/api/v1/tags/sleep/unfollow"))["following"] is False
    assert len(await app.get("/api/v1/followed_tags")) == 4
    assert (await send(app, "POST", "/api/v1/tags/sleep/unfollow"))["following"] is False
    assert len(await app.get("/api/v1/followed_tags")) == 3
    for bad in ("123", "a b", "a-b", "%23", "x" * 101, "'; drop", "%"):
        await app.refused(404, "POST", f"/api/v1/tags/{bad}/follow")
    await guest.refused(401, "POST", "/api/v1/tags/sleep/follow")
    await guest.refused(401, "GET", "/api/v1/followed_tags")
    await (await api(ada, ["read"])).refused(403, "POST", "/api/v1/tags/sleep/follow")
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into followed_tags (actor_id, tag) select $1, 'tag' || n from generate_series(1, 497) n",
            ada.actor_id,
        )
    await app.refused(422, "POST", "/api/v1/tags/onemore/follow")


async def test_tags_on_a_profile_count_what_the_visitor_may_see(world, village, ada, ben, api) -> None:
    group, closed = await village.group(), await village.group("closed", reach="members", seeing="members")
    for account in (ada, ben):
        await village.joins(account, group)
    await village.joins_by_hand(ada, closed)
    await village.writes(ada, group.actor, "One #tea and #cake")
    await village.writes(ada, group.actor, "Two #tea")
    await village.writes(ada, closed.actor, "Three #tea #secret")
    app, other, guest = await api(ada), await api(ben), await api()
    profile = f"/api/v1/accounts/{ada.actor_id}/featured_tags"
    assert await guest.get(profile) == []
    suggested = await app.get("/api/v1/featured_tags/suggestions")
    assert [tag["name"] for tag in suggested] == ["tea", "cake"]
    made = await app.post("/api/v1/featured_tags", {"name": "#Tea"})
    assert made == {
        "id": made["id"],
        "name": "tea",
        "url": f"{world.site.origin}/tags/tea",
        "statuses_count": "3",
        "last_status_at": made["last_status_at"],
    }
    assert len(made["last_status_at"]) == 10
    assert await app.post("/api/v1/featured_tags", {"name": "tea"}) == made
    assert (await send(app, "POST", "/api/v1/tags/secret/feature"))["featuring"] is True
    for one in (other, guest):
        shown = await one.get(profile)
        assert [(tag["name"], tag["statuses_count"]) for tag in shown] == [("tea", "2"), ("secret", "0")]
        assert shown[1]["last_status_at"] is None
    assert [tag["statuses_count"] for tag in await app.get("/api/v1/featured_tags")] == ["3", "1"]
    await other.refused(404, "DELETE", f"/api/v1/featured_tags/{made['id']}")
    assert await send(app, "DELETE", f"/api/v1/featured_tags/{made['id']}") == {}
    await app.refused(404, "DELETE", f"/api/v1/featured_tags/{made['id']}")
    assert (await send(app, "POST", "/api/v1/tags/secret/unfeature"))["featuring"] is False
    assert await app.get("/api/v1/featured_tags") == []
    for bad in ("", "1", "a b", "x" * 10_000):
        await app.refused(422, "POST", "/api/v1/featured_tags", json={"name": bad})
    for number in range(10):
        await app.post("/api/v1/featured_tags", {"name": f"tag{number}"})
    await app.refused(422, "POST", "/api/v1/featured_tags", json={"name": "onemore"})
    await guest.refused(404, "GET", "/api/v1/accounts/1/featured_tags")

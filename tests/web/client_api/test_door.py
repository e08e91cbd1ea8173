"""Around every call: who may, one shape of errors, CORS, rates, slashes."""

import httpx
import pytest
from starlette.routing import Route

from fediverse_support.core.errors import (
    Conflict,
    Forbidden,
    Malformed,
    Misconfigured,
    Missing,
    RemoteTrouble,
    TooMany,
    Unavailable,
)
from fediverse_support.web.client_api import door
from fediverse_support.web.client_api.calls import Answer, Call, Who, call
from fediverse_support.web.client_api.door import Door
from fediverse_support.web.client_api.paging import linked, window
from fediverse_support.web.client_api.table import Table

TROUBLES = {
    "malformed": (Malformed("Too long."), 422, "Too long."),
    "forbidden": (Forbidden("Not yours."), 403, "Not yours."),
    "missing": (Missing("Somebody's secret."), 404, "Record not found"),
    "conflict": (Conflict("Twice."), 422, "Twice."),
    "many": (TooMany("Wait.", 7), 429, "Wait."),
    "remote": (RemoteTrouble("Away."), 503, "Away."),
    "away": (Unavailable("Soon."), 503, "Soon."),
}


@call("read:statuses")
async def mine(one: Call) -> object:
    return {"me": str(one.me), "limit": one.params.number("limit", 20, 1, 40)}


@call("read:statuses", who=Who.ANYONE)
async def open_to_all(one: Call) -> object:
    return {"me": one.viewer.actor_id and str(one.viewer.actor_id), "id": str(one.path_id())}


@call(who=Who.APP)
async def for_apps(one: Call) -> object:
    return {}


@call(who=Who.ANYONE)
async def troubled(one: Call) -> object:
    raise TROUBLES[one.path_text("kind")][0]


@call(who=Who.ANYONE)
async def broken(one: Call) -> object:
    raise RuntimeError("a member's private words")


@call(who=Who.ANYONE, connection="never")
async def paged(one: Call) -> Answer:
    part = window(one)
    numbers = [number for number in range(100, 0, -1) if part.after < number < part.max_id]
    shown = numbers[-part.limit :] if part.is_upward else numbers[: part.limit]
    return linked(one, shown, shown, part)


ROUTES = [
    Route("/api/v1/mine", mine, methods=["GET", "POST"]),
    Route("/api/v1/things/{id}", open_to_all),
    Route("/api/v1/apps", for_apps),
    Route("/api/v1/troubles/{kind}", troubled),
    Route("/api/v1/broken", broken),
    Route("/api/v1/paged", paged),
]


@pytest.fixture
def world(world):
    world.app._door = world.app.app
    world.app.app = Door(Table(ROUTES), world.app.app._app, world.app.app._others)
    return world


async def test_nobody_comes_in_without_the_right_token(world, ada, api) -> None:
    nobody = await api()
    assert await nobody.refused(401, "GET", "/api/v1/mine") == "This method requires an authenticated user"
    for bad in ("nonsense", "", "é", "a" * 5_000):
        headers = {"Authorization": f"Bearer {bad}".encode()}
        answer = await nobody.call("GET", "/api/v1/mine", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"] in (
            "The access token is invalid",
            "This method requires an authenticated user",
        )
    narrow = await api(ada, ["read:accounts", "write"])
    assert await narrow.refused(403, "GET", "/api/v1/mine") == "This action is outside the authorized scopes"
    assert await narrow.refused(403, "GET", "/api/v1/things/1")
    mine = await api(ada, ["read:statuses"])
    assert (await mine.get("/api/v1/mine"))["me"] == str(ada.actor_id)
    await world.set_state(ada, "disabled")
    assert await mine.refused(401, "GET", "/api/v1/mine") == "The access token is invalid"


async def test_a_token_that_acts_as_a_group_ends_with_looking_after_it(world, village, ada, api) -> None:
    group = await village.group()
    as_group = await api(ada, acts_as=group.actor.id)
    assert await as_group.refused(401, "GET", "/api/v1/mine")
    async with world.pool.acquire() as db:
        await db.execute("insert into group_moderators values ($1, $2)", group.actor.id, ada.actor_id)
    assert (await as_group.get("/api/v1/mine"))["me"] == str(group.actor.id)
    async with world.pool.acquire() as db:
        await db.execute("delete from group_moderators")
    assert await as_group.refused(401, "GET", "/api/v1/mine")


async def test_every_answer_is_json_that_any_origin_may_read(world, ada, api) -> None:
    app = await api(ada)
    for kind, (_, status, said) in TROUBLES.items():
        assert await app.refused(status, "GET", f"/api/v1/troubles/{kind}") == said
    assert "private" not in await app.refused(500, "GET", "/api/v1/broken")
    assert await app.refused(404, "GET", "/api/v1/nothing/of/that/kind")
    assert await app.refused(405, "DELETE", "/api/v1/mine")
    for bad in ("9" * 30, "-1", "0x10", "%00", "..%2f", "'%20or%201=1"):
        assert await app.refused(404, "GET", f"/api/v1/things/{bad}") in ("Record not found", "Not Found")
    answer = await app.http.options("/api/v1/mine", headers={"Origin": "https://app.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_slash_at_the_end_and_every_method_of_sending_is_the_same(world, ada, api) -> None:
    app = await api(ada)
    for path in ("/api/v1/mine?limit=7", "/api/v1/mine/?limit=7"):
        assert (await app.get(path))["limit"] == 7
    assert (await app.post("/api/v1/mine?limit=7"))["limit"] == 7
    assert (await app.post("/api/v1/mine", {"limit": "7"}))["limit"] == 7
    answer = await httpx.AsyncClient(transport=app.http._transport, base_url=app.http.base_url).post(
        "/api/v1/mine", data={"access_token": app.token, "limit": 7}
    )
    assert answer.json() == {"me": str(ada.actor_id), "limit": 7}


async def test_pages_lead_to_one_another_and_an_empty_one_nowhere(world, api) -> None:
    app = await api()
    answer = await app.call("GET", "/api/v1/paged?limit=3&local=true&types[]=a&types[]=b")
    link = answer.headers["link"]
    kept = "limit=3&local=true&types%5B%5D=a&types%5B%5D=b"
    assert link.startswith(f'<https://garden.example/api/v1/paged?{kept}&max_id=98>; rel="next", <')
    assert link.endswith('&min_id=100>; rel="prev"')
    assert (await app.get("/api/v1/paged?limit=3&max_id=98")) == [97, 96, 95]
    assert (await app.get("/api/v1/paged?limit=3&min_id=95")) == [98, 97, 96]
    assert (await app.get("/api/v1/paged?limit=3&since_id=95")) == [100, 99, 98]
    assert len(await app.get("/api/v1/paged", max_id="9" * 30, limit="9" * 30)) == 40
    empty = await app.call("GET", "/api/v1/paged?max_id=1")
    assert empty.json() == []
    assert "link" not in empty.headers
    assert await app.refused(422, "GET", "/api/v1/paged?limit=many")


async def test_rates_are_told_and_kept(world, ada, api, monkeypatch) -> None:
    monkeypatch.setattr(door, "PER_TOKEN", type(door.PER_TOKEN)(2, 5))
    app = await api(ada)
    first = await app.call("GET", "/api/v1/mine")
    assert first.headers["x-ratelimit-remaining"] == "1"
    assert first.headers["x-ratelimit-reset"].endswith("Z")
    await app.get("/api/v1/mine")
    third = await app.call("GET", "/api/v1/mine")
    assert (third.status_code, third.headers["x-ratelimit-remaining"]) == (429, "0")
    assert (await (await api()).call("GET", "/api/v1/apps")).status_code == 401


def test_an_address_without_a_declaration_stops_the_start() -> None:
    async def bare(request: object) -> None: ...

    with pytest.raises(Misconfigured):
        Table([Route("/api/v1/bare", bare)])
    with pytest.raises(Misconfigured):
        Table([Route("/api/v1/mine", mine), Route("/api/v1/mine", paged)])
    with pytest.raises(Misconfigured):
        call("read:everything")

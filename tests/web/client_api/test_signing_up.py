"""Asking to join from an app, by the same rules as on the page."""

from fediverse_support.accounts import approvals
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire
from tests.web.client_api.conftest import App

GOOD = {
    "username": "cleo",
    "email": "cleo@mail.example",
    "password": "three quiet green lamps",
    "agreement": "true",
    "locale": "en",
    "reason": "I would like to listen.",
}


async def an_app(world) -> App:
    """An app with a token of its own, which no person is behind."""
    app = App(world, None)
    made = await app.post(
        "/api/v1/apps", {"client_name": "Phone", "redirect_uris": "app://x", "scopes": "read write push"}
    )
    issued = await app.post(
        "/oauth/token",
        {
            "grant_type": "client_credentials",
            "client_id": made["client_id"],
            "client_secret": made["client_secret"],
            "scope": "read write",
        },
    )
    return App(world, issued["access_token"])


async def count(world) -> int:
    async with acquire(world.pool) as db:
        return await db.fetchval("select count(*) from accounts")


async def test_what_is_wrong_is_said_by_field_and_nobody_is_made(world_with, api, monkeypatch):
    world = await world_with(registration="open")
    await world.member("ben")
    app = await an_app(world)
    monkeypatch.setattr(world.services.limiter, "spend", _never)
    for wrong, field, code in (
        ({"username": "ben"}, "username", "ERR_TAKEN"),
        ({"username": "admin"}, "username", "ERR_RESERVED"),
        ({"username": "n" * 10_000}, "username", "ERR_INVALID"),
        ({"username": "<script>"}, "username", "ERR_INVALID"),
        ({"username": ""}, "username", "ERR_BLANK"),
        ({"email": "not one"}, "email", "ERR_INVALID"),
        ({"password": "short"}, "password", "ERR_INVALID"),
        ({"password": "password1234"}, "password", "ERR_INVALID"),
        ({"agreement": "false"}, "agreement", "ERR_ACCEPTED"),
        ({"reason": "x" * 6000}, "reason", "ERR_TOO_LONG"),
    ):
        answer = await app.call("POST", "/api/v1/accounts", data=GOOD | wrong)
        assert answer.status_code == 422, wrong
        said = answer.json()
        assert said["error"].startswith("Validation failed: ")
        assert [(name, errors[0]["error"]) for name, errors in said["details"].items()] == [(field, code)]
        assert said["details"][field][0]["description"]
    assert await count(world) == 1


async def test_a_person_or_nobody_cannot_sign_up_others(world_with, api):
    world = await world_with(registration="open")
    ada = await world.member("ada")
    await App(world, None).refused(401, "POST", "/api/v1/accounts", data=GOOD)
    assert await (await api(ada)).refused(403, "POST", "/api/v1/accounts", data=GOOD)
    assert await count(world) == 1


async def test_where_nobody_can_join_by_themselves_an_app_cannot_either(world_with):
    for registration in ("closed", "invite"):
        world = await world_with(registration=registration)
        said = await (await an_app(world)).refused(403, "POST", "/api/v1/accounts", data=GOOD)
        assert said == "This community does not take sign-ups at the moment."
        assert await count(world) == 0


async def test_where_joining_is_open_the_new_member_is_signed_in(world_with):
    world = await world_with(registration="open")
    app = await an_app(world)
    issued = await app.post("/api/v1/accounts", GOOD | {"agreement": True})
    assert issued["scope"] == "read write push"
    cleo = App(world, issued["access_token"])
    assert (await cleo.get("/api/v1/apps/verify_credentials"))["name"] == "Phone"
    assert await cleo.get("/api/v1/emails/check_confirmation") is True
    assert await cleo.refused(403, "POST", "/api/v1/emails/confirmations")
    assert await app.refused(404, "GET", "/api/v1/emails/check_confirmation")


async def test_who_waits_may_do_nothing_until_somebody_has_let_them_in(world):
    app = await an_app(world)
    issued = await app.post("/api/v1/accounts", GOOD)
    cleo = App(world, issued["access_token"])
    waits = "Your login is currently pending approval"
    assert await cleo.refused(403, "GET", "/api/v1/lists") == waits
    assert (await cleo.call("GET", "/api/v2/instance")).status_code == 200
    async with acquire(world.pool) as db, db.transaction():
        account_id = await db.fetchval("select id from accounts")
        await approvals.approve(db, account_id, None, clock.now())
    await cleo.get("/api/v1/lists")

    other = await app.post("/api/v1/accounts", GOOD | {"username": "dora", "email": ""})
    async with acquire(world.pool) as db, db.transaction():
        account_id = await db.fetchval("select id from accounts where state = 'waiting'")
        await approvals.decline(db, account_id, None, clock.now())
    assert await App(world, other["access_token"]).refused(401, "GET", "/api/v1/lists")


async def _never(*_: object) -> None:
    return None

"""What OAuth must not do: lead elsewhere, believe whoever calls, give twice, or outlive its owner."""

import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx

from fediverse_support.accounts import authorizing, grants, members
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire

PHONE = "icecubesapp://"
SITE = "https://elk.example/api/garden.example/oauth/https%3A%2F%2Felk.example"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


async def registered(api, addresses=(PHONE, SITE), scopes="read write follow push", name="Ice Cubes") -> dict:
    app = await api()
    return await app.post(
        "/api/v1/apps",
        {"client_name": name, "redirect_uris": list(addresses), "scopes": scopes, "website": ""},
    )


def question(app: dict, **changes: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": PHONE,
        "scope": "read write follow push",
    } | changes
    return f"/oauth/authorize?{urlencode({name: value for name, value in asked.items() if value})}"


async def code_for(world, account, app: dict, **changes: str) -> str:
    browser = await world.signed_in(account)
    await browser.get(question(app, **changes))
    page = await browser.submit("/oauth/authorize", decision="allow")
    assert page.status_code == 303, page.text
    return parse_qs(urlsplit(page.headers["location"]).query)["code"][0]


async def redeemed(api, app: dict, code: str, /, **changes: str) -> httpx.Response:
    sent = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": PHONE,
        "code": code,
    } | changes
    return await (await api()).call("POST", "/oauth/token", data=sent)


async def works(world, token: str) -> bool:
    async with acquire(world.pool) as db:
        return await grants.current(db, token, clock.now()) is not None


async def test_no_look_alike_of_a_registered_address_gets_an_answer(world, api, ada):
    app = await registered(api)
    browser = await world.signed_in(ada)
    for address in (
        "icecubesapp:///",
        "icecubesapp:",
        "IceCubesApp://",
        "icecubesapp://?a=b",
        "icecubesapp://evil",
        SITE.replace("https:", "http:"),
        SITE.replace("elk.example/api", "elk.example:8443/api"),
        SITE.replace("elk.example/api", "elk.example.evil.example/api"),
        SITE.replace("elk.example/api", "elk.example@evil.example/api"),
        SITE + "/../../evil",
        SITE.replace("%3A", ":"),
        SITE + "#x",
        " " + SITE,
        f"{PHONE}\n{SITE}",
        "urn:ietf:wg:oauth:2.0:oob",
        "//evil.example",
        "",
    ):
        for answer in (
            await browser.get(question(app, redirect_uri=address)),
            await browser.post(
                "/oauth/authorize",
                {
                    "client_id": app["client_id"],
                    "redirect_uri": address,
                    "response_type": "code",
                    "decision": "allow",
                },
            ),
        ):
            assert answer.status_code in (400, 403), address
            assert "location" not in answer.headers, address
    async with acquire(world.pool) as db:
        assert await db.fetchval("select count(*) from authorization_codes") == 0


async def test_nobody_is_sent_anywhere_unasked(world, api, ada):
    """A page that passes on whoever comes would be an open redirect: anybody can register an app."""
    app = await registered(api)
    browser = await world.signed_in(ada)
    for wrong in (
        {"scope": "read admin:write"},
        {"scope": "read nonsense"},
        {"response_type": "token"},
        {"response_type": ""},
        {"response_mode": "form_post"},
        {"code_challenge": CHALLENGE},
        {"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
        {"code_challenge": "short", "code_challenge_method": "S256"},
        {"client_id": "x" * 43},
        {"client_id": "x" * 10_000},
        {"client_id": ""},
        {"state": "a\r\nb"},
        {"state": "x" * 20_000},
    ):
        answer = await browser.get(question(app, **wrong))
        assert answer.status_code == 400, (wrong, answer.status_code)
        assert "location" not in answer.headers
    answer = await browser.get(
        "/oauth/authorize/native?code=" + quote("Call 555 1234 <b>now</b>, it is urgent")
    )
    assert answer.status_code == 404


async def test_an_app_that_says_wrong_things_of_itself_is_not_registered(world, api):
    app = await api()
    good = {"client_name": "X", "redirect_uris": PHONE, "scopes": "read"}
    for wrong in (
        {"client_name": ""},
        {"client_name": "\u200b \u202e"},
        {"client_name": "n" * 10_000},
        {"client_name": {"a": "b"}},
        {"scopes": "read reed"},
        {"website": "javascript:alert(1)"},
        {"website": "https://" + "x" * 3000},
        {"redirect_uris": [f"app{number}://" for number in range(30)]},
        {"redirect_uris": {"a": "b"}},
        {"redirect_uris": 7},
        {"redirect_uris": ""},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": [PHONE, "https://elk.example@evil.example/"]},
        {"redirect_uris": "https://elk.example/#fragment"},
    ):
        said = await app.refused(422, "POST", "/api/v1/apps", json=good | wrong)
        assert said.startswith("Validation failed") or "must be" in said, said
    async with acquire(world.pool) as db:
        assert await db.fetchval("select count(*) from applications") == 0


async def test_yes_is_said_only_on_our_own_page(world, api, ada):
    app = await registered(api)
    browser = await world.signed_in(ada)
    await browser.get(question(app))
    [(_, fields)] = [form for form in browser.forms() if form[0].get("action") == "/oauth/authorize"]
    yes = fields | {"decision": "allow"}
    for headers in (
        {"sec_fetch_site": "cross-site", "origin": "https://evil.example"},
        {"sec_fetch_site": "same-site", "origin": "https://other.example"},
        {"sec_fetch_site": "", "origin": "https://evil.example"},
    ):
        assert (await browser.post("/oauth/authorize", yes, **headers)).status_code == 403
    assert (await browser.post("/oauth/authorize", yes | {"csrf_token": "x"})).status_code == 403
    assert (await browser.post("/oauth/authorize", fields | {"decision": "perhaps"})).status_code == 400
    page = await browser.get(question(app))
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"
    async with acquire(world.pool) as db:
        assert await db.fetchval("select count(*) from authorization_codes") == 0


async def test_a_code_is_worth_nothing_to_another_app_address_or_verifier(world, api, ada):
    app, other = await registered(api), await registered(api, name="Other")
    code = await code_for(world, ada, app, code_challenge=CHALLENGE, code_challenge_method="S256")
    right = {"code_verifier": VERIFIER}
    for changes in (
        right | {"client_id": other["client_id"], "client_secret": other["client_secret"]},
        right | {"redirect_uri": SITE},
        right | {"redirect_uri": "icecubesapp:///"},
        right | {"redirect_uri": ""},
        right | {"code": code + "x"},
        right | {"code": ""},
        {"code_verifier": "w" * 43},
        {"code_verifier": CHALLENGE},
        {},
    ):
        answer = await redeemed(api, app, code, **changes)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant"), changes
    for changes in (
        {"client_secret": other["client_secret"]},
        {"client_secret": ""},
        {"client_id": ""},
        {"client_id": "x" * 10_000},
    ):
        answer = await redeemed(api, app, code, **right | changes)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), changes
    assert (await redeemed(api, app, code, **right)).status_code == 200
    plain = await code_for(world, ada, app)
    assert (await redeemed(api, app, plain, **right)).json()["error"] == "invalid_grant"


async def test_a_replayed_code_gets_nothing_and_takes_back_what_the_first_was_given(world, api, ada):
    app = await registered(api)
    code = await code_for(world, ada, app)
    token = (await redeemed(api, app, code)).json()["access_token"]
    other = (await redeemed(api, app, await code_for(world, ada, app))).json()["access_token"]
    assert await works(world, token)
    again = await redeemed(api, app, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not await works(world, token)
    assert await works(world, other)


async def test_an_expired_code_gets_nothing(world, api, ada):
    app = await registered(api)
    code = await code_for(world, ada, app)
    async with acquire(world.pool) as db:
        await db.execute(
            "update authorization_codes set made_at = made_at - $1::interval",
            authorizing.LASTS + timedelta(seconds=1),
        )
    assert (await redeemed(api, app, code)).json()["error"] == "invalid_grant"
    async with acquire(world.pool) as db:
        assert await db.fetchval("select count(*) from access_tokens") == 0


async def test_other_ways_to_a_token_are_not_offered(world, api, ada):
    app = await registered(api, scopes="read:statuses write:media")
    base = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    anyone = await api()
    for sent, error in (
        ({"grant_type": "password", "username": "ada", "password": "x"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "read"}, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": "write:statuses"}, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": "push"}, "invalid_scope"),
    ):
        answer = await anyone.call("POST", "/oauth/token", data=base | sent)
        assert (answer.status_code, answer.json()["error"]) == (400, error), sent
    wrong = await anyone.call(
        "POST", "/oauth/token", data={"grant_type": "client_credentials"}, auth=("x", "y")
    )
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert wrong.headers["www-authenticate"].startswith("Basic")
    for header in ("Basic", "Basic !!!", "Basic //79"):
        answer = await anyone.call(
            "POST",
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": header},
        )
        assert answer.status_code == 401, header


async def test_a_token_opens_nothing_beyond_its_scopes_and_its_person(world, api, ada):
    app = await registered(api, scopes="read profile")
    narrow = await api(ada, ["write:media"])
    assert (
        await narrow.refused(403, "GET", "/oauth/userinfo") == "This action is outside the authorized scopes"
    )
    issued = await (await api()).post(
        "/oauth/token",
        {
            "grant_type": "client_credentials",
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
            "scope": "read profile",
        },
    )
    alone = await api()
    alone.http.headers["Authorization"] = f"Bearer {issued['access_token']}"
    assert (await alone.get("/api/v1/apps/verify_credentials"))["name"] == "Ice Cubes"
    assert await alone.refused(422, "GET", "/oauth/userinfo") == "This method requires an authenticated user"
    assert await alone.refused(403, "POST", "/api/v1/accounts", json={"username": "x"})
    alone.http.headers["Authorization"] = "Bearer nonsense"
    for path in ("/api/v1/apps/verify_credentials", "/oauth/userinfo"):
        assert await alone.refused(401, "GET", path) == "The access token is invalid"
    assert (await registered(api))["id"]  # registering looks at no token


async def test_only_its_own_app_takes_a_token_back(world, api, ada):
    app, other = await registered(api), await registered(api)
    token = (await redeemed(api, app, await code_for(world, ada, app))).json()["access_token"]
    anyone = await api()

    async def revoked(one: dict, **changes: str) -> tuple[int, dict]:
        sent = {
            "client_id": one["client_id"],
            "client_secret": one["client_secret"],
            "token": token,
        } | changes
        answer = await anyone.call("POST", "/oauth/revoke", data=sent)
        return answer.status_code, answer.json()

    status, said = await revoked(other)
    assert (status, said["error"]) == (403, "unauthorized_client")
    status, said = await revoked(app, client_secret="wrong")
    assert (status, said["error"]) == (401, "invalid_client")
    assert await works(world, token)
    assert await revoked(app) == (200, {})
    assert not await works(world, token)
    assert await revoked(app) == (200, {})
    assert await revoked(other, token="never was") == (200, {})


async def test_a_member_who_may_not_sign_in_has_no_apps_either(world, api, ada):
    app = await registered(api)
    token = (await redeemed(api, app, await code_for(world, ada, app))).json()["access_token"]
    waiting = await code_for(world, ada, app)
    async with acquire(world.pool) as db, db.transaction():
        await members.disable(db, ada)
    assert not await works(world, token)
    assert (await redeemed(api, app, waiting)).json()["error"] == "invalid_grant"
    async with acquire(world.pool) as db, db.transaction():
        await members.enable(db, ada)
    assert not await works(world, token)
    assert (await redeemed(api, app, waiting)).json()["error"] == "invalid_grant"

    token = (await redeemed(api, app, await code_for(world, ada, app))).json()["access_token"]
    waiting = await code_for(world, ada, app)
    async with acquire(world.pool) as db, db.transaction():
        await members.reset_password(db, ada, world.site, "seven slow paper boats")
    assert not await works(world, token)
    assert (await redeemed(api, app, waiting)).json()["error"] == "invalid_grant"


async def test_nobody_acts_as_a_group_that_they_do_not_look_after(world, village, api, ada, ben):
    app = await registered(api)
    owls, larks = await village.group("night_owls"), await village.group("larks")
    async with acquire(world.pool) as db:
        for group, one in ((owls, ada), (larks, ben)):
            await db.execute(
                "insert into group_moderators (group_id, actor_id) values ($1, $2)",
                group.actor.id,
                one.actor_id,
            )
    browser = await world.signed_in(ada)
    page = await browser.get(question(app))
    assert str(owls.actor.id) in page.text
    assert str(larks.actor.id) not in page.text
    for other in (larks.actor.id, ben.actor_id, 5):
        answer = await browser.submit("/oauth/authorize", decision="allow", **{"as": str(other)})
        assert answer.status_code == 403
        await browser.get(question(app))
    answer = await browser.submit("/oauth/authorize", decision="allow", **{"as": str(owls.actor.id)})
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    token = (await redeemed(api, app, code)).json()["access_token"]
    assert await works(world, token)
    await browser.get(question(app))
    answer = await browser.submit("/oauth/authorize", decision="allow", **{"as": str(owls.actor.id)})
    late = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    async with acquire(world.pool) as db:
        await db.execute("delete from group_moderators where actor_id = $1", ada.actor_id)
        assert not await works(world, token)
        await db.execute(
            "insert into group_moderators (group_id, actor_id) values ($1, $2)", owls.actor.id, ada.actor_id
        )
    assert not await works(world, token)
    assert (await redeemed(api, app, late)).json()["error"] == "invalid_grant"


async def test_the_list_of_apps_ends_only_ones_own(world, api, ada, ben):
    app = await registered(api)
    token = (await redeemed(api, app, await code_for(world, ada, app))).json()["access_token"]
    async with acquire(world.pool) as db:
        number = str(await db.fetchval("select id from access_tokens"))
    browser = await world.signed_in(ben)
    assert "Ice Cubes" not in (await browser.get("/you/apps")).text
    await browser.get("/you")
    [(_, fields)] = [form for form in browser.forms() if form[0].get("action") == "/you/password"]
    for sent in (number, "7" * 30, "-1", ""):
        answer = await browser.post("/you/apps", {"csrf_token": fields["csrf_token"], "id": sent})
        assert answer.status_code == 404
    assert (await world.browser().get("/you/apps")).status_code == 303
    assert await works(world, token)

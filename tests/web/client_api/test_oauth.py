"""Signing in with apps, as Tusky, Ice Cubes, Ivory, Elk, Phanpy, toot and Mastodon.py do it."""

import asyncio
import base64
import hashlib
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit

from fediverse_support.accounts import grants
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire

OOB = "urn:ietf:wg:oauth:2.0:oob"
IVORY = "com.tapbots.Ivory.10217:/request_token/5F2C7E0A"
ELK = "https://elk.example/api/garden.example/oauth/https%3A%2F%2Felk.example"
PHANPY = "http://127.0.0.1:8088/"
ALL = "read write follow push"
PASSWORD = "three quiet green lamps"
VERIFIER = "phanpy-" + "v" * 60
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


async def registered(api, **said: object) -> dict:
    app = await api()
    sent = {"client_name": "Ivory", "redirect_uris": [IVORY, ELK, PHANPY, OOB], "scopes": ALL} | said
    return await app.post("/api/v1/apps", sent)


def question(app: dict, **asked: str) -> str:
    given = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": IVORY, "scope": ALL}
    return f"/oauth/authorize?{urlencode(given | asked)}"


async def token_for(api, app: dict, location: str, address: str = IVORY, **more: str) -> dict:
    sent = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": address,
        "code": parse_qs(urlsplit(location).query)["code"][0],
        "scope": ALL,
        "website": "",
        "oauth_info": "junk",
    }
    return await (await api()).post("/oauth/token", sent | more)


async def test_an_app_is_registered_however_it_says_what_it_is(api):
    app = await api()
    said = {"client_name": "Ivory", "redirect_uris": f"{IVORY}\n{ELK} {OOB}", "scopes": ALL, "website": ""}
    many = {"client_name": "Ivory", "redirect_uris[]": [IVORY, ELK, OOB], "scopes": ALL}
    for answer in (
        await app.call("POST", "/api/v1/apps", json=said),
        await app.call("POST", "/api/v1/apps", json=said | {"redirect_uris": [IVORY, ELK, OOB]}),
        await app.call("POST", "/api/v1/apps", data=said),
        await app.call("POST", "/api/v1/apps", data=many),
        await app.call("POST", "/api/v1/apps/", params=said),
        await app.call("POST", "/api/v1/apps", files={name: (None, value) for name, value in said.items()}),
    ):
        assert answer.status_code == 200, answer.text
        made = answer.json()
        assert made["id"].isdigit()
        assert made["website"] is None
        assert made["redirect_uris"] == [IVORY, ELK, OOB]
        assert made["redirect_uri"] == f"{IVORY}\n{ELK}\n{OOB}"
        assert made["scopes"] == ALL.split()
        assert made["client_secret_expires_at"] == 0
        assert len(base64.urlsafe_b64decode(made["vapid_key"] + "==")) == 65
        assert len({made["client_id"], made["client_secret"]}) == 2
    site = await app.post(
        "/api/v1/apps", {"client_name": "a", "redirect_uris": OOB, "website": "https://elk.zone"}
    )
    assert (site["website"], site["scopes"]) == ("https://elk.zone", ["read"])


async def test_from_the_question_over_the_sign_in_to_a_token(world, api):
    """A phone: nobody is signed in, the address has one slash, the state has everything in it."""
    await world.member("ada", password=PASSWORD)
    app, state = await registered(api), "a b&c=d?e#f/ü+%20,!*'();:@[]"
    browser = world.browser()
    page = await browser.get(question(app, state=state, force_login="false", unknown="x"))
    assert page.status_code == 200
    assert "Ivory" in page.text
    steps = [page, await browser.submit("/sign-in", name="ada", password="not this one")]
    assert browser.page.status_code == 401
    steps += [await browser.submit("/sign-in", name="ada", password=PASSWORD), await browser.follow()]
    assert "May <bdi>Ivory</bdi> act for you?" in browser.page.text
    assert "com.tapbots.ivory.10217" in browser.page.text
    assert "form-action 'self' com.tapbots.ivory.10217:;" in browser.page.headers["content-security-policy"]
    steps.append(await browser.submit("/oauth/authorize", decision="allow"))
    for step in steps:
        assert step.headers["cross-origin-opener-policy"] == "unsafe-none", step.url
        assert step.status_code == 303 or "no-store" in step.headers["cache-control"]
    assert (await world.browser().get("/sign-in")).headers["cross-origin-opener-policy"] == "same-origin"
    location = steps[-1].headers["location"]
    assert location.startswith(f"{IVORY}?code=")
    assert dict(parse_qsl(urlsplit(location).query))["state"] == state

    issued = await token_for(api, app, location)
    assert sorted(issued) == ["access_token", "created_at", "scope", "token_type"]
    assert (issued["token_type"], issued["scope"]) == ("Bearer", ALL)
    assert isinstance(issued["created_at"], int)
    assert set(issued["access_token"]) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    )
    ours = await api()
    ours.http.headers["Authorization"] = f"Bearer {issued['access_token']}"
    known = await ours.get("/api/v1/apps/verify_credentials")
    assert known["name"] == "Ivory"
    assert not {"client_secret", "client_id"} & set(known)
    assert await (await api()).call(
        "GET", f"/api/v1/apps/verify_credentials?access_token={issued['access_token']}"
    )
    async with acquire(world.pool) as db:
        hidden = await db.fetchrow("select token_hash, t.* from access_tokens t")
        assert issued["access_token"].encode() not in hidden["token_hash"]


async def test_another_account_may_be_chosen_for_a_second_app(world, api, ada):
    await world.member("ben", password=PASSWORD)
    app = await registered(api)
    browser = await world.signed_in(ada)
    for plain in ("False", "None", "0", ""):
        assert (
            "May <bdi>"
            in (await browser.get(question(app, force_login=plain, state="None", lang="None"))).text
        )
    page = await browser.get(question(app, force_login="true", state="s"))
    assert "May <bdi>" not in page.text
    assert "@ada@garden.example" in page.text
    await browser.submit("/sign-in", name="ben", password=PASSWORD)
    assert parse_qs(urlsplit(browser.page.headers["location"]).query)["state"] == ["s"]
    assert "@ben@garden.example" in (await browser.follow()).text
    assert 'lang="de"' in (await browser.get(question(app, lang="de"))).text
    assert (await browser.get("/oauth/authorize/?" + question(app).partition("?")[2])).status_code == 200


async def test_no_is_told_to_the_app(world, api, ada):
    app = await registered(api)
    browser = await world.signed_in(ada)
    for address in (IVORY, ELK, PHANPY):
        await browser.get(question(app, redirect_uri=address, state="s"))
        answer = await browser.submit("/oauth/authorize", decision="deny")
        assert answer.headers["location"].startswith(f"{address}?error=access_denied")
        assert answer.headers["location"].endswith("&state=s")
    await browser.get(question(app, redirect_uri=OOB))
    await browser.submit("/oauth/authorize", decision="deny")
    assert "You said no" in (await browser.follow()).text
    async with acquire(world.pool) as db:
        assert await db.fetchval("select count(*) from authorization_codes") == 0


async def test_a_program_without_an_address_is_given_a_code_to_copy(world, api, ada):
    app = await registered(api)
    browser = await world.signed_in(ada)
    await browser.get(question(app, redirect_uri=OOB))
    answer = await browser.submit("/oauth/authorize", decision="allow")
    assert answer.headers["location"].startswith("/oauth/authorize/native?code=")
    shown = await browser.get(urljoin(world.site.origin, answer.headers["location"]))
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    assert f"<code>{code}</code>" in shown.text
    assert (await token_for(api, app, answer.headers["location"], OOB))["scope"] == ALL


async def test_a_web_app_proves_itself_with_pkce_and_asks_for_less(world, api, ada):
    app = await registered(api)
    about = await (await api()).get("/.well-known/oauth-authorization-server")
    assert about["issuer"] == "https://garden.example/"
    assert about["code_challenge_methods_supported"] == ["S256"]
    assert {"read", "read:statuses", "write", "follow", "push", "profile"} <= set(about["scopes_supported"])
    for name in ("authorization", "token", "app_registration", "revocation", "userinfo"):
        assert about[f"{name}_endpoint"].startswith("https://garden.example/"), name
    browser = await world.signed_in(ada)
    page = await browser.get(
        question(
            app,
            redirect_uri=PHANPY,
            scope="read:statuses push",
            code_challenge=CHALLENGE,
            code_challenge_method="S256",
            response_mode="fragment",
        )
    )
    assert "a program on this device" in page.text
    assert "Act in your name" not in page.text
    answer = await browser.submit("/oauth/authorize", decision="allow")
    address, _, fragment = answer.headers["location"].partition("#")
    assert address == PHANPY
    secret = base64.b64encode(f"{app['client_id']}:{app['client_secret']}".encode()).decode()
    sent = {
        "grant_type": "authorization_code",
        "redirect_uri": PHANPY,
        "code": parse_qs(fragment)["code"][0],
        "code_verifier": VERIFIER,
    }
    issued = await (await api()).call(
        "POST", "/oauth/token", data=sent, headers={"Authorization": f"Basic {secret}"}
    )
    assert issued.json()["scope"] == "read:statuses push"
    assert issued.headers["cache-control"] == "private, no-store"
    await browser.get(question(app, scope=""))
    answer = await browser.submit("/oauth/authorize", decision="allow")
    assert (await token_for(api, app, answer.headers["location"]))["scope"] == "read"


async def test_who_looks_after_a_group_may_let_an_app_act_as_it(world, village, api, ada):
    group = await village.group()
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into group_moderators (group_id, actor_id) values ($1, $2)", group.actor.id, ada.actor_id
        )
    app = await registered(api, scopes="read profile")
    browser = await world.signed_in(ada)
    page = await browser.get(question(app, scope="read profile"))
    assert "As the group <bdi>Night owls</bdi>" in page.text
    answer = await browser.submit("/oauth/authorize", decision="allow", **{"as": str(group.actor.id)})
    issued = await token_for(api, app, answer.headers["location"])
    ours = await api()
    ours.http.headers["Authorization"] = f"Bearer {issued['access_token']}"
    who = await ours.get("/oauth/userinfo")
    assert who["sub"] == "https://garden.example/groups/night_owls"
    assert (who["iss"], who["preferred_username"]) == ("https://garden.example/", "night_owls")
    assert (await ours.post("/oauth/userinfo"))["name"] == "Night owls"
    async with acquire(world.pool) as db:
        grant = await grants.current(db, issued["access_token"], clock.now())
    assert grant.viewer.actor_id == group.actor.id
    assert grant.viewer.moderates == grant.viewer.member_of == (group.actor.id,)
    assert not grant.viewer.is_staff
    assert "acts as the group Night owls" in (await browser.get("/you/apps")).text


async def test_a_member_sees_their_apps_and_takes_one_back(world, api, ada):
    app = await registered(api, client_name="<b>Ivory</b>", website="https://tapbots.example/ivory")
    browser = await world.signed_in(ada)
    assert "No app may act for you." in (await browser.get("/you/apps")).text
    assert "/you/apps" in (await browser.get("/you")).text
    tokens = []
    for _ in range(2):
        await browser.get(question(app))
        answer = await browser.submit("/oauth/authorize", decision="allow")
        tokens.append((await token_for(api, app, answer.headers["location"]))["access_token"])
    page = await browser.get("/you/apps")
    assert page.text.count("&lt;b&gt;Ivory&lt;/b&gt;") == 2
    assert "tapbots.example" in page.text
    assert "Act in your name" in page.text
    async with acquire(world.pool) as db, acquire(world.pool) as listener:
        heard: asyncio.Queue[str] = asyncio.Queue()

        def hear(*said: object) -> None:
            heard.put_nowait(str(said[-1]))

        await listener.add_listener("grants_ended", hear)
        newest = await db.fetchval("select max(id) from access_tokens")
        await db.execute(
            """
            insert into push_subscriptions (grant_id, actor_id, account_id, endpoint, public_key, auth_secret,
                                            sealed_token, is_standard, policy, alerts)
            values ($1, $2, $3, 'https://push.example/x', $4, $5, '', true, 'all', '{}')
            """,
            newest,
            ada.actor_id,
            ada.id,
            bytes(65),
            bytes(16),
        )
        await browser.submit("/you/apps")
        assert await asyncio.wait_for(heard.get(), 5) == str(newest)
        assert await db.fetchval("select count(*) from push_subscriptions") == 0
        await listener.remove_listener("grants_ended", hear)
        assert await grants.current(db, tokens[1], clock.now()) is None
        assert await grants.current(db, tokens[0], clock.now()) is not None
    await browser.get("/you")
    [(_, fields)] = [form for form in browser.forms() if "everywhere" in form[1]]
    await browser.post("/sign-out", fields)
    async with acquire(world.pool) as db:
        assert await grants.current(db, tokens[0], clock.now()) is None


async def test_an_ended_session_loses_no_question(world, api):
    ada = await world.member("ada", password=PASSWORD)
    app = await registered(api)
    browser = await world.signed_in(ada)
    await browser.get(question(app, state="s"))
    async with acquire(world.pool) as db:
        await db.execute("delete from sessions")
    await browser.submit("/oauth/authorize", decision="allow")
    await browser.follow()
    await browser.submit("/sign-in", name="ada", password=PASSWORD)
    page = await browser.follow()
    assert "May <bdi>Ivory</bdi> act for you?" in page.text
    answer = await browser.submit("/oauth/authorize", decision="allow")
    assert answer.headers["location"].endswith("&state=s")


async def test_apps_that_nobody_uses_are_forgotten_and_their_own_tokens_kept_few(world, api, ada):
    app, used = await registered(api), await registered(api)
    browser = await world.signed_in(ada)
    await browser.get(question(used))
    answer = await browser.submit("/oauth/authorize", decision="allow")
    await token_for(api, used, answer.headers["location"])
    own = {"grant_type": "client_credentials"}
    for _ in range(23):
        issued = await (await api()).post(
            "/oauth/token",
            own | {"client_id": app["client_id"], "client_secret": app["client_secret"], "scope": "read"},
        )
        assert issued["scope"] == "read"
    async with acquire(world.pool) as db:
        assert await db.fetchval("select count(*) from access_tokens where account_id is null") == 20
        await db.execute("update applications set made_at = made_at - interval '91 days'")
        await db.execute("update access_tokens set made_at = made_at - interval '91 days'")
    await registered(api)
    async with acquire(world.pool) as db:
        left = {row["client_id"] for row in await db.fetch("select client_id from applications")}
    assert used["client_id"] in left
    assert app["client_id"] not in left

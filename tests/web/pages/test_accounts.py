"""Signing in and out, joining: refusals first."""

from datetime import timedelta

import pytest

from fediverse_support.core import clock
from fediverse_support.database.pool import acquire

PASSWORD = "three quiet green lamps"


@pytest.fixture
async def ada(world):
    return await world.member("ada", password=PASSWORD)


async def sign_in(browser, name="ada", password=PASSWORD, after="/"):
    await browser.get(f"/sign-in?next={after}")
    return await browser.submit("/sign-in", name=name, password=password)


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(world, ada):
    browser = world.browser()
    wrong = await sign_in(browser, password="not the password")
    unknown = await sign_in(browser, name="nobody", password="not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text == unknown.text
    assert not browser.client.cookies.get("__Host-session")


@pytest.mark.parametrize(
    ("state", "words"), [("waiting", "still waiting"), ("disabled", "closed"), ("declined", "decided not")]
)
async def test_only_an_active_account_is_let_in_and_only_its_owner_learns_why(world, ada, state, words):
    await world.set_state(ada, state)
    browser = world.browser()
    known = await sign_in(browser)
    assert known.status_code == 403
    assert words in known.text
    stranger = await sign_in(browser, password="not the password")
    assert stranger.status_code == 401
    assert words not in stranger.text


async def test_a_session_ends_the_moment_the_account_is_closed(world, ada):
    browser = await world.signed_in(ada)
    assert (await browser.get("/you")).status_code == 200
    await world.set_state(ada, "disabled")
    assert (await browser.get("/you")).status_code == 303


async def test_attempts_with_one_name_end_after_ten_from_wherever_they_come(world, ada):
    for number in range(10):
        answer = await sign_in(world.browser(f"192.0.2.{number}"), password="not the password")
        assert answer.status_code == 401
    refused = await sign_in(world.browser("192.0.2.99"))
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "900"


async def test_attempts_of_one_client_end_whatever_names_it_tries(world):
    browser = world.browser()
    await browser.get("/sign-in")
    token = browser.forms()[0][1]["csrf_token"]
    statuses = []
    for _ in range(32):
        # Without a content type the form is refused after it was counted, before a password is hashed.
        answer = await browser.client.post("/sign-in", headers={"sec-fetch-site": "same-origin"})
        statuses.append(answer.status_code)
    assert statuses[:30] == [415] * 30
    assert statuses[30:] == [429] * 2
    assert token


async def test_a_forwarded_address_counts_only_from_our_own_proxy(world):
    """X-Forwarded-For from anybody else would give an attacker as many addresses as they like (D12)."""
    browser = world.browser("203.0.113.5")
    statuses = {
        (
            await browser.client.post(
                "/sign-in", headers={"sec-fetch-site": "same-origin", "x-forwarded-for": f"198.51.100.{n}"}
            )
        ).status_code
        for n in range(32)
    }
    assert 429 in statuses


async def test_a_form_from_another_site_is_refused(world, ada):
    browser = await world.signed_in(ada)
    await browser.get("/you")
    fields = next(values for form, values in browser.forms() if form["action"] == "/you")
    for site in ("cross-site", "same-site", "none"):
        assert (await browser.post("/you", fields, sec_fetch_site=site)).status_code == 403
    assert (
        await browser.post("/you", fields, sec_fetch_site="", origin="https://evil.example")
    ).status_code == 403
    assert (await browser.post("/you", fields)).status_code == 303


@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
async def test_a_form_without_the_token_of_this_session_is_refused(world, ada, token):
    browser = await world.signed_in(ada)
    fields = {"display_name": "Changed"} | ({"csrf_token": token} if token is not None else {})
    assert (await browser.post("/you", fields)).status_code == 403
    async with acquire(world.pool) as db:
        assert await db.fetchval("select display_name from actors where name = 'ada'") == "Ada"


async def test_the_token_of_another_session_does_not_fit(world, ada):
    first, second = await world.signed_in(ada), await world.signed_in(ada)
    await first.get("/you")
    fields = next(values for form, values in first.forms() if form["action"] == "/you")
    assert (await second.post("/you", fields)).status_code == 403


async def test_an_old_browser_that_says_nothing_of_origins_signs_in_by_the_cookie_of_the_form(world, ada):
    browser = world.browser()
    await browser.get("/sign-in")
    fields = browser.forms()[0][1] | {"name": "ada", "password": PASSWORD}
    assert (await browser.post("/sign-in", fields, sec_fetch_site="")).status_code == 303
    stranger = world.browser()
    assert (await stranger.post("/sign-in", fields, sec_fetch_site="")).status_code == 403


@pytest.mark.parametrize(
    "after",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\\\\evil",
        "/%0d%0aX: 1",
        "/\tevil",
        " //evil",
    ],
)
async def test_signing_in_never_leads_away(world, ada, after):
    browser = world.browser()
    await browser.get("/sign-in")
    fields = browser.forms()[0][1] | {"name": "ada", "password": PASSWORD, "next": after}
    answer = await browser.post("/sign-in", fields)
    assert answer.status_code == 303
    assert answer.headers["location"] in ("/", "/%0d%0aX:%201")


async def test_a_cookie_that_was_planted_before_is_worth_nothing_afterwards(world, ada):
    browser = world.browser()
    browser.client.cookies.set("__Host-session", "planted", domain="garden.example")
    await sign_in(browser)
    thief = world.browser()
    thief.client.cookies.set("__Host-session", "planted", domain="garden.example")
    assert (await thief.get("/you")).status_code == 303
    assert browser.page.status_code == 303


async def test_signing_in_again_ends_the_session_before(world, ada):
    browser = await world.signed_in(ada)
    old = browser.client.cookies["__Host-session"]
    await browser.get("/you")
    token = browser.forms()[0][1]["csrf_token"]
    fields = {"name": "ada", "password": PASSWORD, "csrf_token": token}
    assert (await browser.post("/sign-in", fields)).status_code == 303
    thief = world.browser()
    thief.client.cookies.set("__Host-session", old, domain="garden.example")
    assert (await thief.get("/you")).status_code == 303


async def test_the_session_cookie_is_closed_to_scripts_and_to_plain_http(world, ada):
    browser = world.browser()
    answer = await sign_in(browser)
    cookie = next(line for line in answer.headers.get_list("set-cookie") if "session=" in line)
    assert cookie.startswith("__Host-session=")
    for word in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"):
        assert word in cookie
    assert "domain" not in cookie.lower()


async def test_the_database_holds_no_cookie(world, ada):
    browser = world.browser()
    await sign_in(browser)
    token = browser.client.cookies["__Host-session"]
    async with acquire(world.pool) as db:
        rows = await db.fetch("select s::text as everything from sessions s")
    assert len(rows) == 1
    assert token not in rows[0]["everything"]
    assert token.encode().hex() not in rows[0]["everything"]


async def test_a_session_ends_after_thirty_idle_days_and_after_ninety_in_all(world, ada):
    now = clock.now()
    for opened, used in ((timedelta(days=31), timedelta(days=31)), (timedelta(days=91), timedelta(0))):
        browser = await world.signed_in(ada, now - opened)
        async with acquire(world.pool) as db:
            await db.execute(
                "update sessions set seen_at = $1 where created_at = $2", now - used, now - opened
            )
        assert (await browser.get("/you")).status_code == 303
    browser = await world.signed_in(ada, now - timedelta(days=29))
    assert (await browser.get("/you")).status_code == 200


async def test_use_is_written_down_at_most_once_an_hour(world, ada):
    browser = await world.signed_in(ada, clock.now() - timedelta(minutes=50))
    async with acquire(world.pool) as db:
        before = await db.fetchval("select seen_at from sessions")
        await browser.get("/about")
        assert await db.fetchval("select seen_at from sessions") == before
        await db.execute("update sessions set seen_at = now() - interval '61 minutes'")
        await browser.get("/about")
        assert await db.fetchval("select seen_at from sessions") > before


async def test_signing_out_everywhere_ends_every_session(world, ada):
    first, second = await world.signed_in(ada), await world.signed_in(ada)
    await first.get("/you")
    fields = next(values for _, values in first.forms() if "everywhere" in values)
    answer = await first.post("/sign-out", fields)
    assert answer.headers["clear-site-data"]
    assert (await second.get("/you")).status_code == 303


async def test_a_new_password_ends_all_other_sessions_and_gives_this_one_a_new_cookie(world, ada):
    here, elsewhere = await world.signed_in(ada), await world.signed_in(ada)
    old = here.client.cookies["__Host-session"]
    await here.get("/you")
    wrong = await here.submit("/you/password", present="not it at all", new="four loud red bells")
    assert wrong.status_code == 400
    await here.submit("/you/password", present=PASSWORD, new="four loud red bells")
    assert (await here.follow()).status_code == 200
    assert "The password is changed" in here.page.text
    assert here.client.cookies["__Host-session"] != old
    assert (await elsewhere.get("/you")).status_code == 303
    assert (await sign_in(world.browser(), password="four loud red bells")).status_code == 303


async def test_a_weak_new_password_changes_nothing(world, ada):
    browser = await world.signed_in(ada)
    await browser.get("/you")
    assert (await browser.submit("/you/password", present=PASSWORD, new="password1234")).status_code == 400
    assert (await browser.get("/you")).status_code == 200


async def test_someone_asks_to_join_and_waits_unseen(world):
    browser = world.browser()
    await browser.get("/join")
    await browser.submit(
        "/join", name="Bo_1", password=PASSWORD, email="bo@example.org", words="I need this."
    )
    assert "Your request is here" in browser.page.text
    assert (await browser.get("/people/bo_1")).status_code == 404
    assert (await sign_in(browser, name="bo_1")).status_code == 403
    async with acquire(world.pool) as db:
        row = await db.fetchrow(
            "select a.state, a.request, p.state as shown from accounts a join actors p on p.id = a.actor_id"
        )
    assert tuple(row) == ("waiting", "I need this.", "suspended")


async def test_a_known_address_is_not_told(world):
    """The answer, and what happens to the name, are the same whether the address is known or not."""
    pages = []
    for name in ("one", "two"):
        browser = world.browser()
        await browser.get("/join")
        await browser.submit("/join", name=name, password=PASSWORD, email="Same@example.org")
        pages.append((browser.page.status_code, browser.page.text))
    assert pages[0] == pages[1]
    async with acquire(world.pool) as db:
        found = await db.fetch("select email from accounts order by id")
    assert [row["email"] for row in found] == ["Same@example.org", None]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "ada"}, 409),
        ({"name": "admin"}, 409),
        ({"name": "Ada Lovelace"}, 400),
        ({"name": "a" * 31}, 400),
        ({"password": "short"}, 400),
        ({"password": "password123"}, 400),
        ({"password": "newcomer_1234"}, 400),
        ({"email": "two@example.org, three@example.org"}, 400),
        ({"email": '"quoted"@example.org'}, 400),
        ({"words": "x" * 5001}, 400),
    ],
)
async def test_what_does_not_fit_is_said_and_what_was_written_stays(world, ada, fields, status):
    browser = world.browser()
    await browser.get("/join")
    given = {"name": "newcomer", "password": PASSWORD, "email": "", "words": "Kept words."} | fields
    answer = await browser.submit("/join", **given)
    assert answer.status_code == status
    kept = next(values for form, values in browser.forms() if form["action"] == "/join")
    assert kept["words"] == given["words"]
    assert kept["password"] == ""
    async with acquire(world.pool) as db:
        assert await db.fetchval("select count(*) from accounts") == 1


@pytest.mark.parametrize("registration", ["closed", "invite"])
async def test_nobody_joins_where_the_door_is_closed(world_with, registration):
    world = await world_with(registration=registration)
    browser = world.browser()
    assert "/join" not in [form["action"] for form, _ in (await browser.get("/join")) and browser.forms()]
    answer = await browser.post("/join", {"name": "bo", "password": PASSWORD})
    assert answer.status_code == 403


async def test_where_registration_is_open_one_is_a_member_at_once(world_with):
    world = await world_with(registration="open")
    browser = world.browser()
    await browser.get("/join")
    await browser.submit("/join", name="bo", password=PASSWORD)
    assert (await sign_in(browser, name="bo")).status_code == 303
    assert (await browser.get("/people/bo")).status_code == 200


async def test_a_test_network_without_https_has_plain_cookies(world_with):
    world = await world_with(
        domain="garden.localhost:1", origin="http://garden.localhost:1", outbound_allow_private="127.0.0.0/8"
    )
    await world.member("ada", password=PASSWORD)
    browser = world.browser()
    answer = await sign_in(browser)
    cookie = next(line for line in answer.headers.get_list("set-cookie") if "session=" in line)
    assert cookie.startswith("session=")
    assert "Secure" not in cookie
    assert (await browser.get("/you")).status_code == 200
